/** What the client's log tells as events: where one writer ends and the next begins, and where writes failed. */
import type { TimelineEvent } from "./ledger-evidence.ts";
import { acknowledgedOf, type LedgerWrite, writeOutcomeWords } from "./ledger-write.ts";

/** Failures that lie closer together than this are one event. */
const pauseMs = 2_000;

/** The events of a log, in the order of time. */
export function clientEvents(writes: readonly LedgerWrite[]): readonly TimelineEvent[] {
  return [...writerEvents(writes), ...failureEvents(writes)].sort((a, b) => a.atMs - b.atMs);
}

function writerEvents(writes: readonly LedgerWrite[]): readonly TimelineEvent[] {
  const acknowledged = acknowledgedOf(writes);
  return acknowledged.flatMap((write, at) => {
    const before = acknowledged[at - 1];
    const isNew = before?.region !== write.region || before.epoch !== write.epoch;
    if (!isNew) return [];
    const epoch = typeof write.epoch === "number" ? ` at epoch ${write.epoch}` : "";
    const began = event(
      write.endMs,
      "ledger.writer",
      `first acknowledgement of ${write.region}${epoch}`,
    );
    return before === undefined
      ? [began]
      : [event(before.endMs, "ledger.writer", `last acknowledgement of ${before.region}`), began];
  });
}

function failureEvents(writes: readonly LedgerWrite[]): readonly TimelineEvent[] {
  const failed = writes
    .filter(({ outcome }) => outcome !== "acknowledged")
    .toSorted((a, b) => a.sentMs - b.sentMs);
  const events: TimelineEvent[] = [];
  for (const [at, write] of failed.entries()) {
    const before = failed[at - 1];
    const after = failed[at + 1];
    const isFirst = before === undefined || write.sentMs - before.sentMs > pauseMs;
    const isLast = after === undefined || after.sentMs - write.sentMs > pauseMs;
    if (isFirst)
      events.push(
        event(write.sentMs, "ledger.failing", `writes fail: ${writeOutcomeWords[write.outcome]}`),
      );
    if (isLast && !isFirst)
      events.push(event(write.sentMs, "ledger.failing", "the last of them that failed"));
  }
  return events;
}

const event = (atMs: number, type: string, text: string): TimelineEvent => ({
  atMs,
  source: "client",
  type,
  text,
});
