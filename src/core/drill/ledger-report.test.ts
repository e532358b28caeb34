import { describe, expect, test } from "vitest";
import {
  acknowledged,
  failed,
  fsn,
  hel,
  ledgerProfile,
  scriptedLedger,
  scriptedLedgerReport,
} from "../../../test/integration/ledger-sample.ts";
import { ledgerAnswerOf } from "./ledger-answer.ts";
import type { InvariantId } from "./ledger-invariants.ts";
import { holdMs, ledgerFaults, ledgerKindFacts, ledgerKinds } from "./ledger-kinds.ts";
import { predictGap, targetMs } from "./ledger-prediction.ts";
import { isWriting, unsteadyWrites } from "./ledger-progress.ts";
import {
  type LedgerReportFacts,
  ledgerReportSchema,
  makeLedgerReport,
  shortcomings,
} from "./ledger-report.ts";
import { ledgerLimitText, ledgerMeasuredText } from "./ledger-rows.ts";

const script = scriptedLedger();
const verdictOf = (facts: LedgerReportFacts, id: InvariantId): string | undefined =>
  makeLedgerReport(facts).invariants.find((one) => one.id === id)?.verdict;

describe("the report of a drill of data", () => {
  test("of a failover as it should be passes, with every invariant held", () => {
    const report = scriptedLedgerReport();
    expect(report.verdict).toBe("passed");
    expect(shortcomings(report)).toEqual([]);
    expect(report.invariants.map(({ verdict }) => verdict)).not.toContain("unknown");
    expect(ledgerAnswerOf(report)).toBe(
      "hel acknowledged writes 24.4 s after the last one of fsn. All 433 acknowledged writes are kept.",
    );
  });
  test("is read back as it was written", () => {
    const report = scriptedLedgerReport();
    expect(ledgerReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });
  test("with a lost write is unsafe, and says how many and how many bytes", () => {
    const report = scriptedLedgerReport({ lost: 3 });
    expect(report.verdict).toBe("unsafe");
    expect(ledgerAnswerOf(report)).toContain(
      "3 of 433 acknowledged writes are lost, 150 B of the log.",
    );
  });
  test("without a new writer misses the RTO, and is not unsafe", () => {
    const report = scriptedLedgerReport({ movedMs: undefined });
    expect(report.verdict).toBe("missed");
    expect(report.rows[0]).toMatchObject({ id: "rto", measured: null, verdict: "missed" });
  });
  test("of a failover slower than the target is missed", () => {
    const report = scriptedLedgerReport({ movedMs: 41_000, restoreMs: 45_000 });
    expect(shortcomings(report)).toEqual(["rto, last acknowledged write to first"]);
  });
  test("that was not whole again in time is missed", () => {
    const facts = { ...script, wholeAgain: { afterMs: null, missing: ["hel is not armed"] } };
    expect(makeLedgerReport(facts).verdict).toBe("missed");
  });
  test("shows what is answered for beside what was measured", () => {
    const [rto] = scriptedLedgerReport().rows;
    expect(rto && [ledgerLimitText(rto), ledgerMeasuredText(rto)]).toEqual(["≤ 40.0 s", "24.4 s"]);
  });
});

const late = (writes: LedgerReportFacts["writes"]): LedgerReportFacts => ({
  ...script,
  writes: [...script.writes, ...writes],
});

const broken: readonly (readonly [string, InvariantId, LedgerReportFacts])[] = [
  ["two regions acknowledge at a time", "ExactlyOneWriter", late([acknowledged(25_001, fsn, 7)])],
  ["two regions acknowledge at one epoch", "ExactlyOneWriter", late([acknowledged(-1, hel, 7)])],
  ["an acknowledged write is not there", "NothingAcknowledgedLost", scriptedLedger({ lost: 1 })],
  [
    "an answer names another write",
    "NoFalseAcknowledgement",
    late([failed(30_001, { outcome: "falseAnswer", status: 200 })]),
  ],
  [
    "an acknowledgement comes from another region than was asked",
    "NoFalseAcknowledgement",
    late([acknowledged(30_001, hel, 8, { address: "127.10.1.80" })]),
  ],
  ["an old epoch goes on", "EpochsGrow", late([acknowledged(25_001, fsn, 7)])],
  [
    "an answer is outside the plan",
    "AnswersFollowAuthority",
    late([failed(5_001, { addresses: ["127.9.9.9"] })]),
  ],
  [
    "the answer leads to the old writer long after the change",
    "AnswersFollowAuthority",
    late([failed(41_001, { addresses: ["127.10.1.80"] })]),
  ],
  [
    "a region that came back acknowledges a write",
    "ReturnsFenced",
    late([acknowledged(30_001, fsn, 7)]),
  ],
  [
    "a region that came back says that it serves",
    "ReturnsFenced",
    {
      ...script,
      agents: script.agents.map((one) =>
        one.region === fsn && one.atMs > 32_000 ? { ...one, isServing: true, epoch: 7 } : one,
      ),
    },
  ],
  ["nobody takes over", "WriterAsExpected", scriptedLedger({ movedMs: undefined })],
  [
    "somebody takes over who should not",
    "WriterAsExpected",
    scriptedLedger({ kind: "witness-loss" }),
  ],
  ["a write fails that should not", "NoWriteFailed", scriptedLedger({ kind: "witness-cut" })],
];

describe("invariants", () => {
  test.each(broken)("when %s, %s is broken", (_, id, facts) => {
    expect(verdictOf(facts, id)).toBe("broken");
  });
  test("what could not be looked at is unknown, and nothing passes with it", () => {
    const unread = [
      { region: hel, missing: null, unacknowledged: null, because: "it answers 503" },
    ];
    const facts = { ...script, holdings: unread };
    expect(verdictOf(facts, "NothingAcknowledgedLost")).toBe("unknown");
    expect(makeLedgerReport(facts).verdict).toBe("missed");
  });
  test("nothing written at all holds nothing", () => {
    const report = makeLedgerReport({ ...script, writes: [] });
    expect(report.verdict).not.toBe("passed");
    expect(report.invariants.map(({ verdict }) => verdict)).not.toContain("held");
  });
  test("a returned region whose agent is silent proves nothing", () => {
    const agents = script.agents.filter(({ region }) => region === hel);
    expect(verdictOf({ ...script, agents }, "ReturnsFenced")).toBe("unknown");
  });
});

describe("kinds", () => {
  test.each(ledgerKinds)("%s says what it breaks, what it expects and how long", (kind) => {
    const { breaks, expects, how, writer, failures } = ledgerKindFacts[kind];
    expect(breaks.endsWith(".")).toBe(true);
    expect(expects.endsWith(".")).toBe(true);
    if (how.by === "fault") expect(ledgerFaults).toContain(how.fault);
    // Who moves the writer can not promise that no write fails.
    if (writer === "moves") expect(failures).toBe("whileBroken");
  });
  test("a shortened hold is never longer than the full one", () => {
    for (const kind of ledgerKinds)
      expect(holdMs(kind, 15_000, true) ?? 0).toBeLessThanOrEqual(holdMs(kind, 15_000, false) ?? 0);
    expect(holdMs("agent-hang", 15_000, false)).toBe(60_000);
    expect(holdMs("region-kill", 15_000, false)).toBeUndefined();
  });
});

describe("predictions", () => {
  test("a failover is likely within the target and at most what the parts add up to", () => {
    const prediction = predictGap("region-kill", ledgerProfile);
    expect(prediction?.likely.ms).toBeLessThan(prediction?.most.ms ?? 0);
    expect(prediction?.most.arithmetic).toContain("lease outwaited 15.5 s");
    expect(targetMs("region-kill", ledgerProfile)).toBe(40_000);
  });
  test.each([
    [15_000, 40_000],
    [30_000, 60_000],
    [60_000, undefined],
  ])("a lease of %i ms has the target %s", (ttlMs, target) => {
    const profile = { ...ledgerProfile, lease: { ...ledgerProfile.lease, ttlMs } };
    expect(targetMs("region-kill", profile)).toBe(target);
    expect(targetMs("planned-switchover", profile)).toBe(20_000);
    expect(targetMs("witness-loss", profile)).toBeUndefined();
  });
  test("a longer lease never promises a shorter gap", () => {
    for (const kind of ledgerKinds) {
      const lease = { ...ledgerProfile.lease, ttlMs: 30_000, renewEveryMs: 10_000 };
      const longer = predictGap(kind, { ...ledgerProfile, lease })?.most.ms ?? 0;
      expect(longer).toBeGreaterThanOrEqual(predictGap(kind, ledgerProfile)?.most.ms ?? 0);
    }
  });
});

describe("progress", () => {
  const window = { nowMs: 10_000, windowMs: 3_000, sinceMs: 0 };
  const steady = Array.from({ length: 60 }, (_, at) => acknowledged(at * 170, fsn, 7));
  test("a window of acknowledgements is writing, by anybody but who is asked not to", () => {
    expect(isWriting(steady, window)).toBe(true);
    expect(isWriting(steady, window, hel)).toBe(true);
    expect(isWriting(steady, window, fsn)).toBe(false);
  });
  test("one failure, an old log and a window that begins too early are not", () => {
    expect(isWriting([...steady, failed(9_000)], window)).toBe(false);
    expect(isWriting(steady.slice(0, 40), window)).toBe(false);
    expect(isWriting(steady, { ...window, sinceMs: 8_000 })).toBe(false);
    expect(isWriting([], window)).toBe(false);
  });
  test("a steady state has writes, all acknowledged, all by the active region", () => {
    expect(unsteadyWrites(steady, fsn)).toBeUndefined();
    expect(unsteadyWrites([], fsn)).toContain("no write was finished");
    expect(unsteadyWrites([...steady, failed(1)], fsn)).toContain("1 of 61 writes failed");
    expect(unsteadyWrites(steady, hel)).toContain("another region than hz-hel-rtz-prod");
  });
});
