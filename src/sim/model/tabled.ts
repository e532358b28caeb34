/**
 * The parts of a state as numbers of tables: a state is a handful of small numbers, and each distinct thing that can happen to a
 * part is done by the shipped reducer once (workshop.ts).
 */

import type { Joint } from "./joint.ts";
import type { Rules } from "./local.ts";
import { handleableOf, type Move, movesOf } from "./move.ts";
import { numbered } from "./numbered.ts";
import type { Placed } from "./part-table.ts";
import { plainParts } from "./plain.ts";
import { type RegionFacts, regionFacts } from "./region-facts.ts";
import type { LocalOutcome, Parts } from "./transition.ts";
import {
  type Entry,
  freshNames,
  lookUpOne,
  lookUpTwo,
  makeWorkshop,
  numberOf,
  placedOf,
  type Workshop,
} from "./workshop.ts";
import { mayHappen, type Region, spent, type World, type WorldOf } from "./world.ts";

/** A budget by its number. */
export type TabledWorld = WorldOf<Placed, Placed, Placed, number>;
export type TabledParts = Parts<Placed, Placed, Placed, number> & {
  readonly workshop: Workshop;
  /** The state that stands for this one. */
  readonly placed: (world: World) => TabledWorld;
  /** A region with some numbers and names, for whoever has to look at it as a whole. */
  readonly regionOf: (placed: Placed) => Region;
};

type TabledOutcome = LocalOutcome<Placed, Placed, number> & { readonly witness: Placed };

export function tabledParts(rules: Rules): TabledParts {
  const workshop = makeWorkshop(rules);
  const { tables, budgets, names } = workshop;
  const plain = plainParts(rules);
  const codeOf = codes();
  const place = (input: {
    id: number;
    entry: { numbers: readonly number[]; names: readonly string[] };
  }): Placed => ({
    id: input.id,
    numbers: input.entry.numbers,
    names: input.entry.names.map(names.idOf),
  });
  /** What is known by these four; none of them is ever larger than its range here. */
  const keyOf = (what: number, first: number, second: number, budget: number): number => {
    const isInRange = what < 0x100 && first < 0x40000 && second < 0x8000 && budget < 0x1000;
    if (!isInRange) throw new Error("the configuration is too large for its tables");
    return ((first * 0x8000 + second) * 0x1000 + budget) * 0x100 + what;
  };
  const regionOf = ({ id }: Placed): Region => tables.region.entry(id).value;
  return {
    workshop,
    regionOf,
    facts: factsBy(workshop),
    ...listsBy(workshop),
    move(side, region, move, budget) {
      const key = keyOf(codeOf(move), region.id, 0, budget);
      const part = { table: tables.region, placed: region };
      const { entry, joint } = lookUpOne(workshop, key, part, (value) => ({
        side,
        outcome: plain.move(side, value, move, budgets.of(budget)),
        witness: null,
      }));
      return outcomeOf(entry, joint, region);
    },
    hear(side, region, letter, budget) {
      const key = keyOf(0, region.id, 1 + letter.id, budget);
      const first = { table: tables.region, placed: region };
      const second = { table: tables.letter, placed: letter };
      const { entry, joint } = lookUpTwo(workshop, key, first, second, (value, read) => ({
        side,
        outcome: plain.hear(side, value, read, budgets.of(budget)),
        witness: null,
      }));
      return outcomeOf(entry, joint, region);
    },
    handle(side, region, index, witness, budget) {
      const key = keyOf(1 + index, region.id, 1 + witness.id, budget);
      const first = { table: tables.region, placed: region };
      const second = { table: tables.witness, placed: witness };
      const { entry, joint } = lookUpTwo(workshop, key, first, second, (value, held) => {
        const outcome = plain.handle(side, value, index, held, budgets.of(budget));
        return { side, outcome, witness: outcome.witness };
      });
      return outcomeOf(entry, joint, witness);
    },
    ...witnessBy(workshop, plain),
    mayHappen: (budget, fault) => mayHappen(budgets.of(budget), fault),
    spend: (budget, fault) => budgets.idOf(spent(budgets.of(budget), fault)),
    senderOf: ({ id }) => tables.letter.entry(id).side,
    placed: ({ regions, witness, letters, budget, ...rest }) => ({
      regions: [
        place(tables.region.intern(0, regions[0])),
        place(tables.region.intern(1, regions[1])),
      ],
      witness: place(tables.witness.intern(0, witness)),
      letters: letters.map((letter) => place(tables.letter.intern(letter.from, letter))),
      budget: budgets.idOf(budget),
      ...rest,
    }),
  };
}

