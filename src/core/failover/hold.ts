/** The holder at the witness: renews, believes answers only in time, and lets go at once when told so (ADR 25, *Holding*). */
import type { LeaseReply } from "../lease/request.ts";
import { endAuthority, type LiveAuthority, take, untilOf } from "./authority.ts";
import { noteOf } from "./note.ts";
import type { Authority, WitnessCall } from "./state.ts";
import { forgetRecorded } from "./sync.ts";
import { put, putPeer, putWitness, type Turn } from "./turn.ts";
import { callWitness, onRecord } from "./witness-call.ts";

/** An authority that a renewal can extend. */
type Renewable = Extract<Authority, { readonly kind: "lease" | "sticky" | "granted" }>;

/** Sends the renewal when it is due. */
export function renewWhenDue(turn: Turn): void {
  const { authority, witness, sync } = turn.state;
  if (authority.kind === "none" || authority.kind === "own") return;
  if (witness.call !== null || turn.nowMs < witness.nextCallAtMs) return;
  const note = noteOf(turn.context, turn.state, { sync: sync.wanted, isUsed: true });
  forgetRecorded(turn);
  callWitness(turn, { op: "renew", epoch: authority.epoch, ifRev: authority.rev, note });
}

/** The answer to a renewal of this process that was still waited for. */
export function onRenewed(turn: Turn, call: WitnessCall, reply: LeaseReply): void {
  const { authority } = turn.state;
  const { self } = turn.context;
  onRecord(turn, reply.record, call);
  putWitness(turn, { silentSinceAtMs: null });
  // Guard: LateReplyIsNothing. Authority that is over is not revived; `endWhatIsOver` came before this.
  if (turn.state.authority.kind === "none" || authority.kind === "none") return;
  if (authority.kind === "own") return;
  if (!reply.ok && reply.code === "stale") {
    const { record } = reply;
    const isOurs = record.holder === self && record.epoch === authority.epoch;
    if (isOurs) put(turn, { authority: { ...authority, rev: record.rev } });
    if (isOurs) putWitness(turn, { nextCallAtMs: turn.nowMs });
    else endAuthority(turn, "the witness shows another holder");
    return;
  }
  // Guard: LostFences.
  if (!reply.ok || reply.record.holder !== self || reply.record.epoch !== authority.epoch) {
    endAuthority(turn, "the witness says that the lease is lost");
    return;
  }
  confirmed(turn, authority, reply.record.rev, untilOf(turn, call.sentAtMs));
  noteConfirmed(turn, call);
  const { renewEveryMs } = turn.context.group.timing;
  const { recorded, wanted } = turn.state.sync;
  // What changed while the request was under way is told at once: writes may be waiting for it.
  const nextCallAtMs = recorded === wanted ? call.sentAtMs + renewEveryMs : turn.nowMs;
  putWitness(turn, { nextCallAtMs });
}

/** A renewal that the witness confirmed and that gives authority until then. */
function confirmed(turn: Turn, authority: Renewable, rev: number, leaseUntilAtMs: number): void {
  const { record, peer } = turn.state;
  const { epoch } = authority;
  if (turn.nowMs >= leaseUntilAtMs) {
    if (authority.kind !== "lease") put(turn, { authority: { ...authority, rev } });
    return;
  }
  const hasOpenRound = record !== null && record.open !== null;
  // From here on the lease counts again; the peer may be told so (guard ResumeOnLiveLease).
  if (hasOpenRound && !peer.isGivingBack)
    putPeer(turn, { isGivingBack: true, nextSendAtMs: turn.nowMs });
  const policy = record?.open?.policy ?? null;
  const next: LiveAuthority =
    authority.kind === "granted"
      ? {
          ...authority,
          rev,
          leaseUntilAtMs,
          // Guard: HandBackIsJoint. The peer may be free of the round already, or not yet.
          untilAtMs: Math.min(authority.grantUntilAtMs, leaseUntilAtMs),
        }
      : { kind: "lease", epoch, rev, untilAtMs: capped(turn, policy, leaseUntilAtMs) };
  take(turn, next);
}

/** Guard: JointCap. A peer that was asked to be the arbiter may have become it, until it says that it is free. */
function capped(turn: Turn, policy: string | null, untilAtMs: number): number {
  const { capAtMs } = turn.state.peer;
  return policy === "peerArbiter" && capAtMs !== null ? Math.min(untilAtMs, capAtMs) : untilAtMs;
}

/** What the witness confirmed of the standby's state counts from here on. */
function noteConfirmed(turn: Turn, call: WitnessCall): void {
  const said = call.request?.note["sync"];
  if (said === "in_sync" || said === "degraded" || said === "none") {
    put(turn, { sync: { ...turn.state.sync, recorded: said } });
  }
}
