/**
 * What happens when nothing goes wrong any more: everything under way arrives at once and in order, what stands still is started,
 * and time passes. From every state that must lead to a region that serves, or to a stated need of a person.
 */
import type { Canon } from "./canonical.ts";
import type { Configuration } from "./configuration.ts";
import { quietMove } from "./move.ts";
import type { RegionFacts } from "./region-facts.ts";
import type { MakeVisit } from "./search.ts";
import { stateSet } from "./state-set.ts";
import type { TabledParts, TabledWorld } from "./tabled.ts";
import { type Action, messagesOf, type Parts, perform } from "./transition.ts";
import { isCut, lines, other, type Region, sides, type WorldOf } from "./world.ts";

/** Whether a region that lost its power comes back, and whether the witness answers, once faults have stopped. */
export type Quiet = { readonly powerReturns: boolean; readonly witnessAnswers: boolean };

/** The next thing to happen; `advance` when nothing else is left. `regionOf` gives a region as an object. */
export function quietAction<R, W, L, B>(
  world: WorldOf<R, W, L, B>,
  parts: Parts<R, W, L, B>,
  { powerReturns, witnessAnswers }: Quiet,
  regionOf: (region: R) => Region,
): Action {
  const { regions, cuts } = world;
  const line = lines.find((one) => isCut(cuts, one));
  if (line !== undefined) return { kind: "heal", line };
  for (const side of sides) {
    const peer = other(side);
    const mayReturn = powerReturns && !parts.facts(peer, regions[peer]).keepsPeerOff;
    const move = quietMove(regionOf(regions[side]), mayReturn);
    if (move !== null) return { kind: "move", side, move };
  }
  const message = messagesOf(world, parts).find(({ kind }) => witnessAnswers || kind === "deliver");
  if (message !== undefined) return message;
  return { kind: "advance", slow: null };
}

export function isServed([a, b]: readonly [RegionFacts, RegionFacts]): boolean {
  return a.isServing || b.isServing;
}

/** Judges states by their quiet future; it remembers which are known to end well. */
export function quietVisit(configuration: Configuration, quiet: Quiet, ticks: number): MakeVisit {
  return (parts, canon) => {
    const known = stateSet();
    return (world) => judge(world, { configuration, quiet, ticks, parts, canon, known });
  };
}

type Judge = {
  readonly configuration: Configuration;
  readonly quiet: Quiet;
  readonly ticks: number;
  readonly parts: TabledParts;
  readonly canon: Canon;
  readonly known: ReturnType<typeof stateSet>;
};

function judge(from: TabledWorld, by: Judge): string | null {
  const { configuration, quiet, ticks, parts, canon, known } = by;
  let world = from;
  let passed = 0;
  let talk = 0;
  for (;;) {
    const facts = sides.map((side) => parts.facts(side, world.regions[side]));
    if (facts.some(({ isServing }) => isServing)) return null;
    const action = quietAction(world, parts, quiet, parts.regionOf);
    if (action.kind === "advance") {
      const { low, high } = canon.form(world);
      if (!known.add(low, high)) return null;
      passed += 1;
      talk = 0;
      if (passed > ticks) {
        const needs = facts.map((one) => one.needs ?? "nothing").join(", ");
        // Without a person it can only end where somebody is needed.
        if (facts.some((one) => one.needs !== null)) return null;
        return `nobody serves ${ticks} ticks after the last fault (the regions need: ${needs})`;
      }
    } else talk += 1;
    if (talk > 200) return "the agents never come to rest";
    const outcome = perform(world, action, parts, configuration);
    if (outcome.broken !== null) return outcome.broken;
    world = outcome.world;
  }
}
