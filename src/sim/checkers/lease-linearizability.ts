/**
 * Whether a concurrent history of leases could have come from one register that did one thing after another
 * (linearizability: Herlihy and Wing 1990). Every answer carries the revision of the record that it is about, so the order
 * of writes is known, and what a general search (Wing and Gong 1993) would have to find is only which writes of unknown
 * outcome stand at revisions that nobody saw; that search remembers the states it has been in (Lowe 2017). The rest is one
 * pass over the revisions: exact, and linear in the number of operations.
 */
import { applyLease } from "../../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { cheapestFill } from "./lease-gap.ts";
import type { LeaseOperation, LeaseViolation, LeaseViolationReason } from "./lease-history.ts";
import { sameRecord, type WitnessClock } from "./lease-transition.ts";

export type { WitnessClock } from "./lease-transition.ts";

/** A request by its id: wanted once and perhaps sent several times. */
type Wanted = {
  readonly reqId: string;
  readonly request: LeaseRequest;
  /** Those times that may have done it: they were told so, or told nothing. */
  readonly sent: readonly LeaseOperation[];
  /** When it can have been done at the earliest. */
  readonly firstSentAtMs: number;
};

type Report = (reason: LeaseViolationReason, rev: number, because: string) => void;

type Sights = {
  readonly records: ReadonlyMap<number, LeaseRecord>;
  /** Operations that were shown the record of a revision, whether they wrote it or not. */
  readonly shown: ReadonlyMap<number, readonly LeaseOperation[]>;
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly lastRev: number;
};

const sameReasonMax = 3;

/** Every way in which the history breaks the contract, three of a kind for each slot; empty when it is linearizable. */
export function checkLeaseHistory(
  operations: readonly LeaseOperation[],
  clock: WitnessClock,
): readonly LeaseViolation[] {
  const bySlot = new Map<string, LeaseOperation[]>();
  for (const operation of operations) {
    const list = bySlot.get(operation.slot);
    if (list === undefined) bySlot.set(operation.slot, [operation]);
    else list.push(operation);
  }
  return [...bySlot].flatMap(([slot, list]) => checkSlot(slot, list, clock));
}

function checkSlot(
  slot: string,
  operations: readonly LeaseOperation[],
  clock: WitnessClock,
): readonly LeaseViolation[] {
  const violations: LeaseViolation[] = [];
  const report: Report = (reason, rev, because) => {
    const already = violations.filter((violation) => violation.reason === reason).length;
    if (already < sameReasonMax) violations.push({ reason, slot, rev, because });
  };
  const sights = gather(slot, operations, report);
  checkEpochs(operations, report);
  for (const operation of operations) checkAnswer(operation, clock, report);
  const earliest = checkWrites(slot, sights, clock, report);
  checkAnsweredOnce(sights, report);
  checkOrder(sights, earliest, report);
  if (clock === "steady") checkEarly(sights, report);
  return violations;
}

/** The record that an operation was shown; undefined when it was shown none. */
export function recordOf({ outcome }: LeaseOperation): LeaseRecord | undefined {
  if (outcome.kind === "read") return outcome.record;
  return outcome.kind === "reply" ? outcome.reply.record : undefined;
}

/** Whether the operation says that it, and nobody before it, wrote the record. */
function wrote({ outcome }: LeaseOperation): boolean {
  return outcome.kind === "reply" && outcome.reply.ok && !outcome.reply.repeated;
}

function mayHaveWritten({ outcome }: LeaseOperation): boolean {
  return outcome.kind === "unknown" || (outcome.kind === "reply" && outcome.reply.ok);
}

function gather(slot: string, operations: readonly LeaseOperation[], report: Report): Sights {
  const records = new Map<number, LeaseRecord>([[0, emptyLease(slot)]]);
  const shown = new Map<number, LeaseOperation[]>();
  const sent = new Map<string, LeaseOperation[]>();
  let lastRev = 0;
  for (const operation of operations) {
    const { request } = operation;
    if (request !== null && mayHaveWritten(operation)) append(sent, request.reqId, operation);
    const record = recordOf(operation);
    if (record === undefined) continue;
    append(shown, record.rev, operation);
    lastRev = Math.max(lastRev, record.rev);
    const known = records.get(record.rev);
    if (known === undefined) records.set(record.rev, record);
    else if (!sameRecord(known, record)) {
      const because = `revision ${record.rev} was shown as ${words(known)} and as ${words(record)}`;
      report("TwoRecordsOneRevision", record.rev, because);
    }
  }
  const wanted = new Map<string, Wanted>();
  for (const [reqId, list] of sent) {
    const request = list[0]?.request;
    if (request === undefined || request === null) continue;
    const firstSentAtMs = Math.min(...list.map((operation) => operation.invokedAtMs));
    wanted.set(reqId, { reqId, request, sent: list, firstSentAtMs });
  }
  return { records, shown, wanted, lastRev };
}

