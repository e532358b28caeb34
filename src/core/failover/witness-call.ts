/** Asking the witness: one call at a time, its limit, and what every answer shows whoever asked (ADR 25, *Holding*). */
import { retryMs } from "../lease/poll.ts";
import type { LeaseRecord } from "../lease/record.ts";
import type { LeaseRequest } from "../lease/request.ts";
import { bindOwn, endAuthority } from "./authority.ts";
import { leastShown } from "./least-shown.ts";
import type { WitnessCall } from "./state.ts";
import { emit, nextId, putWitness, store, type Turn } from "./turn.ts";

/** What a caller says of a request; the rest is filled in. */
export type Asked =
  | {
      readonly op: "acquire";
      readonly ifRev: number;
      readonly epochFloor: number;
      readonly note: LeaseRequest["note"];
    }
  | {
      readonly op: "renew" | "release";
      readonly ifRev: number;
      readonly epoch: number;
      readonly note: LeaseRequest["note"];
    };

/** Sends a request, or reads with null; only without a call in flight (guard OneCallAtATime). */
export function callWitness(turn: Turn, asked: Asked | null): void {
  const reqId = nextId(turn);
  const { self, group } = turn.context;
  const request: LeaseRequest | null =
    asked === null
      ? null
      : asked.op === "release"
        ? { ...asked, op: "release", ...namesOf(turn, self, reqId) }
        : asked.op === "renew"
          ? { ...asked, op: "renew", ...namesOf(turn, self, reqId), ttlMs: group.timing.ttlMs }
          : { ...asked, ...namesOf(turn, self, reqId), ttlMs: group.timing.ttlMs };
  putWitness(turn, { call: { reqId, sentAtMs: turn.nowMs, request } });
  emit(turn, { type: "callWitness", reqId, request });
}

function namesOf(turn: Turn, holder: string, reqId: string) {
  return { holder, instance: turn.state.instance, reqId };
}

/** Ends the call of that name and gives it; null when it was given up before, and then its answer only shows a record. */
export function endCall(turn: Turn, reqId: string): WitnessCall | null {
  const { call } = turn.state.witness;
  if (call === null || call.reqId !== reqId) return null;
  putWitness(turn, { call: null });
  return call;
}

/** Gives up the call in flight: when it was sent is not known any more. */
export function forgetCall(turn: Turn): void {
  if (turn.state.witness.call !== null) {
    putWitness(turn, { call: null, nextCallAtMs: turn.nowMs });
  }
}

/** Gives up a call that took longer than its limit. */
export function giveUpLateCall(turn: Turn): void {
  const { call } = turn.state.witness;
  if (call === null) return;
  if (turn.nowMs < call.sentAtMs + turn.context.group.timing.rpcTimeoutMs) return;
  putWitness(turn, { call: null });
  onSilence(turn, call.sentAtMs);
}

/** No answer came; the next try is soon, because a lease runs. */
export function onSilence(turn: Turn, sentAtMs: number): void {
  const { silentSinceAtMs } = turn.state.witness;
  putWitness(turn, {
    silentSinceAtMs: silentSinceAtMs ?? sentAtMs,
    nextCallAtMs: turn.nowMs + retryMs(turn.context.group.timing),
  });
}

/** Takes in what the witness shows: since when, its epoch, and whether somebody else has it now. */
export function onRecord(turn: Turn, record: LeaseRecord, call: WitnessCall | null): void {
  const { authority, instance, witness } = turn.state;
  const { seen } = witness;
  // An answer to a call that was given up may have been overtaken; then it shows the past.
  const isOvertaken = seen !== null && record.rev < seen.record.rev;
  if (call === null && isOvertaken && record.epoch <= seen.record.epoch) return;
  const isSame =
    seen !== null && seen.record.rev === record.rev && seen.record.epoch === record.epoch;
  putWitness(turn, { seen: isSame ? seen : { record, sinceAtMs: turn.nowMs } });
  pageLostMemory(turn, seen?.record ?? null, record);
  const isBound = authority.kind === "own" && authority.leaseUntilAtMs !== null;
  if (call !== null && isBound && record.epoch < authority.epoch) bindOwn(turn, call.sentAtMs);
  const isOwnGrant = record.holder === turn.context.self && record.instance === instance;
  if (authority.kind !== "none" && record.epoch > authority.epoch && !isOwnGrant) {
    endAuthority(turn, `the witness gave epoch ${record.epoch} to ${record.holder ?? "somebody"}`);
  }
}

/** A witness below an epoch that was seen lost its memory; a person has to look (guard EpochNeverBack keeps hands off). */
function pageLostMemory(turn: Turn, before: LeaseRecord | null, record: LeaseRecord): void {
  const known = leastShown(turn.state.record);
  const wasPaged = before !== null && before.epoch < known;
  if (record.epoch >= known || wasPaged) return;
  emit(turn, {
    type: "page",
    reason: "WitnessLostMemory",
    because: `the witness shows epoch ${record.epoch}, and epoch ${known} was seen: it lost its memory, or the peer took over without it`,
  });
}

/** Remembers the highest epoch that was seen, and that the witness knows of an own one; done again until it is durable. */
export function rememberEpoch(turn: Turn): void {
  const { record, witness, authority } = turn.state;
  if (record === null) return;
  const shown = witness.seen?.record.epoch ?? 0;
  const isKnown = record.epochOwn !== null && shown >= record.epochOwn;
  const isHigher = authority.kind === "none" && shown > record.epochSeen;
  if (!isKnown && !isHigher) return;
  const epochSeen = Math.max(shown, record.epochSeen);
  const own = isKnown ? { epochOwn: null, epochBeforeOwn: 0 } : {};
  store(turn, { epochSeen, ...own }, { purpose: "epoch" });
}
