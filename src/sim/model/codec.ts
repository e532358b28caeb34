/**
 * How parts of the model's state are compared. States that differ only by a shift of a clock, or by the names of epochs, revisions,
 * rounds, numbers of messages, versions and identifiers, behave alike, because the reducer only compares these, takes the greater
 * and adds 1. A codec writes a value as what is fixed and what is a number or a name of a kind, and can exchange the latter.
 */
import type { Side } from "./world.ts";

/** The kinds of numbers. The two regions number rounds, messages and versions apart. */
export const kinds = {
  epoch: 0,
  rev: 1,
  roundOfA: 2,
  roundOfB: 3,
  seqOfA: 4,
  seqOfB: 5,
  versionOfA: 6,
  versionOfB: 7,
} as const;
export const kindCount = 8;

/** Takes down one value, field by field. The order of the calls is part of the form. */
export interface Sink {
  plain(value: number): void;
  word(value: string): void;
  number(kind: number, value: number): void;
  name(value: string): void;
  /** Distance from the present; everything at or beyond the horizon in the past is the same. */
  instant(atMs: number): void;
  /** Distance from the present; everything that is over is the same. */
  deadline(atMs: number): void;
}

/** Exchanges numbers and names. */
export interface Renamer {
  number(kind: number, value: number): number;
  name(value: string): string;
}

export type Codec<T> = {
  readonly write: (value: T, sink: Sink, side: Side) => void;
  readonly rename: (value: T, renamer: Renamer, side: Side) => T;
};

type Table<T> = { readonly [K in keyof Required<T>]: Codec<T[K]> };

/** An object field by field, in the order of the table. A field that the table lacks does not compile. */
export function fields<T extends object>(table: Table<T>): Codec<T> {
  // The table has exactly the keys of T, each with the codec of its own type.
  const keys = Object.keys(table) as unknown as readonly (keyof T)[];
  const codecs = Object.values(table) as unknown as readonly Codec<T[keyof T]>[]; // Likewise.
  const count = keys.length;
  return {
    write(value, sink, side) {
      for (let index = 0; index < count; index += 1) {
        const key = keys[index] as keyof T; // The index is below the count.
        codecs[index]?.write(value[key], sink, side);
      }
    },
    rename(value, renamer, side) {
      const result = { ...value };
      for (let index = 0; index < count; index += 1) {
        const key = keys[index] as keyof T; // The index is below the count.
        const codec = codecs[index];
        if (codec !== undefined) result[key] = codec.rename(value[key], renamer, side);
      }
      return result;
    },
  };
}

/** A closed union, told apart by one field. */
export function variants<T extends object, Tag extends keyof T>(
  tag: Tag,
  cases: { readonly [K in T[Tag] & string]: Codec<Extract<T, { readonly [P in Tag]: K }>> },
): Codec<T> {
  const of = (value: T): Codec<T> =>
    // The case named by the tag is the codec of just this member of the union.
    (cases as unknown as Record<string, Codec<T>>)[String(value[tag])] ?? unknownCase(value);
  return {
    write(value, sink, side) {
      sink.word(String(value[tag]));
      of(value).write(value, sink, side);
    },
    rename: (value, renamer, side) => of(value).rename(value, renamer, side),
  };
}

function unknownCase(value: unknown): never {
  throw new Error(`the model has no form for ${JSON.stringify(value)}`);
}

export function orNull<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write(value, sink, side) {
      sink.plain(value === null ? 0 : 1);
      if (value !== null) codec.write(value, sink, side);
    },
    rename: (value, renamer, side) => (value === null ? null : codec.rename(value, renamer, side)),
  };
}

export function listOf<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    write(values, sink, side) {
      sink.plain(values.length);
      for (const value of values) codec.write(value, sink, side);
    },
    rename: (values, renamer, side) => values.map((value) => codec.rename(value, renamer, side)),
  };
}

function fixed<T>(write: (value: T, sink: Sink) => void): Codec<T> {
  return { write, rename: (value) => value };
}

function numbered(kindOf: (side: Side) => number): Codec<number> {
  return {
    write: (value, sink, side) => sink.number(kindOf(side), value),
    rename: (value, renamer, side) => renamer.number(kindOf(side), value),
  };
}

export const word: Codec<string> = fixed((value, sink) => sink.word(value));
export const flag: Codec<boolean> = fixed((value, sink) => sink.plain(value ? 1 : 0));
export const plain: Codec<number> = fixed((value, sink) => sink.plain(value));
export const instant: Codec<number> = fixed((value, sink) => sink.instant(value));
/** One that is only asked whether it is over. */
export const deadline: Codec<number> = fixed((value, sink) => sink.deadline(value));
/** Only whether there is one is ever asked. */
export const presence: Codec<number | null> = fixed((value, sink) =>
  sink.plain(value === null ? 0 : 1),
);
/** Compared by its JSON; it holds neither numbers that are ranked nor names nor instants. */
export const json: Codec<unknown> = fixed((value, sink) => sink.word(JSON.stringify(value)));
/** It can make no difference to what happens next, for the reason given where it is used. */
export const nothing: Codec<unknown> = fixed(() => undefined);

export const name: Codec<string> = {
  write: (value, sink) => sink.name(value),
  rename: (value, renamer) => renamer.name(value),
};
export const epoch = numbered(() => kinds.epoch);
export const rev = numbered(() => kinds.rev);
/** Of the region whose part it is, and of its peer. */
export const ownRound = numbered((side) => (side === 0 ? kinds.roundOfA : kinds.roundOfB));
export const peersRound = numbered((side) => (side === 0 ? kinds.roundOfB : kinds.roundOfA));
export const ownSeq = numbered((side) => (side === 0 ? kinds.seqOfA : kinds.seqOfB));
export const peersSeq = numbered((side) => (side === 0 ? kinds.seqOfB : kinds.seqOfA));
export const version = numbered((side) => (side === 0 ? kinds.versionOfA : kinds.versionOfB));
