/** When an agent may act by itself: after a start without memory it must first be clear that nothing is outstanding (ADR 25, *Restart*). */
import type { PeerMessage } from "./message.ts";
import { nextId, putPeer, store, type Turn, tellPeer } from "./turn.ts";

type ClearAsk = PeerMessage & { readonly kind: "clearAsk" };

/** Whether this agent remembers what it promised. */
function isClear({ state }: Turn): boolean {
  return state.record !== null && !state.record.unclear;
}

/** Without memory: looks at the witness, and asks the peer, until one of them clears it. */
export function seekClearance(turn: Turn): void {
  if (isClear(turn) || turn.state.pending !== null) return;
  const seen = turn.state.witness.seen?.record ?? null;
  const promise = turn.state.record?.promise ?? null;
  // Guard: ArmsOnlyWhenClear. Nothing was ever granted, so nothing can have been promised.
  const isUntouched = seen?.epoch === 0 && (turn.state.record?.epochSeen ?? 0) === 0;
  if (isUntouched && promise === null) {
    store(turn, { armed: true, unclear: false }, { purpose: "arm" });
    return;
  }
  const { peer, record } = turn.state;
  // Not before the witness was read: every question that a process before this one asked is of an epoch up to that. And not before
  // everything is fenced: the answer may free the peer.
  if (seen === null || turn.state.data.kind !== "fenced" || turn.nowMs < peer.nextSendAtMs) return;
  const epochSeen = Math.max(record?.epochSeen ?? 0, seen.epoch);
  const nonce = peer.query?.nonce ?? nextId(turn);
  const { renewEveryMs } = turn.context.group.timing;
  putPeer(turn, {
    query: { kind: "clear", nonce, sentAtMs: turn.nowMs },
    nextSendAtMs: turn.nowMs + renewEveryMs,
  });
  tellPeer(turn, { kind: "clearAsk", nonce, epochSeen });
}

/** A peer without memory asks what it promised. Only an agent with memory can say. */
export function onClearAsk(turn: Turn, { nonce, epochSeen: asked }: ClearAsk): void {
  const { record, pending, wish } = turn.state;
  const epochSeen = record?.epochSeen ?? 0;
  const roundIssued = record?.roundIssued ?? 0;
  if (!isClear(turn) || record === null) {
    tellPeer(turn, { kind: "clear", nonce, outstanding: "unknown", epochSeen, roundIssued });
    return;
  }
  // What is being written may be something that is outstanding; the peer asks again.
  if (pending !== null) return;
  const { open, epochOwn, promise, givenBack } = record;
  // Guard: OwnClearsNobody. Who took an epoch without the witness, or is about to, does not let the peer take the lease beside it.
  const isAboutTo = wish?.kind === "takeOver" && wish.withoutWitness;
  const isBound = open !== null || epochOwn !== null || isAboutTo;
  // One of a later epoch was asked by a process that remembers it: the question is old.
  if (isBound || (promise !== null && promise.epoch > asked)) {
    tellPeer(turn, { kind: "clear", nonce, outstanding: "some", epochSeen, roundIssued });
    return;
  }
  const none: PeerMessage = { kind: "clear", nonce, outstanding: "none", epochSeen, roundIssued };
  if (promise === null && givenBack.epoch > asked) {
    tellPeer(turn, none);
    return;
  }
  // Guard: NoneEndsOldRounds. What the peer forgot having asked is over, and its question, which may still arrive, is nothing.
  const change = { promise: null, givenBack: { epoch: asked + 1, round: 0 } };
  store(turn, { ...change, epochSeen: asked }, { purpose: "giveBack", tell: none });
}

/** What the peer says is outstanding; only an answer to this process's own question counts. */
export function onClear(turn: Turn, message: PeerMessage & { readonly kind: "clear" }): void {
  const { peer, record } = turn.state;
  if (isClear(turn) || peer.query?.nonce !== message.nonce) return;
  const epochSeen = Math.max(record?.epochSeen ?? 0, message.epochSeen);
  if (message.outstanding !== "none") {
    if (epochSeen > (record?.epochSeen ?? 0)) store(turn, { epochSeen }, { purpose: "epoch" });
    return;
  }
  // Guard: NoneEndsOldRounds. A late question of a round that is over may have been answered meanwhile; a promise of a later one stays.
  const before = record?.givenBack ?? { epoch: 0, round: 0 };
  const said = { epoch: message.epochSeen, round: message.roundIssued };
  const over = before.epoch > said.epoch ? before : said;
  const promise = record?.promise ?? null;
  const change =
    promise !== null && promise.round > over.round ? {} : { promise: null, givenBack: over };
  store(turn, { armed: true, unclear: false, epochSeen, ...change }, { purpose: "arm" });
}