function outcomeOf(entry: Entry, joint: Joint, last: Placed): TabledOutcome {
  const { nameCount, budget, broken, reached, relaxed } = entry;
  const fresh = freshNames();
  const region = placedOf(entry.region, joint, nameCount, fresh);
  return {
    region,
    letters: entry.letters.map((letter) => placedOf(letter, joint, nameCount, fresh)),
    // Where the witness took no part, nobody asks for it.
    witness: entry.witness === null ? last : placedOf(entry.witness, joint, nameCount, fresh),
    budget,
    broken,
    reached,
    relaxedEpoch: relaxed === null ? null : numberOf(relaxed, joint),
  };
}

/** Moves by number: the same one is met as the same object again and again. */
function codes(): (move: Move) => number {
  const byForm = numbered<string>((text) => text);
  const byObject = new Map<Move, number>();
  return (move) => {
    const known = byObject.get(move);
    if (known !== undefined) return known;
    const code = byForm.idOf(JSON.stringify(move));
    byObject.set(move, code);
    return code;
  };
}

/** Facts of a region by its number; only its epochs depend on the state. */
function factsBy({ tables }: Workshop): TabledParts["facts"] {
  type Known = {
    readonly facts: RegionFacts;
    readonly authorityPlace: number;
    readonly knownPlace: number;
    readonly byEpochs: RegionFacts[];
  };
  const known: Known[] = [];
  return (side, { id, numbers }) => {
    let found = known[id];
    if (found === undefined) {
      const { value, numbers: own } = tables.region.entry(id);
      const facts = regionFacts(side, value);
      // Epochs come first among the numbers; 0 is not among them.
      const authorityPlace = facts.authority === null ? -1 : own.indexOf(facts.authority);
      const knownPlace = facts.known === 0 ? -1 : own.indexOf(facts.known);
      found = { facts, authorityPlace, knownPlace, byEpochs: [] };
      known[id] = found;
    }
    const { facts, authorityPlace, knownPlace, byEpochs } = found;
    const authority = authorityPlace < 0 ? null : (numbers[authorityPlace] ?? 0);
    const seen = knownPlace < 0 ? 0 : (numbers[knownPlace] ?? 0);
    const key = (authority ?? 0) * 64 + seen;
    const old = byEpochs[key];
    if (old !== undefined) return old;
    const made = { ...facts, authority, known: seen };
    byEpochs[key] = made;
    return made;
  };
}

function listsBy({
  tables,
  budgets,
  rules,
}: Workshop): Pick<TabledParts, "movesOf" | "handleableOf"> {
  const moves = new Map<number, readonly Move[]>();
  const calls = new Map<number, readonly number[]>();
  const once = <T>(known: Map<number, T>, id: number, budget: number, make: () => T): T => {
    const key = id * 4096 + budget;
    const old = known.get(key);
    if (old !== undefined) return old;
    const made = make();
    known.set(key, made);
    return made;
  };
  return {
    movesOf: (_side, { id }, budget) =>
      once(moves, id, budget, () =>
        movesOf(tables.region.entry(id).value, budgets.of(budget), rules.configuration),
      ),
    handleableOf: (_side, { id }, budget) =>
      once(calls, id, budget, () =>
        handleableOf(tables.region.entry(id).value, budgets.of(budget)),
      ),
  };
}

/** What only concerns the witness: its numbers stay as they are. */
function witnessBy(
  { tables, budgets }: Workshop,
  plain: ReturnType<typeof plainParts>,
): Pick<TabledParts, "tickWitness" | "strikeWitness" | "degradedEpoch"> {
  const ticked: number[] = [];
  return {
    tickWitness(witness) {
      const { id } = witness;
      ticked[id] ??= tables.witness.intern(0, plain.tickWitness(tables.witness.entry(id).value)).id;
      return { ...witness, id: ticked[id] ?? id };
    },
    strikeWitness(witness, fault, budget) {
      const { value } = tables.witness.entry(witness.id);
      const [after, left] = plain.strikeWitness(value, fault, budgets.of(budget));
      const { id, entry } = tables.witness.intern(0, after);
      // One that forgot has no numbers and names; one whose clock jumped has those that it had.
      const isEmpty = entry.numbers.length === 0;
      return [isEmpty ? { id, numbers: [], names: [] } : { ...witness, id }, budgets.idOf(left)];
    },
    degradedEpoch({ id, numbers }) {
      const { value, numbers: own } = tables.witness.entry(id);
      const epoch = plain.degradedEpoch(value);
      return epoch === null ? null : (numbers[own.indexOf(epoch)] ?? 0);
    },
  };
}
