/** A region without the lease: watches it, and takes it when every rule allows (ADR 25, *Taking*). */
import type { Verdict } from "../kernel/verdict.ts";
import { retryMs, standbyPollMs } from "../lease/poll.ts";
import type { LeaseReply } from "../lease/request.ts";
import { approvalsFor } from "./approved.ts";
import { bindOwn, take, untilOf } from "./authority.ts";
import { judgeTakeOver, outwaitedAtMs } from "./gates.ts";
import { lossOf } from "./loss.ts";
import { noteOf, readNote } from "./note.ts";
import type { WitnessCall } from "./state.ts";
import { put, putWitness, type Turn } from "./turn.ts";
import { callWitness, onRecord } from "./witness-call.ts";

const dayMs = 86_400_000;
const maxFailovers = 8;

/** Watches, releases what it does not use, and tries to take over when it may. */
export function contend(turn: Turn): void {
  const { authority, data, witness, record } = turn.state;
  if (authority.kind !== "none" || witness.call !== null) return;
  const mine = witness.seen?.record ?? null;
  const isUnused =
    mine !== null && mine.holder === turn.context.self && mine.instance === turn.state.instance;
  const isDue = turn.nowMs >= witness.nextCallAtMs;
  // What was only just seen is used at once; what was refused or not answered is tried again at the pace of the polls.
  const isNews = witness.seen?.sinceAtMs === turn.nowMs && witness.silentSinceAtMs === null;
  if (isUnused && data.kind === "fenced") {
    if (isDue || isNews) release(turn, mine.epoch, mine.rev);
    return;
  }
  const isWorthwhile = isDue || isNews || !turn.isQuiet;
  const isJudged = isWorthwhile && data.kind === "fenced" && !decidesWithoutWitness(turn);
  if (isJudged && witness.seen !== null && record !== null) {
    const verdict = judgeTakeOver(turn.context, turn.state, turn.nowMs, turn.wallAtMs);
    say(turn, verdict);
    if (verdict.kind === "allowed" && (isDue || isNews)) {
      acquire(turn, record.epochSeen);
      return;
    }
  }
  if (isDue) callWitness(turn, null);
}

/** Whether the rules of a take-over without the witness are those that count now; they have their own verdict. */
function decidesWithoutWitness({ state: { wish, record } }: Turn): boolean {
  return (
    record?.promise?.policy === "peerArbiter" || (wish?.kind === "takeOver" && wish.withoutWitness)
  );
}

/** With authority of its own: back to a lease of the witness, after waiting like everybody. */
export function contendWithOwn(turn: Turn): void {
  const { authority, witness } = turn.state;
  if (authority.kind !== "own" || witness.call !== null || turn.nowMs < witness.nextCallAtMs)
    return;
  const { seen } = witness;
  const outwaited = outwaitedAtMs(turn.context, turn.state);
  const isFree =
    seen !== null &&
    witness.silentSinceAtMs === null &&
    (outwaited === null || turn.nowMs >= outwaited);
  const mine = seen?.record ?? null;
  const isGranted =
    mine?.holder === turn.context.self &&
    mine.instance === turn.state.instance &&
    mine.epoch > authority.epoch;
  if (isGranted) {
    // It was granted, and the answer was lost.
    const note = noteOf(turn.context, turn.state, { sync: readNote(mine).sync, isUsed: true });
    callWitness(turn, { op: "renew", epoch: mine.epoch, ifRev: mine.rev, note });
  } else if (isFree) {
    if (authority.leaseUntilAtMs === null) bindOwn(turn, turn.nowMs);
    acquire(turn, Math.max(authority.epoch, turn.state.record?.epochSeen ?? 0));
  } else {
    callWitness(turn, null);
  }
}

function acquire(turn: Turn, epochFloor: number): void {
  const { seen } = turn.state.witness;
  if (seen === null) return;
  const { context, state, wallAtMs } = turn;
  const hasPrecious = context.group.services.some(({ mayLose }) => mayLose === "nothing");
  const used = approvalsFor({ context, state, wallAtMs }, "failover", null).map(
    ({ nonce }) => nonce,
  );
  const note = noteOf(context, state, {
    // The peer's copy is not known to follow this region before it is measured.
    sync: hasPrecious ? "degraded" : "none",
    used: [...readNote(seen.record).used, ...used].slice(-maxFailovers),
  });
  // Guard: FloorAboveSeen. An epoch that was given without the witness is never given again.
  callWitness(turn, { op: "acquire", ifRev: seen.record.rev, epochFloor, note });
}

