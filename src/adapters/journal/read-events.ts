/** Reads a journal's events, by number, from the end, or as they come; needs no lock and disturbs no writer. */
import type { Clock, Signal } from "../../control/env.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import type { Position } from "./scan.ts";
import { listSegments, type Segment } from "./segments.ts";
import { corrupt, journalStart, walk } from "./walk.ts";

/** Events from number `fromSeq` on, as far as they are complete now. Fails with NotFound or JournalCorrupt. */
export async function* readEvents(folder: string, fromSeq = 1): AsyncGenerator<JournalEvent> {
  const from = positionBefore(await listSegments(folder), fromSeq);
  for await (const { event } of eventsFrom(folder, from)) {
    if (event.seq >= fromSeq) yield event;
  }
}

export type Follow = {
  readonly clock: Clock;
  readonly signal: Signal;
  /** How long to wait before looking for new events again. */
  readonly pollMs: number;
};

/** As `readEvents`, and then every new event, until the signal aborts. */
export async function* followEvents(
  folder: string,
  fromSeq: number,
  { clock, signal, pollMs }: Follow,
): AsyncGenerator<JournalEvent> {
  let position = positionBefore(await listSegments(folder), fromSeq);
  while (!signal.aborted) {
    for await (const { event, after } of eventsFrom(folder, position)) {
      position = after;
      if (event.seq >= fromSeq) yield event;
      if (signal.aborted) return;
    }
    await clock.sleep(pollMs, signal);
  }
}

/** The last `count` events for which `wanted` holds, oldest first, and the number that comes after the last event. */
export async function lastEvents(
  folder: string,
  count: number,
  wanted: (event: JournalEvent) => boolean,
): Promise<{ readonly events: readonly JournalEvent[]; readonly nextSeq: number }> {
  let events: JournalEvent[] = [];
  const segments = [...(await listSegments(folder))].reverse();
  let nextSeq = segments[0]?.firstSeq ?? 1; // A segment that was begun and holds no event yet.
  for (const [index, segment] of segments.entries()) {
    const endSeq = segments[index - 1]?.firstSeq;
    const ofSegment: JournalEvent[] = [];
    for await (const event of readEvents(folder, segment.firstSeq)) {
      if (endSeq !== undefined && event.seq >= endSeq) break;
      nextSeq = Math.max(nextSeq, event.seq + 1);
      if (wanted(event)) ofSegment.push(event);
    }
    events = [...ofSegment, ...events];
    if (events.length >= count) break;
  }
  return { events: count === 0 ? [] : events.slice(-count), nextSeq };
}

/** The beginning of the segment that holds event `seq`. */
function positionBefore(segments: readonly Segment[], seq: number): Position {
  const holder = segments.findLast((segment) => segment.firstSeq <= seq);
  if (holder === undefined || holder.firstSeq === 1) return journalStart;
  return { firstSeq: holder.firstSeq, offset: 0, line: 0, head: undefined, stream: undefined };
}

async function* eventsFrom(
  folder: string,
  from: Position,
): AsyncGenerator<{ readonly event: JournalEvent; readonly after: Position }> {
  for await (const { segment, finding } of walk(folder, from)) {
    if (finding.kind === "incomplete") return;
    if (finding.kind === "broken") {
      throw corrupt(folder, segment, finding.at.line + 1, finding.reason);
    }
    yield finding;
  }
}
