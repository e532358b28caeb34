/** When the witness is asked again: by a standby right after the holder's next renewal, by anybody soon after a failure. */
import { type LeaseTiming, outwaitMs } from "./timing.ts";

/** Pause before something that failed is tried again: several tries fit into one lease. */
export function retryMs({ rpcTimeoutMs, renewEveryMs }: LeaseTiming): number {
  return Math.min(rpcTimeoutMs, Math.ceil(renewEveryMs / 4));
}

/**
 * Milliseconds until a standby's next reading. `unchangedMs` is how long the revision has been seen unchanged; null when nobody
 * holds it.
 *
 * It is locked to the holder's phase without knowing its clock: the next reading is a little less than a renewal's period after
 * the change was seen, so from reading to reading it comes nearer to the renewal, until it comes too early. Then the renewal is
 * awaited quickly, and so is one that is missed.
 */
export function standbyPollMs(timing: LeaseTiming, unchangedMs: number | null): number {
  const { renewEveryMs } = timing;
  if (unchangedMs === null) return retryMs(timing);
  const expectedMs = renewEveryMs - Math.floor(renewEveryMs / 25);
  if (unchangedMs < expectedMs) return expectedMs - unchangedMs;
  const quickMs = Math.max(1, Math.ceil(renewEveryMs / 10));
  const leftMs = outwaitMs(timing) - unchangedMs;
  // Outwaited and not taken over: there is no hurry any more.
  return leftMs > 0 ? Math.min(quickMs, leftMs) : retryMs(timing);
}
