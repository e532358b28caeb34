/** One event as one line of a journal's segment: its canonical JSON, so that one event has exactly one writing. */
import type { JournalEvent } from "../kernel/event.ts";
import { canonicalJson, type Json, type JsonObject } from "../kernel/json.ts";

export type ParsedLine =
  | { readonly kind: "event"; readonly event: JournalEvent }
  /** Not JSON, or JSON that is no event: what a torn write leaves. */
  | { readonly kind: "unparsable"; readonly reason: string }
  /** An event, but not as we write it: somebody else wrote here. */
  | { readonly kind: "foreign"; readonly reason: string };

/** The line of an event, without its line feed. */
export function renderLine(event: JournalEvent): string {
  return canonicalJson(event);
}

/** Reads one line, without its line feed; never throws. */
export function parseLine(text: string): ParsedLine {
  const value = parseJson(text);
  if (value === undefined) return { kind: "unparsable", reason: "the line is not JSON" };
  if (!isEvent(value)) return { kind: "unparsable", reason: "the line is not an event" };
  if (renderLine(value) !== text) {
    return { kind: "foreign", reason: "the event is not written in canonical JSON" };
  }
  return { kind: "event", event: value };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse gives JSON and nothing else.
  } catch {
    return undefined; // The caller says what is wrong with the line.
  }
}

const fields: ReadonlySet<string> = new Set([
  "type",
  "data",
  "key",
  "stream",
  "seq",
  "atMs",
  "prev",
  "hash",
]);
const hashPattern = /^[0-9a-f]{64}$/;

function isEvent(value: Json): value is JsonObject & JournalEvent {
  if (!isObject(value)) return false;
  const { type, data, key, stream, seq, atMs, prev, hash } = value as Partial<JsonObject>; // Fields are checked below.
  return (
    Object.keys(value).every((field) => fields.has(field)) &&
    typeof type === "string" &&
    isObject(data) &&
    (!Object.hasOwn(value, "key") || typeof key === "string") &&
    typeof stream === "string" &&
    Number.isSafeInteger(seq) &&
    typeof atMs === "number" &&
    isHash(prev) &&
    isHash(hash)
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHash(value: Json | undefined): boolean {
  return typeof value === "string" && hashPattern.test(value);
}
