import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acknowledged, failed, fsn, hel } from "../../../test/integration/ledger-sample.ts";
import { holdingOf, unreadable } from "./ledger-evidence.ts";
import { type LedgerFacts, type LedgerMeasured, measureLedger } from "./ledger-measure.ts";
import { handoversOf, staleAcknowledgements, tenuresOf } from "./ledger-tenures.ts";
import { acknowledgedOf, type LedgerWrite } from "./ledger-write.ts";

const before = [-300, -200, -100].map((atMs) => acknowledged(atMs, fsn, 7));
const after = [20_000, 20_100].map((atMs) => acknowledged(atMs, hel, 8));
const whole = (writes: readonly LedgerWrite[], missing: readonly string[] = []): LedgerFacts => ({
  writes,
  holdings: [
    { region: fsn, missing: [...missing], unacknowledged: 0 },
    { region: hel, missing: [...missing], unacknowledged: 0 },
  ],
  restoreMs: 20_050,
  endMs: 20_200,
});

const rows: readonly {
  readonly name: string;
  readonly facts: LedgerFacts;
  readonly expected: Partial<LedgerMeasured>;
}[] = [
  {
    name: "nothing at all loses nothing that is known and moves nothing",
    facts: { writes: [], holdings: [], restoreMs: 0, endMs: 0 },
    expected: { rtoMs: null, lost: null, rpoBytes: null, writeGapMs: 0, lastWriter: null },
  },
  {
    name: "a database that can not be read leaves losses unknown, never 0",
    facts: { ...whole([...before, ...after]), holdings: [unreadable(hel, "it answers 503")] },
    expected: { lost: null, rpoBytes: null, rpoMs: null },
  },
  {
    name: "RTO is from the old writer's last acknowledgement to the new one's first",
    facts: whole([...before, failed(50), ...after]),
    expected: { rtoMs: 20_008 - -92, writeGapMs: 20_100, overlapMs: 0, lost: 0, rpoBytes: 0 },
  },
  {
    name: "a writer that stays has no RTO, and its stall is a write gap",
    facts: whole([...before, acknowledged(5_000, fsn, 7), acknowledged(20_190, fsn, 7)]),
    expected: { rtoMs: null, writeGapMs: 15_190, lastWriter: fsn },
  },
  {
    name: "silence until the end is a gap too",
    facts: whole([...before, acknowledged(100, fsn, 7)]),
    expected: { writeGapMs: 20_200 - 108 },
  },
  {
    name: "a gap before the break is no gap of the drill",
    facts: whole([
      acknowledged(-9_000, fsn, 7),
      acknowledged(-10, fsn, 7),
      acknowledged(20_195, fsn, 7),
    ]),
    expected: { writeGapMs: 20_203 - -2 },
  },
  {
    name: "losses are counted by sets, and told in bytes above the last survivor and in time",
    facts: whole([...before, ...after], ["write--200", "write--100"]),
    expected: { lost: 2, rpoBytes: 200, rpoMs: 100 },
  },
  {
    name: "without a survivor below them nobody knows the bytes of what is lost",
    facts: whole([...before, ...after], ["write--300", "write--200", "write--100"]),
    expected: { lost: 3, rpoBytes: null, rpoMs: 200 },
  },
  {
    name: "writers that overlap are told by how much, and how much of it is beyond doubt",
    facts: whole([...before, acknowledged(20_500, fsn, 7), ...after]),
    expected: { overlapMs: 20_508 - 20_008, provenOverlapMs: 20_500 - 20_008, rtoMs: 0 },
  },
  {
    name: "an acknowledgement that was only late is no proof of two writers, but an overlap",
    facts: whole([...before, acknowledged(-50, fsn, 7, { endMs: 20_500 }), ...after]),
    expected: { overlapMs: 492, provenOverlapMs: 0 },
  },
  {
    name: "failures are counted before and after the restore, and false answers apart",
    facts: whole([failed(-10), failed(10), failed(20_100, { outcome: "falseAnswer" })]),
    expected: { failedWhileBroken: 1, failedWhileReturning: 1, falseAnswers: 1, writes: 2 },
  },
];

