/**
 * Works out what a transition makes of parts, once for each pattern of their numbers and names, and looks it up from then on.
 * The work itself is done on objects, by the plain parts and so by the shipped reducer.
 */

import { tickMs } from "./do-move.ts";
import { letterForm, regionForm, witnessForm } from "./forms.ts";
import { type Joint, jointOf, modelNumbers, patternOf, type Term, termOf } from "./joint.ts";
import type { Rules } from "./local.ts";
import { normalRegion } from "./normal.ts";
import { type Numbered, numbered } from "./numbered.ts";
import { type PartTable, type Placed, partTable } from "./part-table.ts";
import type { LocalOutcome } from "./transition.ts";
import type { Budget, Letter, Region, Side, Witness } from "./world.ts";

export type Tables = {
  readonly region: PartTable<Region>;
  readonly witness: PartTable<Witness>;
  readonly letter: PartTable<Letter>;
};

/** A part of a result: its number in its table, and where its numbers and names come from. */
type Made = {
  readonly id: number;
  readonly terms: readonly Term[];
  /** Places among the names of the parts; those from there on are new. */
  readonly names: readonly number[];
};

export type Entry = {
  readonly region: Made;
  readonly letters: readonly Made[];
  readonly witness: Made | null;
  readonly budget: number;
  readonly broken: string | null;
  readonly reached: readonly string[];
  readonly relaxed: Term | null;
  readonly nameCount: number;
};

export type Worked = {
  readonly side: Side;
  readonly outcome: LocalOutcome<Region, Letter, Budget>;
  readonly witness: Witness | null;
};

export type Workshop = {
  readonly rules: Rules;
  readonly tables: Tables;
  readonly gaps: readonly number[];
  readonly budgets: Numbered<Budget>;
  readonly names: Numbered<string>;
  /** By what happens to which parts, and by the pattern of their numbers and names. */
  readonly entries: Map<number, Map<string | number, Entry>>;
  readonly count: { entries: number };
};

export function makeWorkshop(rules: Rules): Workshop {
  const { configuration } = rules;
  const { gaps } = configuration;
  const { ttlMs, clockRateErrorRatio, marginMs } = configuration.group.timing;
  // No age is compared with anything longer than a wish lives, twice the time to outwait; beyond it is one tick, and for good.
  const { takeOver = 0, takeOverFenced = 0, takeOverPromised = 0 } = configuration.faults;
  const times = takeOver + takeOverFenced + takeOverPromised > 0 ? 2 : 1;
  const horizonMs = times * (Math.ceil(ttlMs * (1 + 2 * clockRateErrorRatio)) + marginMs) + tickMs;
  const nowOf = ({ nowMs }: { readonly nowMs: number }): number => nowMs;
  const codec = witnessForm(configuration.witnessHasClock);
  const same = <T>(value: T): T => value;
  const normal = normalRegion(configuration);
  return {
    rules,
    tables: {
      region: partTable<Region>({ codec: regionForm, nowOf, horizonMs, normal, gaps }),
      witness: partTable<Witness>({ codec, nowOf, horizonMs, normal: same, gaps }),
      letter: partTable<Letter>({
        codec: letterForm,
        nowOf: () => 0,
        horizonMs: 0,
        normal: same,
        gaps,
      }),
    },
    gaps,
    budgets: numbered((budget) => JSON.stringify(budget)),
    names: numbered((name) => name),
    entries: new Map(),
    count: { entries: 0 },
  };
}

/** The result of what `key` names for this part, with where its numbers are found. */
export function lookUpOne<T>(
  workshop: Workshop,
  key: number,
  part: { readonly table: PartTable<T>; readonly placed: Placed },
  work: (value: T) => Worked,
): { readonly entry: Entry; readonly joint: Joint } {
  const joint = patternOf(part, workshop.gaps);
  const known = workshop.entries.get(key)?.get(joint.key);
  if (known !== undefined) return { entry: known, joint };
  const model = modelNumbers(joint, workshop.gaps);
  const value = rebuilt(part.table, part.placed, joint, model);
  return { entry: keep(workshop, key, joint, model, work(value)), joint };
}

