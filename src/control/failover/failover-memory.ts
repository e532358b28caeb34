/** Failovers of the last day, which the safety rules count, kept beyond the life of one process: by wall time, because no other outlives it. */
import type { AgentState } from "../../core/failover/state.ts";
import type { Clock } from "../env.ts";

export type PastFailover = {
  /** Wall time. */
  readonly atMs: number;
  readonly lossy: boolean;
};

export type FailoverMemory = {
  /** Oldest first, as they were kept last, also by processes before this one. */
  readonly failovers: readonly PastFailover[];
  /** Keeps exactly these; nobody waits for it. */
  keep(failovers: readonly PastFailover[]): void;
};

/** Remembers nothing, and begins with nothing. */
export const nothingPast: FailoverMemory = {
  failovers: [],
  keep: () => undefined,
};

type Clocks = Pick<Clock, "nowMs" | "monotonicMs">;

/** On this process's own clock; one that a wall clock puts into the future was just now. */
export function onMonotonicClock(
  failovers: readonly PastFailover[],
  clock: Clocks,
): AgentState["failovers"] {
  const [wallMs, nowMs] = [clock.nowMs(), clock.monotonicMs()];
  return failovers.map(({ atMs, lossy }) => ({
    atMs: nowMs - Math.max(0, wallMs - atMs),
    lossy,
  }));
}

/** The inverse, by the wall clock as it is now. */
export function onWallClock(
  failovers: AgentState["failovers"],
  clock: Clocks,
): readonly PastFailover[] {
  const [wallMs, nowMs] = [clock.nowMs(), clock.monotonicMs()];
  return failovers.map(({ atMs, lossy }) => ({ atMs: wallMs - (nowMs - atMs), lossy }));
}
