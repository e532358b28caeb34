/**
 * Parts of states by number. A part is known by its form: all that is fixed in it, and which of its numbers and names are equal or
 * greater. What the numbers are in a state is kept beside it, so that a part is judged once and not in every state it occurs in.
 */
import { type Codec, kindCount, type Renamer, type Sink } from "./codec.ts";
import type { Side } from "./world.ts";

/** A part in a state: its number in the table, its distinct numbers, by kind and rising (0 is not among them), and its names. */
export type Placed = {
  readonly id: number;
  readonly numbers: readonly number[];
  readonly names: readonly number[];
};

export type PartEntry<T> = {
  readonly value: T;
  readonly side: Side;
  /** The kind of each of its distinct numbers. */
  readonly kinds: readonly number[];
  /** Whether it has numbers of which more than the order counts. */
  readonly isGapped: boolean;
  /** The numbers of `value`, laid out as in `Placed`. */
  readonly numbers: readonly number[];
  readonly names: readonly string[];
};

export interface PartTable<T> {
  /** The number of the part, and the numbers and names of this very value. */
  intern(side: Side, value: T): { readonly id: number; readonly entry: PartEntry<T> };
  entry(id: number): PartEntry<T>;
  /** The part with these numbers and names instead of its own. */
  rebuilt(id: number, numbers: readonly number[], names: readonly string[]): T;
  readonly size: () => number;
}

const words = new Map<string, number>();

function codeOf(word: string): number {
  const known = words.get(word);
  if (known !== undefined) return known;
  words.set(word, words.size + 1);
  return words.size;
}

export type PartRules<T> = {
  readonly codec: Codec<T>;
  /** The present that its instants are relative to. */
  readonly nowOf: (value: T) => number;
  /** What is farther in the past is all the same. */
  readonly horizonMs: number;
  /** Leaves out what is of no consequence. */
  readonly normal: (value: T) => T;
  /** By kind: gaps from this on are not told apart. */
  readonly gaps: readonly number[];
};

/** A table of one kind of part. */
export function partTable<T>(rules: PartRules<T>): PartTable<T> {
  const { codec, normal, gaps } = rules;
  const ids = new Map<string, number>();
  const entries: PartEntry<T>[] = [];
  const entryOf = (id: number): PartEntry<T> => {
    const entry = entries[id];
    if (entry === undefined) throw new Error(`no part ${id}`);
    return entry;
  };
  return {
    intern(side, given) {
      const value = normal(given);
      const { key, ...rest } = writtenForm(rules, side, value);
      const known = ids.get(key);
      const isGapped = rest.kinds.some((kind) => gaps[kind] !== 1);
      const entry = { value, side, isGapped, ...rest };
      if (known !== undefined) return { id: known, entry };
      entries.push(entry);
      ids.set(key, entries.length - 1);
      return { id: entries.length - 1, entry };
    },
    entry: entryOf,
    rebuilt(id, numbers, names) {
      const entry = entryOf(id);
      return codec.rename(entry.value, renamerOf(entry, numbers, names), entry.side);
    },
    size: () => entries.length,
  };
}

type Written = {
  readonly key: string;
  readonly kinds: readonly number[];
  readonly numbers: readonly number[];
  readonly names: readonly string[];
};

function writtenForm<T>({ codec, nowOf, horizonMs }: PartRules<T>, side: Side, value: T): Written {
  const nowMs = nowOf(value);
  const fixed: number[] = [side];
  const met: number[] = [];
  const names: string[] = [];
  const sink: Sink = {
    plain: (plain) => void fixed.push(plain),
    word: (word) => void fixed.push(codeOf(word)),
    number(kind, number) {
      fixed.push(-1 - kind);
      met.push(kind, number);
    },
    name(name) {
      let at = names.indexOf(name);
      if (at < 0) at = names.push(name) - 1;
      fixed.push(-100 - at);
    },
    instant: (atMs) => void fixed.push(Math.max(-horizonMs, atMs - nowMs)),
    deadline: (atMs) => void fixed.push(Math.max(0, atMs - nowMs)),
  };
  codec.write(value, sink, side);
  const distinct = Array.from({ length: kindCount }, (): number[] => []);
  for (let index = 0; index < met.length; index += 2) {
    const values = distinct[met[index] ?? 0] ?? [];
    const number = met[index + 1] ?? 0;
    if (number !== 0 && !values.includes(number)) values.push(number);
  }
  for (const values of distinct) values.sort((a, b) => a - b);
  // Which of its distinct numbers stands where; 0 is always itself.
  for (let index = 0; index < met.length; index += 2) {
    fixed.push((distinct[met[index] ?? 0] ?? []).indexOf(met[index + 1] ?? 0));
  }
  const kinds = distinct.flatMap((values, kind) => values.map(() => kind));
  return { key: fixed.join(), kinds, numbers: distinct.flat(), names };
}

function renamerOf(
  { kinds, numbers, names }: Pick<Written, "kinds" | "numbers" | "names">,
  toNumbers: readonly number[],
  toNames: readonly string[],
): Renamer {
  return {
    number(kind, value) {
      if (value === 0) return 0;
      const at = numbers.findIndex((number, index) => number === value && kinds[index] === kind);
      if (at < 0) throw new Error(`the part has no number ${value} of kind ${kind}`);
      return toNumbers[at] ?? 0;
    },
    name: (value) => toNames[names.indexOf(value)] ?? value,
  };
}
