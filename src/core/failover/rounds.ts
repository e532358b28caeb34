/** The holder's side of standing back: it asks its peer while the witness is silent, and gives back when it is not (ADR 25). */
import { hasAuthority, take, untilOf } from "./authority.ts";
import type { PeerMessage } from "./message.ts";
import { readNote } from "./note.ts";
import type { OpenRound } from "./record.ts";
import { syncForArbiter } from "./sync.ts";
import { put, putPeer, putWitness, store, type Turn, tellPeer } from "./turn.ts";

const maxAsked = 3;

/** Opens a round, asks in it or gives it back, when one of them is due. */
export function tendRound(turn: Turn): void {
  const { record, authority, peer, witness } = turn.state;
  if (record === null || turn.nowMs < peer.nextSendAtMs) return;
  const { open } = record;
  const isSilent = witness.silentSinceAtMs !== null;
  const mayGiveBack = peer.isGivingBack || isIdle(turn);
  if (open !== null && mayGiveBack && !isSilent) {
    giveBack(turn, open);
    return;
  }
  if (turn.context.group.onWitnessLoss === "fence" || !isSilent) return;
  if (authority.kind === "own" || authority.kind === "none") return;
  const needsNew = open === null || peer.isGivingBack || peer.roundAsked !== open.round;
  if (needsNew) openRound(turn);
  else if (authority.kind !== "sticky") ask(turn, open);
}

/** Without any right to write, the peer may be free again; both then take the lease like everybody. */
function isIdle({ state }: Turn): boolean {
  return (
    state.authority.kind === "none" && state.data.kind === "fenced" && state.witness.seen !== null
  );
}

function openRound(turn: Turn): void {
  const { record, authority } = turn.state;
  const policy = turn.context.group.onWitnessLoss;
  if (record === null || authority.kind === "none" || policy === "fence") return;
  const { epoch } = authority;
  const round = record.roundIssued + 1;
  // Guard: RoundIsDurable. The first question is sent when this is stored.
  store(turn, { open: { policy, epoch, round }, roundIssued: round }, { purpose: "openRound" });
}

/** The round is durable: this process asks in it from now on. */
export function onRoundOpen(turn: Turn, open: OpenRound): void {
  putPeer(turn, {
    roundAsked: open.round,
    isGivingBack: false,
    asked: [],
    // The cap of an older round stays: until the peer says otherwise it may be the arbiter of that one.
    nextSendAtMs: turn.nowMs,
  });
  // The old arrangement is over: a lease alone counts until the peer consents to the new round.
  const { authority } = turn.state;
  if (authority.kind === "sticky") {
    const { epoch, rev, untilAtMs } = authority;
    put(turn, { authority: { kind: "lease", epoch, rev, untilAtMs } });
  }
}

function ask(turn: Turn, open: OpenRound): void {
  const { peer, authority } = turn.state;
  const { nextSeq: seq } = peer;
  const isFirst = peer.asked.length === 0;
  const asked = [...peer.asked, { seq, sentAtMs: turn.nowMs }].slice(-maxAsked);
  putPeer(turn, { asked, nextSeq: seq + 1, nextSendAtMs: turn.nowMs + askEveryMs(turn) });
  // Guard: JointCap. From its first question on, the peer may be the arbiter.
  if (open.policy === "peerArbiter" && isFirst && authority.kind === "lease") {
    const capAtMs = Math.min(peer.capAtMs ?? Number.POSITIVE_INFINITY, untilOf(turn, turn.nowMs));
    putPeer(turn, { capAtMs });
    if (capAtMs < authority.untilAtMs) take(turn, { ...authority, untilAtMs: capAtMs });
  }
  tellPeer(turn, { kind: "ask", ...open, seq, sync: syncForArbiter(turn) });
}

function giveBack(turn: Turn, { epoch, round }: OpenRound): void {
  putPeer(turn, { isGivingBack: true, nextSendAtMs: turn.nowMs + askEveryMs(turn) });
  tellPeer(turn, { kind: "giveBack", epoch, round });
}

function askEveryMs(turn: Turn): number {
  const { renewEveryMs, rpcTimeoutMs } = turn.context.group.timing;
  return Math.min(rpcTimeoutMs, renewEveryMs);
}

