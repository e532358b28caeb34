/**
 * The envelope of the journal (DESIGN §4): append-only, hash-chained streams of typed events.
 * One stream per program and region; `seq` counts from 1 without gaps.
 */
import type { JsonObject } from "./json.ts";

export type NewEvent = {
  /** `area.whatHappened`, such as `dns.applied`; the closed list is `core/journal/event-types.ts`. */
  readonly type: string;
  readonly data: JsonObject;
  /** Appending a second event with the same key adds nothing and returns the first (workflow steps). */
  readonly key?: string;
};

export type JournalEvent = NewEvent & {
  readonly stream: string;
  readonly seq: number;
  readonly atMs: number;
  /** Hash of the event before it; 64 zeros before the first. */
  readonly prev: string;
  /** SHA-256, hex, over the canonical JSON of everything else in this envelope. */
  readonly hash: string;
};

export const noHash = "0".repeat(64);
