import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeaseTiming } from "./timing.ts";
import { authorityMs, outwaitMs } from "./timing.ts";
import { checkTiming, timingRules, worstCase } from "./timing-rules.ts";

const normal: LeaseTiming = {
  ttlMs: 30_000,
  renewEveryMs: 10_000,
  rpcTimeoutMs: 3_000,
  fenceBudgetMs: 10_000,
  clockRateErrorRatio: 0.001,
  marginMs: 1_000,
};
const fast: LeaseTiming = {
  ...normal,
  ttlMs: 15_000,
  renewEveryMs: 4_000,
  rpcTimeoutMs: 2_000,
  fenceBudgetMs: 5_000,
};
const failures = (timing: LeaseTiming, stopWithinMs: number | null = null): readonly string[] =>
  checkTiming(timing, [{ name: "ledger", stopWithinMs }])
    .trace.filter(({ outcome }) => outcome === "failed")
    .map(({ rule }) => rule);

test.each<[string, Partial<LeaseTiming>, readonly string[], RegExp]>([
  [
    "a TTL below the witness's least",
    { ttlMs: 4_999 },
    ["TtlInBounds", "AuthorityIsLeft", "TriesFit"],
    /ttl 4\.999 s is not from 5 s to 300 s/,
  ],
  ["a TTL above the witness's most", { ttlMs: 300_001 }, ["TtlInBounds"], /from 5 s to 300 s/],
  ["half a millisecond", { ttlMs: 30_000.5 }, ["TtlInBounds"], /whole milliseconds/],
  ["no number", { marginMs: Number.NaN }, ["MarginInBounds", "OldHolderStopsFirst"], /NaN/],
  ["no margin", { marginMs: 0 }, ["MarginInBounds"], /from 0\.001 s/],
  ["no fence budget", { fenceBudgetMs: 0 }, ["FenceBudgetInBounds"], /from 0\.001 s/],
  [
    "renewals in a rush",
    { renewEveryMs: 100 },
    ["RenewalInBounds", "RequestEndsBeforeTheNext"],
    /1 s/,
  ],
  [
    "clocks that can not be trusted",
    { clockRateErrorRatio: 0.06 },
    ["ClockErrorInBounds"],
    /0\.05/,
  ],
  ["an error below zero", { clockRateErrorRatio: -0.01 }, ["ClockErrorInBounds"], /from 0/],
  [
    "a request that outlasts the interval",
    { rpcTimeoutMs: 10_001 },
    ["RequestEndsBeforeTheNext", "TriesFit"],
    /an rpcTimeout of at most 10 s is legal/,
  ],
  [
    "a fence budget as long as the lease",
    { fenceBudgetMs: 30_000 },
    ["AuthorityIsLeft", "TriesFit"],
    /authority -0\.06 s \(ttl 30 s × \(1 − 2 × 0\.001\) − fenceBudget 30 s\) is nothing.* ttl of at least 30\.062 s or a fenceBudget of at most 29\.939 s is legal/,
  ],
  [
    "a renewal with no room for two tries",
    { renewEveryMs: 20_000 },
    ["TriesFit"],
    /renewEvery 20 s \+ 2 × rpcTimeout 3 s = 26 s is more than authority 19\.94 s .* a ttl of at least 36\.073 s, or a renewEvery of at most 13\.94 s, or a fenceBudget of at most 3\.94 s is legal/,
  ],
])("%s is refused with the arithmetic", (_, change, rules, words) => {
  const timing = { ...normal, ...change };
  expect(failures(timing)).toEqual(rules);
  const verdict = checkTiming(timing);
  expect(verdict).toMatchObject({ kind: "refused", reason: rules[0] });
  expect(verdict.trace.map(({ because }) => because).join("\n")).toMatch(words);
});

test("a service that stops later than the fence budget is refused by name", () => {
  expect(failures(normal, 3_600_000)).toEqual(["ServicesStopInTime"]);
  const { because } = checkTiming(normal, [{ name: "ledger", stopWithinMs: 3_600_000 }]);
  expect(because).toMatch(/ledger stops within 3600 s, which is longer than fenceBudget 10 s/);
  expect(because).toMatch(/fenceBudget of at least 3600 s.*switchoverDelay/);
});

test.each([
  ["the default", normal],
  ["the fast profile", fast],
  ["the longest lease", { ...normal, ttlMs: 300_000 }],
  ["clocks of five per cent", { ...normal, clockRateErrorRatio: 0.05, renewEveryMs: 8_000 }],
  ["clocks without error", { ...normal, clockRateErrorRatio: 0 }],
])("%s is allowed, and says its arithmetic", (_, timing) => {
  expect(failures(timing, 5_000)).toEqual([]);
  const verdict = checkTiming(timing, [{ name: "ledger", stopWithinMs: 5_000 }]);
  expect(verdict.kind).toBe("allowed");
  expect(verdict.trace).toHaveLength(timingRules.length);
  expect(verdict.trace.every(({ because }) => /[0-9]/.test(because))).toBe(true);
});

