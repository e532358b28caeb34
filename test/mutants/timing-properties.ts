/** What the times of a lease have to satisfy, tried on many that the rules call legal. */
import fc from "fast-check";
import type { LeaseTiming } from "../../src/core/lease/timing.ts";
import type { checkTiming, worstCase } from "../../src/core/lease/timing-rules.ts";
import type { Finding, Load } from "./kill.ts";
import type { Property } from "./properties.ts";
import { ordinaryTiming } from "./standby-scene.ts";

const rulesFile = "core/lease/timing-rules.ts";
type Rules = { readonly checkTiming: typeof checkTiming; readonly worstCase: typeof worstCase };

const timings: fc.Arbitrary<LeaseTiming> = fc.record({
  ttlMs: fc.integer({ min: 5_000, max: 300_000 }),
  renewEveryMs: fc.integer({ min: 1_000, max: 60_000 }),
  rpcTimeoutMs: fc.integer({ min: 100, max: 10_000 }),
  fenceBudgetMs: fc.integer({ min: 1, max: 60_000 }),
  clockRateErrorRatio: fc.double({ min: 0, max: 0.05, noNaN: true }),
  marginMs: fc.integer({ min: 1, max: 5_000 }),
});

/** The arithmetic of the two sides, by hand: nothing of what is judged takes part in it. */
const leastAuthorityMs = ({
  ttlMs,
  clockRateErrorRatio: error,
  fenceBudgetMs,
}: LeaseTiming): number => ttlMs * (1 - 2 * error) - fenceBudgetMs;

function property(judge: (rules: Rules) => Finding): Property {
  return {
    entries: [rulesFile],
    judge: async (load: Load) => judge((await load(rulesFile)) as Rules), // That file.
  };
}

/** The first of many for which the statement does not hold. */
function firstWrong(words: string, holds: (timing: LeaseTiming) => boolean): Finding {
  const { failed, counterexample } = fc.check(fc.property(timings, holds), {
    seed: 1,
    numRuns: 2_000,
  });
  return failed ? `${words}: ${JSON.stringify(counterexample?.[0])}` : null;
}

export const oldHolderStopsFirst = property(({ worstCase: worst }) =>
  firstWrong("two writers", (timing) => {
    const { writeDeadByMs, mayStartAtMs } = worst(timing);
    return (
      writeDeadByMs < mayStartAtMs && mayStartAtMs >= timing.ttlMs && writeDeadByMs <= timing.ttlMs
    );
  }),
);

export const noHourLongStop = property(({ checkTiming: verdictOf }) => {
  const { kind } = verdictOf(ordinaryTiming, [{ name: "ledger", stopWithinMs: 3_600_000 }]);
  return kind === "refused" ? null : "an hour to stop is accepted beside a fence budget of 10 s";
});

export const twoTriesFit = property(({ checkTiming: verdictOf }) =>
  firstWrong("one slow answer fences a healthy region", (timing) => {
    if (verdictOf(timing).kind === "refused") return true;
    return timing.renewEveryMs + 2 * timing.rpcTimeoutMs <= leastAuthorityMs(timing);
  }),
);
