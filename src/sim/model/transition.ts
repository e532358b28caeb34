/**
 * The transitions of the model over both regions, the witness and the messages between them. They are written once, over parts that
 * are either objects (plain.ts) or stand for them (tabled.ts).
 */
import type { Configuration, Fault } from "./configuration.ts";
import type { Move } from "./move.ts";
import type { RegionFacts } from "./region-facts.ts";
import {
  isCut,
  type Line,
  lines,
  nameOf,
  other,
  type Side,
  sides,
  toPeer,
  toWitness,
  type WorldOf,
} from "./world.ts";

export type Action = {
  /** It comes out of its turn, and that is one of the delays that are allowed. */
  readonly isDelayed?: true;
} & (
  | { readonly kind: "advance"; readonly slow: Side | null }
  | { readonly kind: "move"; readonly side: Side; readonly move: Move }
  /** The witness takes in a request; its answer is under way, or known at once. */
  | { readonly kind: "handle"; readonly side: Side; readonly index: number }
  /** An agent takes in a message of its peer; `again` leaves a copy under way. */
  | { readonly kind: "deliver"; readonly index: number; readonly again: boolean }
  | { readonly kind: "loseLetter"; readonly index: number }
  | { readonly kind: "cut" | "heal"; readonly line: Line }
  | { readonly kind: "witness"; readonly fault: "witnessStep" | "witnessReset" }
);

export type LocalOutcome<R, L, B> = {
  readonly region: R;
  readonly letters: readonly L[];
  readonly budget: B;
  readonly broken: string | null;
  readonly reached: readonly string[];
  readonly relaxedEpoch: number | null;
};

/** How parts are moved; regions, witness, letters and budgets are opaque here. */
export interface Parts<R, W, L, B> {
  facts(side: Side, region: R): RegionFacts;
  movesOf(side: Side, region: R, budget: B): readonly Move[];
  handleableOf(side: Side, region: R, budget: B): readonly number[];
  move(side: Side, region: R, move: Move, budget: B): LocalOutcome<R, L, B>;
  hear(side: Side, region: R, letter: L, budget: B): LocalOutcome<R, L, B>;
  handle(
    side: Side,
    region: R,
    index: number,
    witness: W,
    budget: B,
  ): LocalOutcome<R, L, B> & { readonly witness: W };
  tickWitness(witness: W): W;
  strikeWitness(witness: W, fault: "witnessStep" | "witnessReset", budget: B): readonly [W, B];
  /** The epoch at which the witness knows that commits need not wait; null when it does not. */
  degradedEpoch(witness: W): number | null;
  mayHappen(budget: B, fault: Fault): boolean;
  spend(budget: B, fault: Fault): B;
  senderOf(letter: L): Side;
}

export type Outcome<Wld> = {
  readonly world: Wld;
  readonly broken: string | null;
  readonly reached: readonly string[];
};

type Draft<R, W, L, B> = {
  regions: [R, R];
  witness: W;
  letters: readonly L[];
  budget: B;
  granted: WorldOf<R, W, L, B>["granted"];
  cuts: number;
  broken: string | null;
  reached: readonly string[];
};

const steadily = { kind: "advance", isSlow: false } as const;
const slowly = { kind: "advance", isSlow: true } as const;

/** Everything that may happen next. */
export function actionsOf<R, W, L, B>(
  world: WorldOf<R, W, L, B>,
  parts: Parts<R, W, L, B>,
  configuration: Configuration,
): readonly Action[] {
  const { regions, budget, cuts } = world;
  const inTurn: Action[] = [...messagesOf(world, parts), { kind: "advance", slow: null }];
  const [first, ...others] = inTurn;
  const actions: Action[] = [];
  if (configuration.losesFreely) actions.push(...inTurn);
  else {
    // What is under way arrives in turn and before a tick passes, but for so many delays.
    if (first !== undefined) actions.push(first);
    if (parts.mayHappen(budget, "delay")) {
      for (const action of others) actions.push({ ...action, isDelayed: true });
    }
  }
  for (const side of sides) {
    if (parts.mayHappen(budget, "slowClock")) actions.push({ kind: "advance", slow: side });
    const peer = parts.facts(other(side), regions[other(side)]);
    const { known } = parts.facts(side, regions[side]);
    const isNewest = known >= world.granted.epoch;
    for (const move of parts.movesOf(side, regions[side], budget)) {
      if (move.kind !== "answer" && isTrue(move, peer, isNewest))
        actions.push({ kind: "move", side, move });
    }
  }
  addOddities(actions, world, parts, configuration);
  for (const fault of ["witnessStep", "witnessReset"] as const) {
    if (parts.mayHappen(budget, fault)) actions.push({ kind: "witness", fault });
  }
  for (const line of lines) {
    if (isCut(cuts, line)) actions.push({ kind: "heal", line });
    else if (parts.mayHappen(budget, "cut")) actions.push({ kind: "cut", line });
  }
  return actions;
}

