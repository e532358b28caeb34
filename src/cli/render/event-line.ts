/** One event of a journal as one calm line: when, which, what, and the plain facts of it. Pure. */
import type { JournalEvent } from "../../core/kernel/event.ts";
import type { Json } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";

const longestFacts = 160;
const longestText = 60;

/** `2026-11-21 14:01:10.123Z  #42  dns.applied  zone=sovereign.test changes=3`, never longer than one line. */
export function eventLine(io: Pick<Io, "colour">, event: JournalEvent): string {
  const at = paint(io, "dim", instant(event.atMs));
  const seq = `#${event.seq}`.padEnd(6);
  return [at, seq, visible(event.type).padEnd(20), factsOf(event)].join("  ").trimEnd();
}

function instant(atMs: number): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return `${atMs} ms`; // A writer with a broken clock is still shown.
  return date.toISOString().replace("T", " ");
}

function factsOf(event: JournalEvent): string {
  const facts = Object.entries(event.data).map(
    ([name, value]) => `${visible(name)}=${brief(value)}`,
  );
  return shorten(facts.join(" "), longestFacts);
}

function brief(value: Json): string {
  if (typeof value === "string") {
    const text = visible(shorten(value, longestText));
    return /[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text;
  }
  if (Array.isArray(value)) return `[${value.length}]`;
  if (value === null || typeof value !== "object") return String(value);
  const { code } = value as { readonly code?: Json }; // A failure is told by its code; other objects by their size.
  return typeof code === "string" ? visible(code) : `{${Object.keys(value).length}}`;
}

/** The text without what moves a terminal's cursor or turns its writing around. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "�");
}

function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
