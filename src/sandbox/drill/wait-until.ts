/** Waiting inside a drill: with a limit, and over at once when a person stops it or its sandbox ends. */
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type DrillWait = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** Whether the connection to the sandbox has ended. */
  readonly isLost: () => boolean;
  /** Whether the drill itself is over, so that nobody waits any more. */
  readonly isEnded: () => boolean;
};

/** True as soon as `done`, false at the limit; fails with Cancelled, or NotRunning when the sandbox ended. */
export async function waitUntil(
  { clock, signal, pollMs, isLost, isEnded }: DrillWait,
  done: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<boolean> {
  const now = (): number => Math.round(clock.monotonicMs());
  const endMs = now() + limitMs + pollMs;
  while (now() < endMs && !isEnded()) {
    if (signal.aborted)
      throw new Failure("Cancelled", "The drill was stopped; nothing stays broken.");
    if (isLost()) throw new Failure("NotRunning", "The sandbox ended during the drill.");
    if (await done()) return true;
    await clock.sleep(pollMs, signal);
  }
  return false;
}
