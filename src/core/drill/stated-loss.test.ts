import { describe, expect, test } from "vitest";
import { fsn, hel, scriptedLedger } from "../../../test/integration/ledger-sample.ts";
import { ledgerAnswerOf } from "./ledger-answer.ts";
import { ledgerReportSchema, makeLedgerReport, shortcomings } from "./ledger-report.ts";
import {
  bytesBound,
  judgeLossWithinBound,
  judgePeopleDecide,
  type StatedLoss,
} from "./stated-loss.ts";

const stated: StatedLoss = {
  region: hel,
  bytes: 5_000,
  bytesAreAtLeast: true,
  seconds: 12,
  because: "the last holder's commits did not wait for this region",
  approvedBytes: 5_000,
  needed: 2,
  approvedBy: ["ada", "grace"],
  waits: [
    { approvals: 0, isOrdered: false, waitedMs: 4_000, tookOver: false },
    { approvals: 1, isOrdered: true, waitedMs: 4_000, tookOver: false },
  ],
};
const exact = { ...stated, bytesAreAtLeast: false };
const timeless = { ...stated, seconds: null };
const lost = { lost: 100, rpoBytes: 4_000, rpoMs: 11_000 };

type Lost = Parameters<typeof judgeLossWithinBound>[1];

describe("what is lost, beside what was stated before", () => {
  test.each<[string, StatedLoss | undefined, Lost, string]>([
    ["longer ago than stated is broken", stated, { ...lost, rpoMs: 12_001 }, "broken"],
    ["more bytes than stated is broken", exact, { ...lost, rpoBytes: 5_001 }, "broken"],
    [
      "more bytes is broken also without an age",
      { ...exact, seconds: null },
      { ...lost, rpoBytes: 5_001 },
      "broken",
    ],
    ["nothing that bounds it is unknown", timeless, lost, "unknown"],
    ["nothing stated is unknown", undefined, lost, "unknown"],
    [
      "an unread database is unknown",
      stated,
      { lost: null, rpoBytes: null, rpoMs: null },
      "unknown",
    ],
    ["bytes that nobody can count are unknown", exact, { ...lost, rpoBytes: null }, "unknown"],
    [
      "at least so many bytes is no bound, the age is",
      stated,
      { ...lost, rpoBytes: 9_000 },
      "held",
    ],
    ["the very bound is held", exact, { lost: 100, rpoBytes: 5_000, rpoMs: 12_000 }, "held"],
    ["nothing lost at all is held", stated, { lost: 0, rpoBytes: 0, rpoMs: 0 }, "held"],
  ])("%s", (_, one, measured, verdict) => {
    expect(judgeLossWithinBound(one, measured).verdict).toBe(verdict);
  });

  test("is told beside it", () => {
    expect(judgeLossWithinBound(stated, lost).evidence).toBe(
      "Stated at least 5000 B, of the last 12.0 s; lost 100 writes, 4000 B over 11.0 s.",
    );
    expect(judgeLossWithinBound(timeless, lost).evidence).toContain("Nothing stated bounds it.");
  });

  test("bytes bound it only where nothing can have come after", () => {
    expect([bytesBound(stated), bytesBound(exact)]).toEqual([null, 5_000]);
  });
});

describe("who decides about a loss", () => {
  const [alone, one] = stated.waits;
  const waits = (...all: readonly (typeof alone)[]): StatedLoss => ({
    ...stated,
    waits: all.flatMap((wait) => (wait === undefined ? [] : [wait])),
  });
  test.each<[string, StatedLoss | undefined, string]>([
    ["nobody was asked", undefined, "unknown"],
    ["it took over without anybody", waits(alone && { ...alone, tookOver: true }), "broken"],
    ["it took over for one of two", waits(alone, one && { ...one, tookOver: true }), "broken"],
    ["one alone was not tried", waits(alone), "unknown"],
    ["one person approved twice", { ...stated, approvedBy: ["ada", "ada"] }, "unknown"],
    ["it waited for both", stated, "held"],
  ])("%s", (_, told, verdict) => {
    expect(judgePeopleDecide(told).verdict).toBe(verdict);
  });
  test("is told with how long nobody took over", () => {
    expect(judgePeopleDecide(stated).evidence).toBe(
      "Nobody took over for 4.0 s with 0 of 2 approvals, nor for 4.0 s with 1 of 2 approvals and an order; then ada and grace had approved it.",
    );
  });
});

describe("the report of a failover that loses what was approved", () => {
  const facts = scriptedLedger({ kind: "lossy-failover", lost: 3 });
  const report = makeLedgerReport({ ...facts, stated });
  const ids = report.invariants.map(({ id }) => id);

  test("passes, and says what is lost and who approved it", () => {
    expect(shortcomings(report)).toEqual([]);
    expect(report.verdict).toBe("passed");
    expect(ledgerAnswerOf(report)).toBe(
      "hel acknowledged writes 24.4 s after the last one of fsn. 3 of 433 acknowledged writes are lost, 150 B of the log; ada and grace had approved a loss of at least 5000 B, of the last 12.0 s.",
    );
  });
  test("is judged by the bound, and by everything else but that nothing is lost", () => {
    expect(ids).not.toContain("NothingAcknowledgedLost");
    expect(ids).toEqual(
      expect.arrayContaining(["ExactlyOneWriter", "PeopleDecide", "LossWithinBound", "EpochsGrow"]),
    );
  });
  test("answers for what was stated, and for no more", () => {
    const row = (id: string) => report.rows.find((one) => one.id === id);
    expect(row("lost")).toMatchObject({ limit: null, measured: 3, verdict: "stated" });
    expect(row("rpoBytes")).toMatchObject({ predicted: 5_000, limit: null, measured: 150 });
    expect(row("rpoMs")).toMatchObject({ limit: 12_000, measured: 100, verdict: "within" });
    expect(row("rto")).toMatchObject({ limit: null, verdict: "stated" });
  });
  test.each<[string, StatedLoss | undefined, string]>([
    ["without a bound is missed, and not unsafe", timeless, "missed"],
    ["of which nobody was told is missed", undefined, "missed"],
    ["beyond its bound is unsafe", { ...stated, seconds: 0.05 }, "unsafe"],
    ["beyond its bytes is unsafe", { ...exact, bytes: 149 }, "unsafe"],
  ])("%s", (_, one, verdict) => {
    const all = makeLedgerReport(one === undefined ? facts : { ...facts, stated: one });
    expect(all.verdict).toBe(verdict);
  });
  test("with two writers is unsafe, whatever was approved", () => {
    const writes = facts.writes.map((write) =>
      write.region === hel ? { ...write, region: fsn } : write,
    );
    const both = makeLedgerReport({ ...facts, writes: [...facts.writes, ...writes], stated });
    expect(both.verdict).toBe("unsafe");
  });
  test("is read back as it was written", () => {
    expect(ledgerReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });
});
