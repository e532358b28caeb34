/** The record is durable in every store, or not: only now what rests on it is done. */
import { retryMs } from "../lease/poll.ts";
import { endAuthority } from "./authority.ts";
import { onOwnDurable } from "./own.ts";
import { consentNow } from "./promise.ts";
import { onRoundClosed, onRoundOpen } from "./rounds.ts";
import { emit, put, type Turn, tellPeer } from "./turn.ts";

/** Every configured store has the record of that version. */
export function onStored(turn: Turn, version: number): void {
  const { pending } = turn.state;
  if (pending === null || pending.record.version !== version) return;
  const { record, purpose, tell, by } = pending;
  put(turn, { pending: null, record });
  if (purpose === "openRound" && record.open !== null) onRoundOpen(turn, record.open);
  if (purpose === "closeRound") onRoundClosed(turn);
  if (purpose === "tenure" && by !== null) onOwnDurable(turn, record.epochSeen, by);
  if (tell === null) return;
  if (tell.kind === "consent") consentNow(turn, tell);
  else tellPeer(turn, tell);
}

/** At least one store does not have it: nothing that rests on it is done, and it is tried again where it is still wanted. */
export function onStoreFailed(turn: Turn, version: number): void {
  const { pending, authority, data, record } = turn.state;
  if (pending === null || pending.record.version !== version) return;
  // The stores may differ now. What is tried next has a higher version, and makes them agree again.
  put(turn, { pending: null, record: record === null ? null : { ...record, version } });
  put(turn, { nextStoreAtMs: turn.nowMs + retryMs(turn.context.group.timing) });
  // Guard: TenureIsDurable. A lease that can not be made durable is given back.
  const isTenure = authority.kind === "lease" && pending.record.epochHeld >= authority.epoch;
  if (isTenure && data.kind === "fenced")
    endAuthority(turn, "its tenure could not be made durable");
  emit(turn, {
    type: "page",
    reason: "RecordNotDurable",
    because: `the record (${pending.purpose}) is not in every store`,
  });
}