/** Gives the lease back at the witness; only with fenced data. */
export function release(turn: Turn, epoch: number, rev: number): void {
  const { self, peer } = turn.context;
  const isHandOver = turn.state.wish?.kind === "switchover";
  const note = noteOf(turn.context, turn.state, {
    sync: readNote(turn.state.witness.seen?.record ?? null).sync,
    region: self,
    handTo: isHandOver ? peer : null,
  });
  callWitness(turn, { op: "release", epoch, ifRev: rev, note });
}

/** The answer to an acquire of this process that was still waited for. */
export function onAcquired(turn: Turn, call: WitnessCall, reply: LeaseReply): void {
  const { context } = turn;
  const before = turn.state;
  const loss = lossOf(context, before);
  const { region } = readNote(before.witness.seen?.record ?? null);
  onRecord(turn, reply.record, call);
  putWitness(turn, { silentSinceAtMs: null, nextCallAtMs: turn.nowMs + pollMs(turn) });
  if (!reply.ok || reply.record.holder !== context.self) return;
  const { record, authority, data } = turn.state;
  const untilAtMs = untilOf(turn, call.sentAtMs);
  // Guard: LateReplyIsNothing. What was got too late is released, not used.
  if (turn.nowMs >= untilAtMs) return;
  const { epoch, rev } = reply.record;
  const isOwn = authority.kind === "own";
  // The answer to a renewal of the tenure before.
  if (isOwn && epoch <= authority.epoch) return;
  // Guard: PromiseBinds, NoRecordNoRight: judged again on what is known now.
  const isDisarmed = record?.armed !== true || turn.state.disarmedBecause.length > 0;
  const mayUse = record !== null && !isDisarmed && !record.unclear && record.promise === null;
  if (!isOwn && (!mayUse || data.kind !== "fenced")) return;
  take(turn, { kind: "lease", epoch, rev, untilAtMs });
  // Renewed soon: only a renewal says that the lease is used (guard OutlivedWhenUsed).
  putWitness(turn, { nextCallAtMs: turn.nowMs + retryMs(context.group.timing) });
  const said = readNote(reply.record).sync;
  put(turn, { sync: { ...turn.state.sync, recorded: said, wanted: said }, wish: null });
  const isTakenOver = region !== null && region !== context.self && !isOwn;
  if (isTakenOver) rememberFailover(turn, loss.kind === "something");
}

/** For the safety rules: how many there were, and when. */
export function rememberFailover(turn: Turn, lossy: boolean): void {
  const recent = turn.state.failovers.filter(({ atMs }) => turn.nowMs - atMs < dayMs);
  put(turn, { failovers: [...recent, { atMs: turn.nowMs, lossy }].slice(-maxFailovers) });
}

/** A reading of this process that was still waited for. */
export function onRead(turn: Turn): void {
  putWitness(turn, { silentSinceAtMs: null, nextCallAtMs: turn.nowMs + pollMs(turn) });
}

function pollMs(turn: Turn): number {
  const { seen } = turn.state.witness;
  const { timing } = turn.context.group;
  const isHeld = seen !== null && seen.record.holder !== null;
  return standbyPollMs(timing, isHeld ? turn.nowMs - seen.sinceAtMs : null);
}

/** Puts a judgement forward when it differs from the last one in more than its numbers. */
export function say(turn: Turn, verdict: Verdict): void {
  const { lastVerdict } = turn.state;
  const isSame =
    lastVerdict !== null &&
    lastVerdict.kind === verdict.kind &&
    lastVerdict.trace.length === verdict.trace.length &&
    lastVerdict.trace.every(({ rule, outcome }, index) => {
      const other = verdict.trace[index];
      return rule === other?.rule && outcome === other.outcome;
    });
  if (isSame) return;
  turn.verdict = verdict;
  // Without sentences: they hold moments, and two states that differ in nothing else are one.
  const trace = verdict.trace.map(({ rule, outcome }) => ({ rule, outcome, because: "" }));
  put(turn, { lastVerdict: { ...verdict, because: "", trace } });
}
