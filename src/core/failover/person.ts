/** What people ask of an agent; signatures were checked before (ADR 25, *People*). */
import { decide } from "../kernel/verdict.ts";
import { outwaitMs } from "../lease/timing.ts";
import type { Approval } from "./approval.ts";
import type { PersonWish } from "./event.ts";
import type { AgentRecord } from "./record.ts";
import { beginSwitchover } from "./switchover.ts";
import { put, store, type Turn } from "./turn.ts";

const maxApprovals = 8;

/** Takes in one wish; what can not be done now is refused by a verdict. */
export function onPersonSaid(turn: Turn, wish: PersonWish): void {
  const { record, authority } = turn.state;
  switch (wish.kind) {
    case "arm":
      if (record === null || record.unclear) refuse(turn, "HasRecord", "it has no record to arm");
      else if (!record.armed) write(turn, { armed: true }, "arm");
      else put(turn, { disarmedBecause: [] });
      return;
    case "disarm":
      // Counts at once; it becomes durable as soon as the record can be written.
      put(turn, { disarmedBecause: [wish.because], wish: null });
      return;
    case "rearm":
      // The person states that nothing promised is outstanding.
      if (record === null || record.unclear) {
        write(turn, { armed: true, unclear: false, ...withoutPromise(record) }, "arm");
      } else {
        refuse(turn, "HasRecord", "it remembers what it promised; arm it instead");
      }
      return;
    case "switchover":
      beginSwitchover(turn);
      return;
    case "takeOver": {
      const { withoutWitness, peerIsFenced } = wish;
      if (authority.kind !== "none") {
        refuse(turn, "HasAuthority", "this region has authority already");
        return;
      }
      if (record?.armed !== true || record.unclear || turn.state.disarmedBecause.length > 0) {
        // What a person states now need not be true any more when somebody arms this region.
        refuse(turn, "Armed", "this region is not armed, or has no record of what it promised");
        return;
      }
      if (withoutWitness && turn.state.pending !== null) {
        // What is being written may free the peer, and then what the person states of it is not enough.
        refuse(turn, "RecordIsBusy", "its record is being written; look again, and ask again");
        return;
      }
      put(turn, {
        wish: { kind: "takeOver", sinceAtMs: turn.nowMs, withoutWitness, peerIsFenced },
      });
      return;
    }
    case "closeRound":
      if (record !== null && record.open !== null && authority.kind === "none") {
        write(turn, { open: null }, "closeRound");
      } else {
        refuse(turn, "NothingToClose", "no round is open, or this region still has authority");
      }
      return;
  }
}

/** A re-armed region is bound by nothing that it promised before; a late question of it is not answered again. */
function withoutPromise(record: AgentRecord | null): Partial<AgentRecord> {
  const promise = record?.promise ?? null;
  if (promise === null) return {};
  return { promise: null, givenBack: { epoch: promise.epoch, round: promise.round } };
}

/** Drops a wish that nobody means any more: what a person stated was true then, and is not for ever. */
export function dropOldWish(turn: Turn): void {
  const { wish, witness, record } = turn.state;
  if (wish?.kind !== "takeOver") return;
  // Long enough for what it waits for: the last consent, or the lease.
  const isOld = turn.nowMs > wish.sinceAtMs + 2 * outwaitMs(turn.context.group.timing);
  const seen = witness.seen?.record ?? null;
  const isOther =
    seen?.holder === turn.context.peer && record !== null && seen.epoch > record.epochSeen;
  if (isOld || isOther) put(turn, { wish: null });
}

/** The peer's agent acts, whatever a person stated of it before: it has to be looked at again (guard StatementIsDoubted). */
export function doubtStatement(turn: Turn): void {
  const { wish } = turn.state;
  if (wish?.kind === "takeOver" && wish.withoutWitness) put(turn, { wish: null });
}

/** Makes a disarmament durable; tried again until it is. */
export function tendDisarmed(turn: Turn): void {
  const { record, disarmedBecause } = turn.state;
  if (disarmedBecause.length === 0 || record?.armed !== true) return;
  store(turn, { armed: false }, { purpose: "disarm" });
}

function write(turn: Turn, change: Partial<AgentRecord>, purpose: "arm" | "closeRound"): void {
  if (!store(turn, change, { purpose })) {
    refuse(turn, "RecordIsBusy", "its record is being written, or could not be written just now");
  } else if (purpose === "arm") {
    put(turn, { disarmedBecause: [], wish: null });
  }
}

function refuse(turn: Turn, rule: string, because: string): void {
  turn.verdict = decide([{ rule, evaluate: () => ({ outcome: "failed", because }) }], turn);
}

/** Keeps an approval while it can still count. */
export function onApproved(turn: Turn, approval: Approval): void {
  const { approvals } = turn.state;
  const others = approvals.filter(
    ({ nonce, expiresAtMs }) => nonce !== approval.nonce && expiresAtMs > turn.wallAtMs,
  );
  put(turn, { approvals: [...others, approval].slice(-maxApprovals) });
}
