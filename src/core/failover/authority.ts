/** Who may write, until when, and what follows when that ends (ADR 25, *Time* and *Holding*). */
import { authorityMs } from "../lease/timing.ts";
import type { AgentState, Authority } from "./state.ts";
import { emit, put, type Turn } from "./turn.ts";
import type { Tenure } from "./watchdog.ts";

export type LiveAuthority = Exclude<Authority, { readonly kind: "none" }>;

/** Whether this region has the right to write at this moment of its monotonic clock. */
export function hasAuthority(state: AgentState, nowMs: number): boolean {
  return state.authority.kind !== "none" && nowMs < state.authority.untilAtMs;
}

/** Whether its data services take writes, as far as the agent decided it. */
export function mayWrite(state: AgentState, nowMs: number): boolean {
  return hasAuthority(state, nowMs) && state.data.kind === "serving";
}

export type HealthAnswer = {
  readonly status: 200 | 503;
  readonly reason: string;
  readonly because: string;
};

/** What the health path of the group answers (DESIGN §3): 200 only with authority, and only when every service is promoted. */
export function healthAnswer(state: AgentState, nowMs: number): HealthAnswer {
  const { authority, data } = state;
  if (authority.kind === "none" || nowMs >= authority.untilAtMs) {
    return { status: 503, reason: "NoAuthority", because: "this region may not write" };
  }
  if (data.kind !== "serving") {
    const because = `this region has authority at epoch ${authority.epoch}, and its data is ${data.kind}`;
    return { status: 503, reason: "NotServing", because };
  }
  const because = `this region has authority at epoch ${authority.epoch} and serves`;
  return { status: 200, reason: "Serving", because };
}

/** Takes or extends authority, and leaves it with the watchdog. */
export function take(turn: Turn, authority: LiveAuthority): void {
  put(turn, { authority });
  guardBy(turn, authority);
}

function guardBy(turn: Turn, authority: LiveAuthority): void {
  const { epoch, rev, untilAtMs } = authority;
  const { instance } = turn.state;
  const isAsked = authority.kind === "own" && authority.leaseUntilAtMs !== null;
  const kind = isAsked ? "ownAsked" : authority.kind;
  const round = "round" in authority ? authority.round : null;
  const tenure: Tenure = { epoch, rev, instance, round, kind, untilAtMs };
  emit(turn, { type: "setWatchdog", tenure });
}

/** From now on this region may not write: fencing begins, beside the watchdog's own (guard WatchdogKeepsUntilFenced). */
export function endAuthority(turn: Turn, because: string): void {
  const { authority, data } = turn.state;
  if (authority.kind !== "none") {
    guardBy(turn, { ...authority, untilAtMs: Math.min(authority.untilAtMs, turn.nowMs) });
    put(turn, { authority: { kind: "none" } });
  }
  put(turn, {
    peer: { ...turn.state.peer, capAtMs: null, isGivingBack: false, roundAsked: null, asked: [] },
  });
  if (data.kind === "promoting" || data.kind === "serving") fence(turn, because);
}

/** Stops every service of this region. It is answered exactly once, and asked again when it failed. */
export function fence(turn: Turn, because: string): void {
  put(turn, { data: { kind: "fencing", sinceAtMs: turn.nowMs, hasFailed: false } });
  emit(turn, { type: "fence", because });
}

/** Ends what is over; done first in every step, whatever happened. */
export function endWhatIsOver(turn: Turn): void {
  const { authority } = turn.state;
  // Guard: DeadlineEnds.
  if (authority.kind === "none" || turn.nowMs < authority.untilAtMs) return;
  endAuthority(turn, `authority at epoch ${authority.epoch} ran out`);
}

/** When authority ends that a confirmed request sent at that moment gives (guard DeadlineFromSend). */
export function untilOf(turn: Turn, sentAtMs: number): number {
  return sentAtMs + authorityMs(turn.context.group.timing);
}

/** Moves on what only the agent's own life limits: without it a hung agent is fenced by its watchdog. */
export function moveOn(turn: Turn): void {
  const { authority } = turn.state;
  if (authority.kind !== "sticky" && authority.kind !== "own") return;
  // Guard: AskedOwnIsBound.
  const boundAtMs = authority.kind === "own" ? authority.leaseUntilAtMs : null;
  const untilAtMs = Math.min(untilOf(turn, turn.nowMs), boundAtMs ?? Number.POSITIVE_INFINITY);
  if (untilAtMs > authority.untilAtMs) take(turn, { ...authority, untilAtMs });
}

/**
 * Guard: AskedOwnIsBound. Once the witness was asked for the lease, it may show an epoch that frees the peer, whatever became of the
 * answer. From then on an own authority lasts only as long as answers prove that it did not before they were asked for.
 */
export function bindOwn(turn: Turn, sentAtMs: number): void {
  const { authority } = turn.state;
  if (authority.kind !== "own") return;
  const leaseUntilAtMs = Math.max(authority.leaseUntilAtMs ?? 0, untilOf(turn, sentAtMs));
  const untilAtMs = Math.min(authority.untilAtMs, leaseUntilAtMs);
  take(turn, { ...authority, leaseUntilAtMs, untilAtMs });
}