describe("the numbers of a drill of data", () => {
  test.each(rows)("$name", ({ facts, expected }) => {
    expect(measureLedger(facts)).toMatchObject(expected);
  });

  const anyWrite = fc
    .record({
      sentMs: fc.integer({ min: -5_000, max: 60_000 }),
      tookMs: fc.nat({ max: 3_000 }),
      region: fc.constantFrom(fsn, hel),
      epoch: fc.option(fc.nat({ max: 9 })),
      ok: fc.boolean(),
    })
    .map(({ sentMs, tookMs, region, epoch, ok }) => {
      const endMs = sentMs + tookMs;
      return ok ? acknowledged(sentMs, region, epoch, { endMs }) : failed(sentMs, { endMs });
    });
  const anyWrites = fc.uniqueArray(anyWrite, { selector: ({ id }) => id, maxLength: 40 });

  test("are the same in whatever order the log is read", () => {
    fc.assert(
      fc.property(anyWrites, fc.infiniteStream(fc.nat()), (writes, order) => {
        const shuffled = writes
          .map((write) => ({ write, at: order.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ write }) => write);
        const isTie = new Set(writes.map(({ endMs }) => endMs)).size < writes.length;
        if (isTie) return;
        expect(measureLedger(whole(shuffled))).toEqual(measureLedger(whole(writes)));
      }),
    );
  });

  test("never claim a gap longer than the run, and never a negative one", () => {
    fc.assert(
      fc.property(anyWrites, (writes) => {
        const endMs = Math.max(0, ...writes.map((write) => write.endMs));
        const measured = measureLedger({ ...whole(writes), endMs });
        expect(measured.writeGapMs).toBeGreaterThanOrEqual(0);
        expect(measured.writeGapMs).toBeLessThanOrEqual(endMs + 8_000);
        for (const { gapMs, overlapMs } of measured.handovers)
          expect(Math.min(gapMs, overlapMs)).toBe(0);
      }),
    );
  });

  test("count each acknowledgement in exactly one tenure", () => {
    fc.assert(
      fc.property(anyWrites, (writes) => {
        const all = acknowledgedOf(writes);
        const tenures = tenuresOf(all);
        expect(tenures.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
      }),
    );
  });
});

describe("what a database holds", () => {
  test("is compared as sets: what was acknowledged and is not there is missing, whatever the order", () => {
    const run = { sent: ["a", "b", "c", "d"], acknowledged: ["a", "b", "b"] };
    expect(holdingOf(fsn, new Set(["d", "b", "elsewhere"]), run)).toEqual({
      region: fsn,
      missing: ["a"],
      unacknowledged: 1,
    });
  });
});

describe("writers by epoch", () => {
  test("a region that writes again at a higher epoch is a second tenure, and no handover", () => {
    const tenures = tenuresOf(acknowledgedOf([acknowledged(0, fsn, 7), acknowledged(100, fsn, 9)]));
    expect(tenures).toHaveLength(2);
    expect(handoversOf(tenures)).toEqual([]);
  });
  test("there and back again are two handovers", () => {
    const there = [acknowledged(0, fsn, 7), acknowledged(100, hel, 8), acknowledged(200, fsn, 9)];
    expect(handoversOf(tenuresOf(acknowledgedOf(there))).map(({ to }) => to)).toEqual([hel, fsn]);
  });
  test("an acknowledgement of an epoch that had ended before the write was sent is stale", () => {
    const late = acknowledged(20_500, fsn, 7);
    const writes = acknowledgedOf([...before, ...after, late]);
    expect(staleAcknowledgements(writes)).toEqual([late]);
    expect(staleAcknowledgements(acknowledgedOf([...before, ...after]))).toEqual([]);
  });
});