const millis = (most: number) => fc.integer({ min: 0, max: most });
const timings: fc.Arbitrary<LeaseTiming> = fc.record({
  ttlMs: millis(310_000),
  renewEveryMs: millis(120_000),
  rpcTimeoutMs: millis(30_000),
  fenceBudgetMs: millis(60_000),
  clockRateErrorRatio: fc.double({ min: 0, max: 0.06, noNaN: true }),
  marginMs: millis(5_000),
});
/** Built to be legal, so that the inequality is tried on many. */
const legal: fc.Arbitrary<LeaseTiming> = fc
  .record({
    renewEveryMs: fc.integer({ min: 1_000, max: 60_000 }),
    rpcTimeoutMs: fc.integer({ min: 100, max: 1_000 }),
    fenceBudgetMs: fc.integer({ min: 1, max: 60_000 }),
    spareMs: fc.integer({ min: 5_000, max: 100_000 }),
    clockRateErrorRatio: fc.double({ min: 0, max: 0.05, noNaN: true }),
    marginMs: fc.integer({ min: 1, max: 5_000 }),
  })
  .map(({ spareMs, ...rest }) => ({
    ...rest,
    ttlMs: Math.ceil(
      (rest.renewEveryMs + 2 * rest.rpcTimeoutMs + rest.fenceBudgetMs + spareMs) /
        (1 - 2 * rest.clockRateErrorRatio),
    ),
  }));
/** Where within its error a clock runs. */
const place = fc.double({ min: -1, max: 1, noNaN: true });

describe("for every timing that is allowed", () => {
  test("the old holder's last write is refused before anybody else may start, whatever the clocks", () => {
    let tried = 0;
    fc.assert(
      fc.property(
        fc.oneof(legal, timings),
        fc.tuple(place, place, place),
        fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000)),
        (timing, [a, b, w], [toWitnessMs, toContenderMs, fenceMs]) => {
          if (checkTiming(timing).kind === "refused") return;
          tried += 1;
          const rateOf = (where: number): number => 1 + where * timing.clockRateErrorRatio;
          // The holder sends at 0 and is slow or fast; fencing takes up to its budget of its own time.
          const fenceTakesMs = Math.min(fenceMs, timing.fenceBudgetMs);
          const writeDeadMs = (authorityMs(timing) + fenceTakesMs) / rateOf(a);
          // The contender sees the record after the witness wrote it, which is after it was sent.
          const seenMs = toWitnessMs + toContenderMs;
          const byObservationMs = seenMs + outwaitMs(timing) / rateOf(b);
          expect(writeDeadMs).toBeLessThan(byObservationMs);
          // The witness's own expiry is the second guard: not before it, whatever its clock; both are needed to start.
          const byWitnessMs = toWitnessMs + timing.ttlMs / rateOf(w);
          expect(writeDeadMs).toBeLessThanOrEqual(byWitnessMs);
          const worst = worstCase(timing);
          expect(worst.writeDeadByMs).toBeGreaterThanOrEqual(writeDeadMs - 1e-6);
          expect(worst.mayStartAtMs).toBeLessThanOrEqual(byObservationMs + 1e-6);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(tried).toBeGreaterThan(200);
  });
});

describe("for every timing that is refused", () => {
  test("every failed rule says why, and what it advises about tries is legal for that rule", () => {
    fc.assert(
      fc.property(timings, (timing) => {
        const verdict = checkTiming(timing);
        const tries = verdict.trace.find(({ rule }) => rule === "TriesFit");
        if (tries?.outcome !== "failed") return;
        for (const [field, key] of [
          ["ttl of at least", "ttlMs"],
          ["renewEvery of at most", "renewEveryMs"],
          ["rpcTimeout of at most", "rpcTimeoutMs"],
          ["fenceBudget of at most", "fenceBudgetMs"],
        ] as const) {
          const advised = new RegExp(`${field} ([0-9.]+) s`).exec(tries.because)?.[1];
          if (advised === undefined) continue;
          const mended = { ...timing, [key]: Math.round(Number(advised) * 1_000) };
          const after = checkTiming(mended).trace.find(({ rule }) => rule === "TriesFit");
          expect(after, `${key} ${advised}`).toMatchObject({ outcome: "passed" });
        }
      }),
    );
  });
});
