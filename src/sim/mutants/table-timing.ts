/** Bugs in the arithmetic of a lease's times. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfTiming: readonly Mutant[] = [
  {
    id: "no-fence-budget",
    area: "timing",
    name: "Fencing begins when the lease ends, and not so early that it is done by then.",
    origin:
      "CloudNativePG: fencing is a shutdown of up to switchoverDelay, by default an hour (facts of failover §0, 6)",
    guard: "OldHolderStopsFirst",
    file: "core/lease/timing.ts",
    patch: {
      find: " - timing.fenceBudgetMs;",
      replace: ";",
    },
    diesIn: {
      checker: "property",
      property: "the old holder's last write comes before a contender's first",
    },
  },
  {
    id: "no-clock-error-in-waiting",
    area: "timing",
    name: "A contender waits exactly one lease, by a clock that may be fast.",
    origin:
      "client-go leader election: tolerant to skew, and not to a skewed rate, unless the periods leave room (facts of failover §1.1)",
    guard: "OldHolderStopsFirst",
    file: "core/lease/timing.ts",
    patch: {
      find: "Math.ceil(ttlMs * (1 + 2 * timing.clockRateErrorRatio)) + timing.marginMs",
      replace: "Math.ceil(ttlMs)",
    },
    diesIn: {
      checker: "property",
      property: "the old holder's last write comes before a contender's first",
    },
  },
  {
    id: "no-clock-error-in-holding",
    area: "timing",
    name: "A holder takes its own clock for exact.",
    origin:
      "Gray and Cheriton's leases: a lease needs a bound on the error of the clocks' rate (facts of failover §1.1)",
    guard: "OldHolderStopsFirst",
    file: "core/lease/timing.ts",
    patch: {
      find: "timing.ttlMs * (1 - 2 * timing.clockRateErrorRatio)",
      replace: "timing.ttlMs",
    },
    diesIn: {
      checker: "property",
      property: "the old holder's last write comes before a contender's first",
    },
  },
  {
    id: "slow-stop-is-allowed",
    area: "timing",
    name: "A service that says it needs an hour to stop is accepted beside a fence budget of seconds.",
    origin:
      "CloudNativePG: `.spec.switchoverDelay` 3600 s beside any lease (facts of failover §0, 6)",
    guard: "ServicesStopInTime",
    file: "core/lease/timing-rules.ts",
    patch: {
      find: "stopWithinMs > fenceBudgetMs",
      replace: "stopWithinMs < 0",
    },
    diesIn: {
      checker: "property",
      property: "a service that takes an hour to stop is refused",
    },
  },
  {
    id: "one-try-fits",
    area: "timing",
    name: "Renewal times with room for one try only are accepted, and one slow answer fences a healthy region.",
    origin:
      "Patroni: without `loop_wait + 2 · retry_timeout <= ttl` a leader demotes itself for nothing (facts of failover §1.1)",
    guard: "TriesFit",
    file: "core/lease/timing-rules.ts",
    patch: {
      find: "renewEveryMs + 2 * rpcTimeoutMs;",
      replace: "renewEveryMs + 0 * rpcTimeoutMs;",
    },
    diesIn: {
      checker: "property",
      property: "two tries fit between a renewal's time and fencing",
    },
  },
  {
    id: "other-clock-is-believed",
    area: "timing",
    name: "A witness whose clock went back holds every lease until its clock has come round again.",
    origin:
      "client-go's leader election compares instants of different clocks; a step back of a server's clock stops every take-over",
    guard: "OtherClockSaysNothing",
    file: "core/lease/apply.ts",
    patch: {
      find: "leftMs > 0 && leftMs <= 2 * current.ttlMs;",
      replace: "leftMs > 0;",
    },
    diesIn: {
      checker: "swarm",
      seed: 54847,
      property: "served-again",
    },
  },
];