/** The peer stands back. */
export function onConsent(turn: Turn, message: PeerMessage & { readonly kind: "consent" }): void {
  const { record, peer, authority, pending } = turn.state;
  const open = record?.open ?? null;
  // Guard: ConsentOfThisRound. Of this round, of this epoch, and asked by this process in this round.
  const isThisRound =
    open !== null &&
    open.policy === message.policy &&
    open.round === message.round &&
    open.epoch === message.epoch &&
    peer.roundAsked === message.round &&
    !peer.isGivingBack &&
    pending?.purpose !== "openRound" &&
    pending?.purpose !== "closeRound";
  if (!isThisRound) {
    freeStray(turn, message, open);
    return;
  }
  const sent = peer.asked.find(({ seq }) => seq === message.seq);
  // Guard: ConsentWhileAuthorityLasts. What is over is not revived: the peer may have been told something else since.
  if (sent === undefined || authority.kind === "none" || authority.kind === "own") return;
  if (authority.epoch !== open.epoch) return;
  const { rev } = authority;
  const { epoch, round } = open;
  if (open.policy === "sticky") {
    take(turn, { kind: "sticky", epoch, rev, round, untilAtMs: untilOf(turn, turn.nowMs) });
    return;
  }
  const granted = untilOf(turn, sent.sentAtMs);
  const before =
    authority.kind === "granted" && authority.round === round ? authority.grantUntilAtMs : 0;
  const grantUntilAtMs = Math.max(before, granted);
  putPeer(turn, { capAtMs: null });
  take(turn, {
    kind: "granted",
    epoch,
    rev,
    round,
    grantUntilAtMs,
    leaseUntilAtMs: null,
    untilAtMs: grantUntilAtMs,
  });
}

/** A consent of a round that is over: the peer does not know yet that it is free. */
function freeStray(
  turn: Turn,
  { epoch, round }: { readonly epoch: number; readonly round: number },
  open: OpenRound | null,
): void {
  const { record, authority, data } = turn.state;
  const isOpen = open !== null && open.round === round && open.epoch === epoch;
  if (record === null || isOpen || turn.state.pending !== null) return;
  // Guard: RoundMayBeRestedOn. After a restart a tenure may rest on an older round than the open one until its old deadline.
  const isIdleHere = authority.kind === "none" && data.kind === "fenced";
  if (!isIdleHere && (open !== null || authority.kind !== "lease")) return;
  // Also of a round that this region forgot: no round of that epoch is opened again.
  tellPeer(turn, { kind: "giveBack", epoch, round });
}

/** The peer is free of the round: it is closed as soon as that is durable. */
export function onGivenBack(
  turn: Turn,
  message: { readonly epoch: number; readonly round: number },
): void {
  const { record, peer } = turn.state;
  const open = record?.open ?? null;
  if (open === null || !peer.isGivingBack) return;
  if (open.round !== message.round || open.epoch !== message.epoch) return;
  store(turn, { open: null }, { purpose: "closeRound" });
}

/** The round is closed in every store: the lease alone counts. */
export function onRoundClosed(turn: Turn): void {
  const { authority, peer } = turn.state;
  // The next renewal is not capped any more.
  if (peer.capAtMs !== null) putWitness(turn, { nextCallAtMs: turn.nowMs });
  putPeer(turn, { isGivingBack: false, roundAsked: null, asked: [], capAtMs: null });
  if (authority.kind !== "granted" || authority.leaseUntilAtMs === null) return;
  const { epoch, rev, leaseUntilAtMs } = authority;
  if (!hasAuthority(turn.state, turn.nowMs)) return;
  take(turn, { kind: "lease", epoch, rev, untilAtMs: leaseUntilAtMs });
}

/** A promise of an epoch after which the peer took another one: it asked in that, and rests on it no more. */
export function closeOutlivedPromise(turn: Turn): void {
  const { record, witness } = turn.state;
  const promise = record?.promise ?? null;
  const seen = witness.seen?.record ?? null;
  if (promise === null || seen?.holder !== turn.context.peer || seen.epoch <= promise.epoch) return;
  const { epoch, round } = promise;
  store(
    turn,
    { promise: null, givenBack: { epoch, round }, epochSeen: seen.epoch },
    { purpose: "giveBack" },
  );
}

/**
 * The peer uses a higher epoch: so it is not bound by a round of a lower one, and neither is this region. That it was granted one
 * says nothing: an acquire that was given up may be done after the peer consented.
 */
export function closeOutlivedRound(turn: Turn): void {
  const { record, authority, witness } = turn.state;
  const open = record?.open ?? null;
  const seen = witness.seen?.record ?? null;
  if (open === null || seen === null || authority.kind !== "none") return;
  const { region, isUsed } = readNote(seen);
  // Guard: OutlivedWhenUsed.
  if (seen.epoch <= open.epoch || region !== turn.context.peer || !isUsed) return;
  store(turn, { open: null }, { purpose: "closeRound" });
}