/** What is under way and can arrive, in the order in which it does when nothing is in the way. */
export function messagesOf<R, W, L, B>(
  { regions, letters, budget, cuts }: WorldOf<R, W, L, B>,
  parts: Parts<R, W, L, B>,
): readonly Action[] {
  const actions: Action[] = [];
  for (const side of sides) {
    if (isCut(cuts, toWitness(side))) continue;
    for (const move of parts.movesOf(side, regions[side], budget)) {
      if (move.kind === "answer") actions.push({ kind: "move", side, move });
    }
  }
  for (const side of sides) {
    if (isCut(cuts, toWitness(side))) continue;
    for (const index of parts.handleableOf(side, regions[side], budget)) {
      actions.push({ kind: "handle", side, index });
    }
  }
  letters.forEach((letter, index) => {
    const from = parts.senderOf(letter);
    const reader = other(from);
    if (isCut(cuts, toPeer(from)) || !parts.facts(reader, regions[reader]).isAwake) return;
    actions.push({ kind: "deliver", index, again: false });
  });
  return actions;
}

/** Messages that arrive twice, and those that give way where the lines are full. */
function addOddities<R, W, L, B>(
  actions: Action[],
  world: WorldOf<R, W, L, B>,
  parts: Parts<R, W, L, B>,
  { lettersInFlight }: Configuration,
): void {
  const { letters, budget } = world;
  if (parts.mayHappen(budget, "duplicate")) {
    for (const action of messagesOf(world, parts)) {
      if (action.kind === "deliver") actions.push({ ...action, again: true });
    }
  }
  // Below the limit a message that never arrives is as good as a lost one.
  if (letters.length < lettersInFlight) return;
  letters.forEach((_, index) => {
    actions.push({ kind: "loseLetter", index });
  });
}

/** People state only what is true when they say it, and keep it so. */
function isTrue(move: Move, peer: RegionFacts, isNewest: boolean): boolean {
  if (move.kind === "powerOn") return !peer.keepsPeerOff;
  if (move.kind !== "fault") return true;
  switch (move.fault) {
    case "takeOverFenced":
      // They approve the epoch that they saw; where another one is known it is void.
      return peer.isOff && isNewest;
    case "takeOverPromised":
      return peer.isSilent && isNewest;
    case "closeRound":
    case "rearm":
      return peer.isOff;
    default:
      return true;
  }
}

/** The state after the action, and the property that it broke, if any. */
export function perform<R, W, L, B>(
  world: WorldOf<R, W, L, B>,
  action: Action,
  parts: Parts<R, W, L, B>,
  configuration: Configuration,
): Outcome<WorldOf<R, W, L, B>> {
  const { regions, witness, letters, budget, granted, cuts } = world;
  const draft: Draft<R, W, L, B> = {
    regions: [regions[0], regions[1]],
    witness,
    letters,
    budget,
    granted,
    cuts,
    broken: null,
    reached: [],
  };
  if (action.isDelayed === true) draft.budget = parts.spend(budget, "delay");
  act(draft, action, parts, configuration);
  judge(draft, world, parts);
  const { broken, reached, ...rest } = draft;
  return { world: rest, broken, reached };
}