function append<Key>(map: Map<Key, LeaseOperation[]>, key: Key, operation: LeaseOperation): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [operation]);
  else list.push(operation);
}

function words({ epoch, holder, reqId }: LeaseRecord): string {
  return `epoch ${epoch} of ${holder ?? "nobody"} by ${reqId ?? "no request"}`;
}

/** The headline, in its own words: no epoch twice, and none smaller than that of a grant that was known before. */
function checkEpochs(operations: readonly LeaseOperation[], report: Report): void {
  const grants = operations.flatMap((operation) => {
    const { request, outcome } = operation;
    const isGrant = request?.op === "acquire" && outcome.kind === "reply" && outcome.reply.ok;
    return isGrant ? [{ operation, request, record: outcome.reply.record }] : [];
  });
  const given = new Map<number, string>();
  for (const { request, record } of grants) {
    const other = given.get(record.epoch);
    given.set(record.epoch, request.reqId);
    if (other === undefined || other === request.reqId) continue;
    const because = `epoch ${record.epoch} was granted to ${other} and to ${request.reqId}`;
    report("EpochGivenTwice", record.rev, because);
  }
  const sent = [...grants].sort((a, b) => a.operation.invokedAtMs - b.operation.invokedAtMs);
  const answered = grants
    .filter(({ operation }) => wrote(operation))
    .sort((a, b) => a.operation.returnedAtMs - b.operation.returnedAtMs);
  let next = 0;
  let highest = 0;
  for (const { operation, record } of sent) {
    for (let one = answered[next]; one !== undefined; one = answered[++next]) {
      if (one.operation.returnedAtMs >= operation.invokedAtMs) break;
      highest = Math.max(highest, one.record.epoch);
    }
    if (!wrote(operation) || record.epoch > highest) continue;
    report("EpochWentBack", record.rev, `epoch ${record.epoch} was granted after ${highest}`);
  }
}

/** Whether the record that came with an answer justifies the answer. */
function checkAnswer(
  { request, outcome }: LeaseOperation,
  clock: WitnessClock,
  report: Report,
): void {
  if (request === null || outcome.kind !== "reply") return;
  const { reply } = outcome;
  const { record } = reply;
  if (reply.ok) {
    if (record.reqId === request.reqId) return;
    report("WrongAnswer", record.rev, `${request.reqId} was shown the record of another request`);
    return;
  }
  const codes = instants(record, clock).map((nowMs) => {
    const judged = applyLease(record, request, nowMs);
    return judged.ok ? "done" : judged.code;
  });
  if (codes.includes(reply.code)) return;
  const because = `${request.reqId} was refused as ${reply.code}, and the record says ${codes.join(" or ")}`;
  report("WrongAnswer", record.rev, because);
}

/** Clocks that a witness may have had when it judged: what matters is only whether the lease was live. */
function instants({ expiresAtMs }: LeaseRecord, clock: WitnessClock): readonly (number | null)[] {
  return clock === "none" ? [null] : [expiresAtMs - 1, Number.POSITIVE_INFINITY];
}

/** Every revision follows from the one before; gives when each can have been written at the earliest. */
function checkWrites(
  slot: string,
  { records, wanted, lastRev }: Sights,
  clock: WitnessClock,
  report: Report,
): ReadonlyMap<number, number> {
  const earliest = new Map<number, number>();
  const doneAt = new Map<string, number>();
  const unseen = unseenWrites(records, wanted);
  let before = emptyLease(slot);
  for (let rev = 1; rev <= lastRev; rev++) {
    const record = records.get(rev);
    if (record === undefined) continue;
    const want = record.reqId === null ? undefined : wanted.get(record.reqId);
    if (want === undefined) {
      report("NobodyWrote", rev, `nobody sent ${record.reqId ?? "what made it"}`);
    } else {
      const otherRev = doneAt.get(want.reqId);
      if (otherRev !== undefined) {
        report("DoneTwice", rev, `${want.reqId} was done at ${otherRev} and at ${rev}`);
      }
      doneAt.set(want.reqId, rev);
      const filled = cheapestFill({ before, record, want, unseen, clock });
      if (filled.kind === "wrong") report(filled.reason, rev, filled.because);
      else if (filled.atMs > Number.NEGATIVE_INFINITY) earliest.set(rev - 1, filled.atMs);
      earliest.set(rev, want.firstSentAtMs);
    }
    before = record;
  }
  return earliest;
}

