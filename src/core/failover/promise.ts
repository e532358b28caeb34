/** The peer's side of standing back: what it promises, what it grants, and when it is free again (ADR 25, *Standing back*). */
import { outwaitMs } from "../lease/timing.ts";
import { endAuthority } from "./authority.ts";
import type { PeerMessage } from "./message.ts";
import type { OpenRound, PromiseGiven } from "./record.ts";
import { putPeer, store, type Turn, tellPeer } from "./turn.ts";

type Ask = PeerMessage & { readonly kind: "ask" };

/** The holder asks this region to stand back. What can not be promised now is not answered; it asks again. */
export function onAsk(turn: Turn, message: Ask): void {
  // Guard: HigherEpochFences. The peer holds a later epoch than this region does.
  const { authority } = turn.state;
  if (authority.kind !== "none" && message.epoch > authority.epoch) {
    endAuthority(turn, `the peer holds epoch ${message.epoch}`);
  }
  if (!mayPromise(turn, message)) return;
  const { policy, epoch, round, seq } = message;
  const consent: PeerMessage = { kind: "consent", policy, epoch, round, seq };
  const { record } = turn.state;
  const promise = record?.promise ?? null;
  putPeer(turn, { grantSync: message.sync });
  if (promise !== null && isSameRound(promise, message) && promise.policy === policy) {
    consentNow(turn, consent);
    return;
  }
  // Guard: PromiseIsDurable. The consent leaves when this is stored.
  store(
    turn,
    {
      promise: { policy, epoch, round },
      epochSeen: Math.max(record?.epochSeen ?? 0, epoch),
      // Who asks holds a later epoch, and is not bound by a round of an earlier one.
      open: null,
    },
    { purpose: "promise", tell: consent },
  );
}

/** Sends a consent whose promise is durable; from now on the peer may act on it for a time. */
export function consentNow(turn: Turn, consent: PeerMessage): void {
  const untilAtMs = turn.nowMs + outwaitMs(turn.context.group.timing);
  putPeer(turn, {
    consentUntilAtMs: untilAtMs,
    // Guard: ArbiterWaitsLonger. Longer than the asker may act on what it asked before.
    grantRunsOutAtMs: untilAtMs,
  });
  tellPeer(turn, consent);
}

function mayPromise({ state }: Turn, { epoch, round }: Ask): boolean {
  const { record, authority, data, witness, pending } = state;
  if (pending !== null || authority.kind !== "none" || data.kind !== "fenced") return false;
  // Guard: NothingPromisedWhileAcquiring. The lease may be this region's already.
  if (witness.call?.request?.op === "acquire") return false;
  if (record === null) return true;
  // Guard: OldQuestionIsNothing.
  if (epoch < record.epochSeen || !isAfter({ epoch, round }, record.givenBack)) return false;
  const { promise, open } = record;
  // An asker that is bound by a round of its own has nothing to promise.
  if (open !== null && open.epoch >= epoch) return false;
  return (
    promise === null || isSameRound(promise, { epoch, round }) || isAfter({ epoch, round }, promise)
  );
}

type Round = Pick<OpenRound, "epoch" | "round">;

function isSameRound(one: Round, other: Round): boolean {
  return one.epoch === other.epoch && one.round === other.round;
}

function isAfter(one: Round, other: Round): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.round > other.round);
}

/** The holder is back on a live lease, or has no right at all: this region is free of that round. */
export function onGiveBack(turn: Turn, { epoch, round }: Round): void {
  const { record, pending } = turn.state;
  if (pending !== null) return;
  const answer: PeerMessage = { kind: "givenBack", epoch, round };
  const promise: PromiseGiven | null = record?.promise ?? null;
  // Guard: OwnEpochBinds. The peer has to see the epoch at the witness before it is free of its round.
  if (record !== null && record.epochOwn !== null) return;
  // Guard: OlderGiveBackIsNothing. Of the promised round, or of a later one, whose question did not arrive.
  if (promise !== null && isAfter(promise, { epoch, round })) return;
  if (promise === null && record !== null && !isAfter({ epoch, round }, record.givenBack)) {
    tellPeer(turn, answer);
    return;
  }
  store(
    turn,
    { givenBack: { epoch, round }, promise: null },
    { purpose: "giveBack", tell: answer },
  );
}