/** The same for two parts that meet. */
export function lookUpTwo<T, U>(
  workshop: Workshop,
  key: number,
  first: { readonly table: PartTable<T>; readonly placed: Placed },
  second: { readonly table: PartTable<U>; readonly placed: Placed },
  work: (value: T, met: U) => Worked,
): { readonly entry: Entry; readonly joint: Joint } {
  const joint = jointOf(first, second, workshop.gaps);
  const known = workshop.entries.get(key)?.get(joint.key);
  if (known !== undefined) return { entry: known, joint };
  const model = modelNumbers(joint, workshop.gaps);
  const value = rebuilt(first.table, first.placed, joint, model);
  const met = rebuilt(second.table, second.placed, joint, model);
  return { entry: keep(workshop, key, joint, model, work(value, met)), joint };
}

/** The part with numbers and names that follow the pattern. */
function rebuilt<T>(
  table: PartTable<T>,
  placed: Placed,
  joint: Joint,
  model: readonly number[],
): T {
  const { kinds } = table.entry(placed.id);
  const numbers = placed.numbers.map((number, at) => {
    const place = joint.numbers.findIndex(
      (value, index) => value === number && joint.kinds[index] === kinds[at],
    );
    return model[place] ?? 0;
  });
  const names = placed.names.map((name) => `n${joint.names.indexOf(name)}`);
  return table.rebuilt(placed.id, numbers, names);
}

function keep(
  workshop: Workshop,
  key: number,
  joint: Joint,
  model: readonly number[],
  worked: Worked,
): Entry {
  const entry = entryOf(workshop, worked, model, joint);
  let patterns = workshop.entries.get(key);
  if (patterns === undefined) {
    patterns = new Map();
    workshop.entries.set(key, patterns);
  }
  patterns.set(joint.key, entry);
  workshop.count.entries += 1;
  return entry;
}

function entryOf(
  { tables, budgets }: Workshop,
  { side, outcome, witness }: Worked,
  model: readonly number[],
  { kinds, names: known }: Joint,
): Entry {
  const nameCount = known.length;
  const fresh: string[] = [];
  const made = <T>(table: PartTable<T>, of: Side, value: T): Made => {
    const { id, entry } = table.intern(of, value);
    const names = entry.names.map((name) => {
      const old = /^n(\d+)$/.exec(name);
      if (old !== null) return Number(old[1]);
      const at = fresh.indexOf(name);
      return nameCount + (at < 0 ? fresh.push(name) - 1 : at);
    });
    const terms = entry.numbers.map((number, at) =>
      termOf(entry.kinds[at] ?? 0, number, model, kinds),
    );
    return { id, terms, names };
  };
  const { region, letters, budget, broken, reached, relaxedEpoch } = outcome;
  return {
    region: made(tables.region, side, region),
    letters: letters.map((letter) => made(tables.letter, letter.from, letter)),
    witness: witness === null ? null : made(tables.witness, 0, witness),
    budget: budgets.idOf(budget),
    broken,
    reached,
    relaxed: relaxedEpoch === null ? null : termOf(0, relaxedEpoch, model, kinds),
    nameCount,
  };
}

const firstFreshName = 1_000_000;
let lastFreshName = firstFreshName;

/** New names for one use of a result; in the canonical form of the state they become small again. */
export function freshNames(): number {
  lastFreshName = lastFreshName > 1_000_000_000 ? firstFreshName : lastFreshName + 100;
  return lastFreshName;
}

export function numberOf({ place, plus }: Term, joint: Joint): number {
  return (place < 0 ? 0 : (joint.numbers[place] ?? 0)) + plus;
}

/** A part of a result, with the numbers and names of the state in which it came about. */
export function placedOf(made: Made, joint: Joint, nameCount: number, fresh: number): Placed {
  return {
    id: made.id,
    numbers: made.terms.map((term) => numberOf(term, joint)),
    names: made.names.map((at) => (at < nameCount ? (joint.names[at] ?? 0) : fresh + at)),
  };
}
