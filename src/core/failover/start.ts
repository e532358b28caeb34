/** The first event of a process: what is remembered, and what a watchdog that never stopped still holds (ADR 25, *Restart*). */
import { fence } from "./authority.ts";
import type { AgentRecord, RecordCopy } from "./record.ts";
import type { Authority } from "./state.ts";
import { emit, emptyRecord, isSameRecord, put, store, type Turn } from "./turn.ts";
import type { Tenure } from "./watchdog.ts";

/** Begins fenced, unless the tenure of the process before it still runs. */
export function onStarted(turn: Turn, copies: readonly RecordCopy[], tenure: Tenure | null): void {
  const record = agreed(copies);
  put(turn, { record: record ?? forgotten(copies, tenure) });
  // Guard: LeftIsDurable. What is left of a memory is not left to one more loss.
  if (record === null && (turn.state.record?.epochSeen ?? 0) > 0)
    store(turn, {}, { purpose: "epoch" });
  // Guard: ResumeThroughWatchdog. At the old deadline, which only a renewal of this process moves.
  const isLive = record !== null && tenure !== null && turn.nowMs < tenure.untilAtMs;
  // A tenure below an epoch that is remembered was outlived.
  if (!isLive || tenure.epoch < record.epochSeen) {
    // Guard: WatchdogKeepsUntilFenced.
    if (tenure !== null) {
      const untilAtMs = Math.min(tenure.untilAtMs, turn.nowMs);
      emit(turn, { type: "setWatchdog", tenure: { ...tenure, untilAtMs } });
    }
    fence(turn, "it starts without a tenure");
    return;
  }
  const { epoch } = tenure;
  put(turn, {
    authority: resumed(tenure, record),
    // What is promoted already says so at once; nobody is asked to stop.
    data: {
      kind: "promoting",
      epoch,
      sinceAtMs: turn.nowMs,
      done: [],
      waiting: [],
      retryAtMs: null,
    },
  });
}

/** Guard: CopiesMustAgree. The record that every store has; null when one is missing, unreadable or differs. */
function agreed(copies: readonly RecordCopy[]): AgentRecord | null {
  let record: AgentRecord | null = null;
  for (const copy of copies) {
    if (copy.kind !== "present") return null;
    if (record !== null && !isSameRecord(record, copy.record)) return null;
    record = copy.record;
  }
  return record;
}

/**
 * What is left of memories that do not agree: nothing but that epochs, rounds and versions were at least so high, and that an
 * epoch was taken without the witness. An older version would not replace the newer one that a store may have.
 */
function forgotten(copies: readonly RecordCopy[], tenure: Tenure | null): AgentRecord {
  const records = copies.flatMap((copy) => (copy.kind === "present" ? [copy.record] : []));
  const most = (of: (record: AgentRecord) => number): number => Math.max(0, ...records.map(of));
  const isOwn = tenure?.kind === "own" || tenure?.kind === "ownAsked";
  const epochOwn = Math.max(
    isOwn ? tenure.epoch : 0,
    most((record) => record.epochOwn ?? 0),
  );
  return {
    ...emptyRecord,
    version: most(({ version }) => version),
    epochSeen: Math.max(
      tenure?.epoch ?? 0,
      most(({ epochSeen }) => epochSeen),
    ),
    epochOwn: epochOwn === 0 ? null : epochOwn,
    epochBeforeOwn: most(({ epochBeforeOwn }) => epochBeforeOwn),
    roundIssued: most(({ roundIssued }) => roundIssued),
  };
}

function resumed({ kind, epoch, rev, round, untilAtMs }: Tenure, record: AgentRecord): Authority {
  if (kind === "own" || kind === "ownAsked") {
    const leaseUntilAtMs = kind === "own" ? null : untilAtMs;
    return { kind: "own", by: "person", epoch, rev, leaseUntilAtMs, untilAtMs };
  }
  const { open } = record;
  const arbiterRound =
    kind === "granted" ? round : open?.policy === "peerArbiter" ? open.round : null;
  if (arbiterRound === null) return { kind: "lease", epoch, rev, untilAtMs };
  // The peer may be the arbiter: a renewal alone does not extend what it granted.
  return {
    kind: "granted",
    epoch,
    rev,
    round: arbiterRound,
    grantUntilAtMs: untilAtMs,
    leaseUntilAtMs: null,
    untilAtMs,
  };
}
