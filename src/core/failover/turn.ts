/** One step under way: the state so far, and the effects that it will have. Used inside `step` only. */
import { isSameJson } from "../kernel/json.ts";
import type { Verdict } from "../kernel/verdict.ts";
import type { Effect } from "./effect.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord } from "./record.ts";
import type { AgentState, PendingStore } from "./state.ts";
import type { AgentContext } from "./step.ts";

export type Turn = {
  readonly context: AgentContext;
  readonly nowMs: number;
  readonly wallAtMs: number;
  /** Nothing happened but that time went on. */
  readonly isTick: boolean;
  /** Time went on, or something was measured: nothing that a contender acts on before it looks at the witness again. */
  readonly isQuiet: boolean;
  state: AgentState;
  readonly effects: Effect[];
  verdict: Verdict | null;
};

/** Changes the state. */
export function put(turn: Turn, change: Partial<AgentState>): void {
  turn.state = { ...turn.state, ...change };
}

export function putWitness(turn: Turn, change: Partial<AgentState["witness"]>): void {
  put(turn, { witness: { ...turn.state.witness, ...change } });
}

export function putPeer(turn: Turn, change: Partial<AgentState["peer"]>): void {
  put(turn, { peer: { ...turn.state.peer, ...change } });
}

export function emit(turn: Turn, effect: Effect): void {
  turn.effects.push(effect);
}

export function tellPeer(turn: Turn, message: PeerMessage): void {
  emit(turn, { type: "tellPeer", message });
}

/** A name that this process uses once. */
export function nextId(turn: Turn): string {
  const counter = turn.state.counter + 1;
  put(turn, { counter });
  return `${turn.state.instance}/${counter}`;
}

/** What a region remembers that remembers nothing. */
export const emptyRecord: AgentRecord = {
  version: 0,
  armed: false,
  epochSeen: 0,
  roundIssued: 0,
  givenBack: { epoch: 0, round: 0 },
  unclear: true,
  epochHeld: 0,
  epochOwn: null,
  epochBeforeOwn: 0,
  open: null,
  promise: null,
};

/**
 * Begins to make a changed record durable; false when another write is under way or the last one just failed, and then the
 * caller's reason stands still and is found again. Nothing counts before `stored`.
 */
export function store(
  turn: Turn,
  change: Partial<AgentRecord>,
  rest: Pick<PendingStore, "purpose"> & Partial<Pick<PendingStore, "tell" | "by">>,
): boolean {
  const { record, pending } = turn.state;
  if (pending !== null || turn.nowMs < turn.state.nextStoreAtMs) return false;
  const before = record ?? emptyRecord;
  const next: AgentRecord = {
    ...before,
    ...change,
    version: before.version + 1,
    epochSeen: Math.max(before.epochSeen, change.epochSeen ?? 0),
  };
  put(turn, { pending: { record: next, tell: null, by: null, ...rest } });
  emit(turn, { type: "store", record: next });
  return true;
}

/** Whether two records are the same in every field. */
export function isSameRecord(one: AgentRecord, other: AgentRecord): boolean {
  return isSameJson(one, other);
}
