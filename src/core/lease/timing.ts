/** The times of a lease, and the inequality that they have to satisfy (DESIGN §7.4, facts of failover §3.1). */

export type LeaseTiming = {
  /** How long a renewal lasts at the witness. */
  readonly ttlMs: number;
  readonly renewEveryMs: number;
  /** Limit of one request to the witness. */
  readonly rpcTimeoutMs: number;
  /** Longest time from the decision to fence until the last write is refused. */
  readonly fenceBudgetMs: number;
  /** By how much two clocks may differ in rate; 0.001 is a second in a quarter of an hour. */
  readonly clockRateErrorRatio: number;
  /** Added to the contender's waiting. */
  readonly marginMs: number;
};

/** How long after it was *sent* a confirmed renewal gives authority: fencing must be done when the lease ends. */
export function authorityMs(timing: LeaseTiming): number {
  return Math.floor(timing.ttlMs * (1 - 2 * timing.clockRateErrorRatio)) - timing.fenceBudgetMs;
}

/** How long a contender has to see a record of `ttlMs` unchanged, by its own clock, before it may try to take over. */
export function outwaitMs(timing: LeaseTiming, ttlMs: number = timing.ttlMs): number {
  return Math.ceil(ttlMs * (1 + 2 * timing.clockRateErrorRatio)) + timing.marginMs;
}