function act<R, W, L, B>(
  draft: Draft<R, W, L, B>,
  action: Action,
  parts: Parts<R, W, L, B>,
  configuration: Configuration,
): void {
  const take = (side: Side, outcome: LocalOutcome<R, L, B>): void =>
    settle(draft, side, outcome, parts, configuration);
  switch (action.kind) {
    case "advance":
      if (action.slow !== null) draft.budget = parts.spend(draft.budget, "slowClock");
      draft.witness = parts.tickWitness(draft.witness);
      for (const side of sides) {
        const move = side === action.slow ? slowly : steadily;
        take(side, parts.move(side, draft.regions[side], move, draft.budget));
      }
      return;
    case "move": {
      const { side, move } = action;
      take(side, parts.move(side, draft.regions[side], move, draft.budget));
      return;
    }
    case "handle": {
      const { side, index } = action;
      const region = draft.regions[side];
      const outcome = parts.handle(side, region, index, draft.witness, draft.budget);
      draft.witness = outcome.witness;
      take(side, outcome);
      return;
    }
    case "deliver": {
      const letter = draft.letters[action.index];
      if (letter === undefined) return;
      if (action.again) draft.budget = parts.spend(draft.budget, "duplicate");
      else draft.letters = draft.letters.toSpliced(action.index, 1);
      const side = other(parts.senderOf(letter));
      take(side, parts.hear(side, draft.regions[side], letter, draft.budget));
      return;
    }
    case "loseLetter":
      draft.letters = draft.letters.toSpliced(action.index, 1);
      return;
    case "cut":
      draft.budget = parts.spend(draft.budget, "cut");
      draft.cuts |= 1 << action.line;
      return;
    case "heal":
      draft.cuts &= ~(1 << action.line);
      return;
    case "witness": {
      const [witness, budget] = parts.strikeWitness(draft.witness, action.fault, draft.budget);
      draft.witness = witness;
      draft.budget = budget;
      return;
    }
  }
}

function settle<R, W, L, B>(
  draft: Draft<R, W, L, B>,
  side: Side,
  outcome: LocalOutcome<R, L, B>,
  parts: Parts<R, W, L, B>,
  { lettersInFlight, faults }: Configuration,
): void {
  draft.regions[side] = outcome.region;
  draft.budget = outcome.budget;
  draft.broken ??= outcome.broken;
  if (outcome.reached.length > 0) draft.reached = [...draft.reached, ...outcome.reached];
  if (outcome.letters.length > 0 && !isCut(draft.cuts, toPeer(side))) {
    // A full line loses what is new; what is older may be lost at any time before.
    draft.letters = [...draft.letters, ...outcome.letters].slice(
      0,
      Math.max(lettersInFlight, draft.letters.length),
    );
  }
  // A witness that may forget can not be asked what it confirmed.
  if (outcome.relaxedEpoch !== null && faults.witnessReset === undefined) {
    if (parts.degradedEpoch(draft.witness) !== outcome.relaxedEpoch) {
      draft.broken ??= `${nameOf(side)}: commits stopped waiting for the standby before the witness knew`;
    }
  }
}

/** The properties of whole states, and the book of epochs: each is above all before, and belongs to one region. */
function judge<R, W, L, B>(
  draft: Draft<R, W, L, B>,
  before: WorldOf<R, W, L, B>,
  parts: Parts<R, W, L, B>,
): void {
  const [a, b] = sides.map((side) => parts.facts(side, draft.regions[side]));
  if (a === undefined || b === undefined) return;
  for (const side of sides) {
    const { authority, objection } = side === 0 ? a : b;
    draft.broken ??= objection;
    if (draft.regions[side] === before.regions[side] || authority === null) continue;
    if (authority === parts.facts(side, before.regions[side]).authority) continue;
    const { granted } = draft;
    if (authority > granted.epoch) draft.granted = { epoch: authority, side };
    else if (authority < granted.epoch || side !== granted.side) {
      draft.broken ??= `${nameOf(side)} got authority at an epoch that is not above all before`;
    }
  }
  if (a.authority !== null && b.authority !== null) draft.broken ??= "two regions have authority";
  if (a.takesWrites && b.takesWrites && !a.isAfterGap && !b.isAfterGap) {
    draft.broken ??= "the data of two regions takes writes";
  }
}
