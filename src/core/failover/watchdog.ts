/**
 * The watchdog: a process beside the agent that knows one thing, until when this region may write, and fences then.
 * It outlives the agent and carries the tenure from the old one to the new one (DESIGN §2).
 */

/** What an agent leaves with the watchdog, and what the next agent finds there. */
export type Tenure = {
  readonly epoch: number;
  readonly rev: number;
  /** The process that got it from the witness; renewals go on in its name. */
  readonly instance: string;
  /** The round that it rests on, when it does not rest on the witness alone. */
  readonly round: number | null;
  /** `ownAsked`: of its own, and the witness was asked for the lease: only an answer of it moves the deadline. */
  readonly kind: "lease" | "sticky" | "granted" | "own" | "ownAsked";
  /** On the machine's monotonic clock, which all its processes share. */
  readonly untilAtMs: number;
};

export type WatchdogState = { readonly tenure: Tenure | null };

/** Whether it has to fence now. */
export function isOver(state: WatchdogState, nowMs: number): boolean {
  return state.tenure !== null && nowMs >= state.tenure.untilAtMs;
}

/** Takes what the agent leaves; after the deadline, and for an older epoch, nothing revives a tenure. */
export function guard(state: WatchdogState, tenure: Tenure | null, nowMs: number): WatchdogState {
  if (isOver(state, nowMs)) return { tenure: null };
  if (tenure === null) return { tenure: null };
  if (state.tenure !== null && tenure.epoch < state.tenure.epoch) return state;
  // One that is over already is taken too: that is how an agent that lost its authority has the watchdog fence beside it.
  return { tenure };
}
