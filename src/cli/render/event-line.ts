/** One event of a journal as one calm line: when, which, what, and the plain facts of it. Pure. */
import { factsOf, visible } from "../../core/journal/event-facts.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { type Io, paint } from "../io.ts";

/** `2026-11-21 14:01:10.123Z  #42  dns.applied  zone=sovereign.test changes=3`, never longer than one line. */
export function eventLine(io: Pick<Io, "colour">, event: JournalEvent): string {
  const at = paint(io, "dim", instant(event.atMs));
  const seq = `#${event.seq}`.padEnd(6);
  return [at, seq, visible(event.type).padEnd(20), factsOf(event.data)].join("  ").trimEnd();
}

function instant(atMs: number): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return `${atMs} ms`; // A writer with a broken clock is still shown.
  return date.toISOString().replace("T", " ");
}
