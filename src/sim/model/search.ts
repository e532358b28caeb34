/** Visits every state that can be reached, nearest first, so that the first violation found is a shortest one. */
import { type Canon, makeCanon } from "./canonical.ts";
import { formQueue } from "./form-queue.ts";
import type { Rules } from "./local.ts";
import { stateSet } from "./state-set.ts";
import { type TabledParts, type TabledWorld, tabledParts } from "./tabled.ts";
import { actionsOf, perform } from "./transition.ts";
import type { World } from "./world.ts";

export type Limits = {
  /** Stops after this many states, and says so. */
  readonly states: number;
  /** Goes no farther than so many transitions from the first state. */
  readonly depth?: number;
  /** Called once in a while; true stops the search. */
  readonly progress?: (soFar: { readonly states: number; readonly depth: number }) => boolean;
};

/** A way from the first state to one that is wrong, by the hashes of the states. */
export type Violation = {
  readonly what: string;
  readonly hashes: readonly (readonly [number, number])[];
  readonly lastHash: readonly [number, number];
  /** How this search hashes a state. */
  readonly hashOf: (world: World) => readonly [number, number];
};

export type Search = {
  readonly states: number;
  readonly transitions: number;
  /** Transitions from the first state to the farthest. */
  readonly depth: number;
  /** Every reachable state was visited. */
  readonly isExhausted: boolean;
  readonly violation: Violation | null;
  /** In how many states, or transitions, each milestone was reached. */
  readonly reached: Readonly<Record<string, number>>;
  /** Distinct regions that occurred, and distinct things that happened to them. */
  readonly regions: number;
  readonly outcomes: number;
};

/** May object to a state for a reason that the properties do not see, such as that nobody will ever serve again. */
export type Visit = (world: TabledWorld) => string | null;
export type MakeVisit = (parts: TabledParts, canon: Canon) => Visit;

/** Breadth-first from `first`. */
export function search(first: World, rules: Rules, limits: Limits, makeVisit?: MakeVisit): Search {
  const { configuration } = rules;
  const parts = tabledParts(rules);
  const canon = makeCanon(parts.workshop);
  const visit = makeVisit?.(parts, canon);
  const seen = stateSet();
  const trail = trailOf();
  const queue = formQueue();
  const reached: Record<string, number> = {};
  const counts: number[] = [];
  let transitions = 0;
  let depth = 0;
  let violation: Violation | null = null;
  let isStopped = false;

  const meet = (world: TabledWorld, parent: number): boolean => {
    const { form, low, high } = canon.form(world);
    if (!seen.add(low, high)) return false;
    trail.add(parent, low, high);
    queue.push(form);
    for (const { id } of world.regions) counts[id] = (counts[id] ?? 0) + 1;
    return true;
  };
  const hashOf = (world: World): readonly [number, number] => {
    const { low, high } = canon.form(parts.placed(world));
    return [low, high];
  };
  meet(parts.placed(first), -1);
  let number = 0;
  let levelEnd = 1;
  for (; queue.size() > 0 && violation === null && !isStopped; number += 1) {
    if (number === levelEnd) {
      levelEnd = seen.size();
      depth += 1;
      if (depth === limits.depth) break;
    }
    const world = canon.read(queue.shift());
    for (const action of actionsOf(world, parts, configuration)) {
      const outcome = perform(world, action, parts, configuration);
      transitions += 1;
      for (const milestone of outcome.reached) reached[milestone] = (reached[milestone] ?? 0) + 1;
      const isNew = meet(outcome.world, number);
      const what = outcome.broken ?? (isNew ? (visit?.(outcome.world) ?? null) : null);
      if (what === null) continue;
      const { low, high } = canon.form(outcome.world);
      violation = { what, hashes: trail.to(number), lastHash: [low, high], hashOf };
      break;
    }
    isStopped = seen.size() >= limits.states;
    if ((number & 0x3fff) === 0 && limits.progress !== undefined) {
      isStopped ||= limits.progress({ states: seen.size(), depth });
    }
  }
  const { region } = parts.workshop.tables;
  counts.forEach((count, id) => {
    const { side } = region.entry(id);
    for (const milestone of parts.facts(side, { id, numbers: [], names: [] }).milestones) {
      reached[milestone] = (reached[milestone] ?? 0) + count;
    }
  });
  return {
    states: seen.size(),
    transitions,
    depth,
    isExhausted: violation === null && queue.size() === 0,
    violation,
    reached,
    regions: region.size(),
    outcomes: parts.workshop.count.entries,
  };
}

/** Where each state was first reached from. */
function trailOf(): {
  readonly add: (parent: number, low: number, high: number) => void;
  readonly to: (number: number) => readonly (readonly [number, number])[];
} {
  let columns = new Int32Array(3 << 12);
  let count = 0;
  return {
    add(parent, low, high) {
      if (3 * count + 3 > columns.length) {
        const longer = new Int32Array(columns.length * 2);
        longer.set(columns);
        columns = longer;
      }
      columns[3 * count] = parent;
      columns[3 * count + 1] = low;
      columns[3 * count + 2] = high;
      count += 1;
    },
    to(number) {
      const hashes: [number, number][] = [];
      for (let at = number; at >= 0; at = columns[3 * at] ?? -1) {
        hashes.push([columns[3 * at + 1] ?? 0, columns[3 * at + 2] ?? 0]);
      }
      return hashes.reverse();
    },
  };
}
