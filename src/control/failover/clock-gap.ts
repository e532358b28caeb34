/** Tells when the wall clock moved otherwise than the monotonic one: a pause, a suspended machine, or a step (facts of the witness §6). */
import type { Clock } from "../env.ts";

/** Gives the gap since the call before when it is at least `noticeMs` in either direction, and 0 otherwise. */
export function gapWatch(clock: Clock, noticeMs: number): () => number {
  let wallMs = clock.nowMs();
  let monotonicMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.nowMs();
    const nowMonotonicMs = clock.monotonicMs();
    const gapMs = nowMs - wallMs - (nowMonotonicMs - monotonicMs);
    wallMs = nowMs;
    monotonicMs = nowMonotonicMs;
    return Math.abs(gapMs) >= noticeMs ? gapMs : 0;
  };
}
