/** Writes a violation for people: step by step what happened, what each agent did, and where both stood then. */
import type { Rules } from "./local.ts";
import type { Move } from "./move.ts";
import { plainParts } from "./plain.ts";
import { quietAction } from "./quiet.ts";
import type { Violation } from "./search.ts";
import { type Action, actionsOf, perform } from "./transition.ts";
import { lineNames, nameOf, other, type Region, type Side, sides, type World } from "./world.ts";

/** The lines of a counterexample, from the first state on. */
export function traceOf(first: World, rules: Rules, violation: Violation): readonly string[] {
  const lines = [`broken: ${violation.what}`, `begins with ${standing(first)}`];
  let world = first;
  let ticks = 0;
  let steps = 0;
  const show = (action: Action): boolean => {
    const notes: string[] = [];
    const parts = plainParts(rules, notes);
    const outcome = perform(world, action, parts, rules.configuration);
    if (action.kind === "advance") ticks += 1;
    steps += 1;
    lines.push(`${steps}. t=${ticks} ${describe(action, world)}`);
    for (const note of notes) if (!isIdle(note)) lines.push(`     ${note}`);
    world = outcome.world;
    lines.push(`     → ${standing(world)}`);
    if (outcome.broken !== null) lines.push(`     !! ${outcome.broken}`);
    return outcome.broken !== null;
  };
  let isBroken = false;
  for (const action of actionsTo(first, rules, violation)) isBroken = show(action);
  if (isBroken) return lines;
  lines.push("from here on nothing goes wrong any more");
  for (let left = longestQuiet; left > 0 && !isBroken; left -= 1) {
    isBroken = show(quietAction(world, plainParts(rules), quiet, (region) => region));
  }
  return lines;
}

const quiet = { powerReturns: true, witnessAnswers: true };
/** Steps of a quiet future that are shown at most. */
const longestQuiet = 120;

/** The way found again with whole objects: at each state the action that leads to the next one. */
export function actionsTo(first: World, rules: Rules, violation: Violation): readonly Action[] {
  const parts = plainParts(rules);
  const actions: Action[] = [];
  let world = first;
  for (const wanted of [...violation.hashes.slice(1), violation.lastHash]) {
    const found = actionsOf(world, parts, rules.configuration).find((action) => {
      const outcome = perform(world, action, parts, rules.configuration);
      const [low, high] = violation.hashOf(outcome.world);
      return low === wanted[0] && high === wanted[1];
    });
    if (found === undefined) throw new Error("the way to the violation is lost");
    actions.push(found);
    world = perform(world, found, parts, rules.configuration).world;
  }
  return actions;
}

const isIdle = (note: string): boolean => /takes in \{"type":"(?:measured|seen|tick)"/.test(note);

function describe(action: Action, world: World): string {
  switch (action.kind) {
    case "advance":
      return action.slow === null
        ? "a tick passes"
        : `a tick passes, the clock of ${nameOf(action.slow)} misses it`;
    case "handle":
      return `the witness takes in ${callOf(world, action.side, action.index)}`;
    case "deliver":
    case "loseLetter": {
      const letter = world.letters[action.index];
      if (letter === undefined) return action.kind;
      const text = JSON.stringify(letter.message);
      return action.kind === "loseLetter"
        ? `lost: ${text} of ${nameOf(letter.from)}`
        : `${nameOf(other(letter.from))} receives ${text}${action.again ? " and will again" : ""}`;
    }
    case "cut":
      return `the line is cut: ${lineNames[action.line]}`;
    case "heal":
      return `the line is back: ${lineNames[action.line]}`;
    case "witness":
      return action.fault === "witnessStep"
        ? "the clock of the witness jumps ahead"
        : "the witness loses its memory";
    case "move":
      return describeMove(action.move, world, action.side);
  }
}

function describeMove(move: Move, world: World, side: Side): string {
  const name = nameOf(side);
  switch (move.kind) {
    case "answer":
      return `${name} is answered: ${callOf(world, side, move.index)}`;
    case "loseCall":
      return `lost: ${callOf(world, side, move.index)}`;
    case "repeatCall":
      return `doubled: ${callOf(world, side, move.index)}`;
    case "storesDone":
      return `${name}'s disk ${move.reaches[0] ? "has" : "misses"} the record, its API server ${move.reaches[1] ? "has" : "misses"} it${move.dies ? ", and the agent died over it" : ""}`;
    case "fault":
      return `${move.fault} ${name}`;
    default:
      return `${move.kind} ${name}`;
  }
}

function callOf(world: World, side: Side, index: number): string {
  const call = world.regions[side].calls[index];
  if (call === undefined) return "nothing";
  const asked = call.request === null ? "a reading" : `${call.request.op} ${call.reqId}`;
  const reply = call.answer?.reply ?? null;
  const told = reply === null ? "" : ` (${reply.ok ? "ok" : reply.code})`;
  return `${asked} of ${nameOf(side)}${told}`;
}

/** Where both regions and the witness stand, in one line. */
export function standing({ regions, witness }: World): string {
  const { epoch, rev, holder } = witness.record;
  const parts = sides.map((side) => `${nameOf(side)} ${stands(regions[side])}`);
  return `${parts.join(" · ")} · witness e${epoch} r${rev} ${holder ?? "free"}`;
}

function stands({ power, agent, isPaused, watchdog, data, nowMs }: Region): string {
  const until = (atMs: number): string => `${(atMs - nowMs) / 1000}t`;
  const parts: string[] = power === "on" ? [] : [power];
  if (agent === null) parts.push("no agent");
  else {
    const { authority, record } = agent;
    if (isPaused) parts.push("paused");
    parts.push(
      authority.kind === "none"
        ? "no authority"
        : `${authority.kind} e${authority.epoch} ${until(authority.untilAtMs)}`,
    );
    if (record === null) parts.push("no record");
    else {
      if (!record.armed) parts.push("disarmed");
      if (record.open !== null) parts.push(`open e${record.open.epoch}/${record.open.round}`);
      if (record.promise !== null) {
        parts.push(`promised e${record.promise.epoch}/${record.promise.round}`);
      }
    }
  }
  if (watchdog.tenure !== null) parts.push(`guarded ${until(watchdog.tenure.untilAtMs)}`);
  if (data.kind !== "closed") parts.push(`data ${data.kind}`);
  return parts.join(" ");
}