/** What was sent, of unknown outcome, and never shown to anybody; by the revision that it would have made. */
function unseenWrites(
  records: ReadonlyMap<number, LeaseRecord>,
  wanted: ReadonlyMap<string, Wanted>,
): ReadonlyMap<number, readonly Wanted[]> {
  const seen = new Set([...records.values()].map((record) => record.reqId));
  const unseen = new Map<number, Wanted[]>();
  for (const want of wanted.values()) {
    if (seen.has(want.reqId)) continue;
    if (!want.sent.some(({ outcome }) => outcome.kind === "unknown")) continue;
    const rev = want.request.ifRev + 1;
    unseen.set(rev, [...(unseen.get(rev) ?? []), want]);
  }
  return unseen;
}

/**
 * Whether moments for all writes exist: each between being sent and being answered, in the order of revisions, and each
 * operation that was shown a revision between that one's moment and the next one's.
 */
function checkOrder(
  { shown, wanted, records, lastRev }: Sights,
  earliest: ReadonlyMap<number, number>,
  report: Report,
): void {
  // Not before this moment, and who says so: an operation that was still shown an older revision, or the sender.
  let notBefore = { atMs: Number.NEGATIVE_INFINITY, rev: 0, isSent: false };
  for (let rev = 1; rev <= lastRev; rev++) {
    const seenAtMs = latest(shown.get(rev - 1), (operation) => operation.invokedAtMs);
    if (seenAtMs > notBefore.atMs) notBefore = { atMs: seenAtMs, rev: rev - 1, isSent: false };
    const reqId = records.get(rev)?.reqId ?? "";
    const writers = wanted.get(reqId)?.sent.filter(wrote);
    const sentAtMs = Math.max(
      earliest.get(rev) ?? Number.NEGATIVE_INFINITY,
      latest(writers, (operation) => operation.invokedAtMs),
    );
    if (sentAtMs > notBefore.atMs) notBefore = { atMs: sentAtMs, rev, isSent: true };
    // Whoever was shown it, its writer too, was answered after it was written.
    const notAfterMs = -latest(shown.get(rev), (operation) => -operation.returnedAtMs);
    if (notBefore.atMs <= notAfterMs) continue;
    const atMs = notBefore.atMs;
    if (notBefore.isSent) {
      const because = `${rev} was shown at ${notAfterMs}, and ${notBefore.rev} sent at ${atMs}`;
      report("NobodyWrote", rev, because);
      return;
    }
    const seenLater = [...shown].some(
      ([other, list]) => other >= rev && list.some((operation) => operation.invokedAtMs > atMs),
    );
    const because = `revision ${rev} was shown until ${notAfterMs}, and ${notBefore.rev} again at ${atMs}`;
    report(seenLater ? "StaleRead" : "AcknowledgedWriteLost", rev, because);
    return; // Everything behind it follows from it.
  }
}

/** A request is done once, and only once answered as done for the first time. */
function checkAnsweredOnce({ wanted }: Sights, report: Report): void {
  for (const { reqId, sent } of wanted.values()) {
    const written = sent.length > 1 ? sent.filter(wrote) : [];
    if (written.length < 2) continue;
    const rev = Math.max(...written.map((operation) => recordOf(operation)?.rev ?? 0));
    report("DoneTwice", rev, `${reqId} was answered twice as done for the first time`);
  }
}

function latest(
  operations: readonly LeaseOperation[] | undefined,
  of: (operation: LeaseOperation) => number,
): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const operation of operations ?? []) found = Math.max(found, of(operation));
  return found;
}

/** A lease is not given to another before its TTL has passed since the renewal before was sent, but for a rounding. */
function checkEarly({ records, wanted, lastRev }: Sights, report: Report): void {
  const roundingMs = 2;
  for (let rev = 2; rev <= lastRev; rev++) {
    const [before, record] = [records.get(rev - 1), records.get(rev)];
    if (before === undefined || record === undefined || before.holder === null) continue;
    const taken = wanted.get(record.reqId ?? "");
    const held = wanted.get(before.reqId ?? "");
    if (taken?.request.op !== "acquire" || held === undefined) continue;
    const takenAtMs = -latest(taken.sent.filter(wrote), (operation) => -operation.returnedAtMs);
    const freeAtMs = held.firstSentAtMs + before.ttlMs - roundingMs;
    if (takenAtMs >= freeAtMs) continue;
    const because = `${taken.request.holder} was given it ${Math.round(freeAtMs - takenAtMs)} ms before it was free`;
    report("TakenEarly", rev, because);
  }
}
