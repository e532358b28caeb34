/**
 * Several parts together: which of their numbers and names are the same, and how far apart they lie. What a transition does to
 * parts depends on nothing else, so it is worked out once for each such pattern.
 */
import { kindCount } from "./codec.ts";
import type { Placed } from "./part-table.ts";

export type Joint = {
  /** Tells patterns of the same parts apart. */
  readonly key: string | number;
  /** All distinct numbers, by kind and rising, and the kind of each. */
  readonly numbers: readonly number[];
  readonly kinds: readonly number[];
  readonly names: readonly number[];
};

export type Part = {
  readonly table: {
    entry(id: number): { readonly kinds: readonly number[]; readonly isGapped: boolean };
  };
  readonly placed: Placed;
};

/** The pattern of one part: its numbers rise and its names differ already, so only the gaps are new. */
export function patternOf({ table, placed }: Part, gaps: readonly number[]): Joint {
  const { kinds, isGapped } = table.entry(placed.id);
  const { numbers, names } = placed;
  return { key: isGapped ? gapKey(numbers, kinds, gaps) : 0, numbers, kinds, names };
}

/** The pattern of two parts. */
export function jointOf(first: Part, second: Part, gaps: readonly number[]): Joint {
  const a = first.table.entry(first.placed.id).kinds;
  const b = second.table.entry(second.placed.id).kinds;
  const numbers: number[] = [];
  const kinds: number[] = [];
  let places = "";
  let i = 0;
  let j = 0;
  // Both are in order of kind and number: one pass merges them and says where each comes from.
  while (i < a.length || j < b.length) {
    const order = compared(first.placed, a, i, second.placed, b, j);
    const [of, at] = order <= 0 ? [first.placed, i] : [second.placed, j];
    numbers.push(of.numbers[at] ?? 0);
    kinds.push((order <= 0 ? a : b)[at] ?? 0);
    places += order === 0 ? "=" : order < 0 ? "<" : ">";
    if (order <= 0) i += 1;
    if (order >= 0) j += 1;
  }
  const names = [...first.placed.names];
  for (const name of second.placed.names) {
    let at = names.indexOf(name);
    if (at < 0) at = names.push(name) - 1;
    places += String.fromCharCode(97 + at);
  }
  return { key: `${places}${gapKey(numbers, kinds, gaps)}`, numbers, kinds, names };
}

function compared(
  first: Placed,
  a: readonly number[],
  i: number,
  second: Placed,
  b: readonly number[],
  j: number,
): number {
  if (i >= a.length) return 1;
  if (j >= b.length) return -1;
  const byKind = (a[i] ?? 0) - (b[j] ?? 0);
  return byKind === 0 ? (first.numbers[i] ?? 0) - (second.numbers[j] ?? 0) : byKind;
}

/** The gaps between neighbours of the same kind, where more than their order counts. */
function gapKey(
  numbers: readonly number[],
  kinds: readonly number[],
  gaps: readonly number[],
): number {
  let key = 0;
  for (let at = 0; at < numbers.length; at += 1) {
    const longest = gaps[kinds[at] ?? 0] ?? 1;
    if (longest === 1) continue;
    const gap = (numbers[at] ?? 0) - (kinds[at - 1] === kinds[at] ? (numbers[at - 1] ?? 0) : 0);
    // Up to a dozen numbers of at most 9 gaps fit exactly.
    key = key * 10 + Math.min(longest, gap);
  }
  return key;
}

/** Numbers with the same pattern, the gaps cut to what is told apart. */
export function modelNumbers({ numbers, kinds }: Joint, gaps: readonly number[]): number[] {
  const model: number[] = [];
  let before = 0;
  let modelBefore = 0;
  numbers.forEach((value, at) => {
    if (kinds[at] !== kinds[at - 1]) {
      before = 0;
      modelBefore = 0;
    }
    modelBefore += Math.min(gaps[kinds[at] ?? 0] ?? 1, value - before);
    before = value;
    model.push(modelBefore);
  });
  return model;
}

/** A number of a result: that of the parts at `place` (−1 is 0) and `plus` more. */
export type Term = { readonly place: number; readonly plus: number };

/** An epoch that a region takes without the witness (`core/failover/own-epoch.ts`). */
const ownPlus = [1_000, 1_001];

/** How a number of a result came from those of the parts. */
export function termOf(
  kind: number,
  number: number,
  model: readonly number[],
  kinds: readonly number[],
): Term {
  for (const plus of [0, 1, 2, ...ownPlus]) {
    const place = model.findIndex((value, at) => kinds[at] === kind && value === number - plus);
    if (place >= 0) return { place, plus };
    if (number === plus) return { place: -1, plus };
  }
  throw new Error(`the number ${number} of kind ${kind} of ${kindCount} came from nowhere`);
}
