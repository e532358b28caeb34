/** The canonical form of a whole state: numbers by rank across all parts, names by first occurrence, letters in a fixed order. */
import { kindCount } from "./codec.ts";
import type { Placed } from "./part-table.ts";
import type { TabledWorld } from "./tabled.ts";
import type { Workshop } from "./workshop.ts";

/** A state as small numbers; `readForm` is its inverse, but for what the numbers were before. */
export type Form = Uint16Array;

export interface Canon {
  /** The canonical form of the state, valid until the next call, and its hash. */
  form(world: TabledWorld): { readonly form: Form; readonly low: number; readonly high: number };
  read(form: Form): TabledWorld;
}

const maxLength = 1024;
/** More distinct numbers of one kind than any state has. */
const maxOfKind = 32;

/** The distinct numbers of a state by kind, rising, and their ranks. */
type Ranks = {
  readonly values: Int32Array;
  readonly ranks: Int32Array;
  readonly counts: Int32Array;
};

export function makeCanon({ tables, gaps }: Workshop): Canon {
  const scratch = new Uint16Array(maxLength);
  const ranks: Ranks = {
    values: new Int32Array(kindCount * maxOfKind),
    ranks: new Int32Array(kindCount * maxOfKind),
    counts: new Int32Array(kindCount),
  };
  const known = new Int32Array(64);
  const answer = { form: scratch, low: 0, high: 0 };
  return {
    form(world) {
      const parts = partsOf(world);
      ranks.counts.fill(0);
      for (let index = 0; index < parts.length; index += 1) {
        const part = parts[index] as Placed; // The index is below the length.
        meetAll(ranks, part.numbers, tableOf(tables, index).entry(part.id).kinds);
      }
      meet(ranks, 0, world.granted.epoch);
      rankAll(ranks, gaps);
      scratch[0] = parts.length;
      scratch[1] = world.budget;
      scratch[2] = rankOf(ranks, 0, world.granted.epoch);
      scratch[3] = world.granted.side ?? 2;
      scratch[4] = world.cuts;
      let end = 5;
      let nameCount = 0;
      for (let index = 0; index < parts.length; index += 1) {
        const { id, numbers, names } = parts[index] as Placed; // The index is below the length.
        const { kinds } = tableOf(tables, index).entry(id);
        scratch[end] = id & 0xffff;
        scratch[end + 1] = id >>> 16;
        end += 2;
        for (let at = 0; at < numbers.length; at += 1) {
          scratch[end] = rankOf(ranks, kinds[at] ?? 0, numbers[at] ?? 0);
          end += 1;
        }
        for (let at = 0; at < names.length; at += 1) {
          const name = names[at] ?? 0;
          let place = 0;
          while (place < nameCount && known[place] !== name) place += 1;
          if (place === nameCount) {
            known[nameCount] = name;
            nameCount += 1;
          }
          scratch[end] = place;
          end += 1;
        }
      }
      answer.form = scratch.subarray(0, end);
      hash(answer.form, answer);
      return answer;
    },
    read: (form) => read(form, tables),
  };
}

function meetAll(ranks: Ranks, numbers: readonly number[], kinds: readonly number[]): void {
  for (let at = 0; at < numbers.length; at += 1) meet(ranks, kinds[at] ?? 0, numbers[at] ?? 0);
}

function meet({ values, counts }: Ranks, kind: number, value: number): void {
  if (value === 0) return;
  const first = kind * maxOfKind;
  const count = counts[kind] ?? 0;
  let place = first + count;
  while (place > first && (values[place - 1] ?? 0) > value) place -= 1;
  if (place > first && values[place - 1] === value) return;
  for (let at = first + count; at > place; at -= 1) values[at] = values[at - 1] ?? 0;
  values[place] = value;
  counts[kind] = count + 1;
}

function rankAll({ values, ranks, counts }: Ranks, gaps: readonly number[]): void {
  for (let kind = 0; kind < kindCount; kind += 1) {
    const first = kind * maxOfKind;
    const end = first + (counts[kind] ?? 0);
    const longest = gaps[kind] ?? 1;
    let rank = 0;
    let before = 0;
    for (let at = first; at < end; at += 1) {
      const value = values[at] ?? 0;
      rank += Math.min(longest, value - before);
      before = value;
      ranks[at] = rank;
    }
  }
}

function rankOf({ values, ranks }: Ranks, kind: number, value: number): number {
  if (value === 0) return 0;
  let at = kind * maxOfKind;
  while (values[at] !== value) at += 1;
  return ranks[at] ?? 0;
}

function partsOf({ regions, witness, letters }: TabledWorld): readonly Placed[] {
  const parts = [regions[0], regions[1], witness];
  const sorted = letters.length < 2 ? letters : letters.toSorted(byForm);
  for (const letter of sorted) parts.push(letter);
  return parts;
}

function byForm(a: Placed, b: Placed): number {
  if (a.id !== b.id) return a.id - b.id;
  for (let at = 0; at < a.numbers.length; at += 1) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

type Tables = Workshop["tables"];
const tableOf = (
  tables: Tables,
  index: number,
): Tables["region"] | Tables["witness"] | Tables["letter"] =>
  index < 2 ? tables.region : index === 2 ? tables.witness : tables.letter;

function hash(form: Form, into: { low: number; high: number }): void {
  let low = 0x1b873593 ^ form.length;
  let high = 0x165667b1;
  for (let at = 0; at < form.length; at += 1) {
    const value = form[at] ?? 0;
    low = Math.imul(low ^ value, 0x9e3779b1);
    low ^= low >>> 15;
    high = Math.imul(high ^ (value + 0x7f4a7c15), 0x85ebca6b);
    high ^= high >>> 13;
  }
  low = Math.imul(low ^ (high >>> 16), 0xc2b2ae35);
  high = Math.imul(high ^ (low >>> 13), 0x27d4eb2f);
  into.low = low ^ (low >>> 16);
  into.high = high ^ (high >>> 15);
}

function read(form: Form, tables: Tables): TabledWorld {
  let at = 0;
  const next = (): number => form[at++] ?? 0;
  const count = next();
  const budget = next();
  const epoch = next();
  const side = next();
  const cuts = next();
  const parts: Placed[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = next() + next() * 0x10000;
    const { kinds, names } = tableOf(tables, index).entry(id);
    const numbers: number[] = [];
    for (let n = 0; n < kinds.length; n += 1) numbers.push(next());
    const places: number[] = [];
    for (let n = 0; n < names.length; n += 1) places.push(next());
    parts.push({ id, numbers, names: places });
  }
  const [first, second, witness, ...letters] = parts;
  if (first === undefined || second === undefined || witness === undefined) {
    throw new Error("a state has two regions and a witness");
  }
  return {
    regions: [first, second],
    witness,
    letters,
    budget,
    granted: { epoch, side: side === 0 || side === 1 ? side : null },
    cuts,
  };
}
