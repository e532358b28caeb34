/**
 * What a person is about to state of a region's peer, beside what that peer's own agent says (ADR 25, Assumptions). The swarm's people keep to
 * the same rules (`src/sim/failover-people.ts`).
 */
import type { PersonWish } from "./event.ts";
import type { OpenRound } from "./record.ts";
import type { FailoverStatus, PersonNeed } from "./status.ts";

/** Orders that rest on a person's word about the peer. */
export type Statement = "rearm" | "closeRound" | "peerIsFenced" | "takeOver";

/** Of a region's status, as its agent says it. */
export type StatedOf = Pick<FailoverStatus, "self" | "authority" | "epochSeen"> & {
  readonly openRound: OpenRound | null;
  readonly promise: OpenRound | null;
  readonly isTakingOver: boolean;
  readonly witness: { readonly epoch: number | null };
  readonly needs: readonly Pick<PersonNeed, "reason">[];
};

type Both = {
  /** Of the region that the order is for; null while it does not answer. */
  readonly status: StatedOf | null;
  readonly peer: StatedOf | null;
};

/** What an order states of the peer; null when it states nothing. */
export function statementOf(wish: PersonWish): Statement | null {
  switch (wish.kind) {
    case "rearm":
    case "closeRound":
      return wish.kind;
    case "takeOver":
      // On a promise alone too, the peer must not be one that goes on with it.
      return wish.withoutWitness ? "peerIsFenced" : "takeOver";
    default:
      return null;
  }
}

/** Why the statement is not true as far as the peer's agent says; null when nothing speaks against it, or that agent does not answer. */
export function statementDoubt(statement: Statement, { status, peer }: Both): string | null {
  if (peer === null) return null;
  if (peer.isTakingOver) {
    return `people told ${peer.self} to take over without the witness, and stated that this region stays fenced`;
  }
  switch (statement) {
    case "takeOver":
      return null;
    case "rearm":
      return rearmDoubt(peer);
    case "closeRound":
      return hasAuthority(peer) ?? mayBegin(peer) ?? unknownEpoch(status, peer);
    case "peerIsFenced":
      return hasAuthority(peer) ?? (isBound(status, peer) ? null : runs(peer));
  }
}

/** Beside a lease the witness stands; anything else may rest on what was forgotten. */
function rearmDoubt(peer: StatedOf): string | null {
  if (peer.authority.kind !== "lease") return hasAuthority(peer) ?? mayBegin(peer);
  if (peer.openRound === null) return mayBegin(peer);
  return `${peer.self} asked this region to stand back, and a late answer may still give it that`;
}

function hasAuthority({ self, authority: { kind, epoch } }: StatedOf): string | null {
  if (kind === "none") return null;
  return `${self} has the right to write, by ${kind} authority at epoch ${epoch ?? "?"}`;
}

/** An arbiter takes over by itself when what it granted has run out; one that forgot everything is none. */
function mayBegin({ self, promise, needs }: StatedOf): string | null {
  const hasForgotten = needs.some(({ reason }) => reason === "NoRecord");
  if (promise?.policy !== "peerArbiter" || hasForgotten) return null;
  return `${self} is the arbiter of a round, and may take over by itself`;
}

function unknownEpoch(status: StatedOf | null, peer: StatedOf): string | null {
  const known = Math.max(status?.epochSeen ?? 0, status?.witness.epoch ?? 0);
  const theirs = peer.epochSeen ?? 0;
  return theirs <= Math.max(known, peer.witness.epoch ?? 0)
    ? null
    : `${peer.self} knows of epoch ${theirs}, and neither this region nor the witness does`;
}

/** By its own open round, the very one that this region's promise answers. */
function isBound(status: StatedOf | null, { openRound }: StatedOf): boolean {
  const promise = status?.promise ?? null;
  return (
    promise !== null && openRound?.epoch === promise.epoch && openRound.round === promise.round
  );
}

function runs({ self }: StatedOf): string {
  return `the agent of ${self} runs and is not bound: it may take the lease as soon as the witness answers it`;
}
