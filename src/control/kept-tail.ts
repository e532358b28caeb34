/** A journal whose newest events are also kept in memory, for screens. */
import { factsOf } from "../core/journal/event-facts.ts";
import type { Journal } from "./env.ts";

export type TailLine = { readonly atMs: number; readonly type: string; readonly text: string };

export type KeptTail = {
  readonly journal: Journal;
  /** Newest last. */
  tail(): readonly TailLine[];
};

/** Keeps the newest `length` events that became durable, after those that are given. */
export function keptTail(journal: Journal, length: number, before: readonly TailLine[]): KeptTail {
  let tail = before.slice(-length);
  return {
    tail: () => tail,
    journal: {
      async append(event) {
        const written = await journal.append(event);
        const { atMs, type, data } = written;
        tail = [...tail, { atMs, type, text: factsOf(data) }].slice(-length);
        return written;
      },
    },
  };
}
