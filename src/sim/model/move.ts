/** What may happen to one region by itself: which moves its state allows, in the order in which they are tried. */
import type { Configuration, Fault } from "./configuration.ts";
import { isAwake } from "./local.ts";
import { type Budget, type Call, mayHappen, type Region } from "./world.ts";

export type Move =
  /** A tick passes; a slow clock misses it. */
  | { readonly kind: "advance"; readonly isSlow: boolean }
  /** The agent takes in an answer of the witness. */
  | { readonly kind: "answer"; readonly index: number }
  | { readonly kind: "loseCall"; readonly index: number }
  | { readonly kind: "repeatCall"; readonly index: number }
  /** The data has stopped taking writes, before its time is over. */
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  /** A write to the stores comes to its end, having reached these of them; the agent may have died over it. */
  | {
      readonly kind: "storesDone";
      readonly reaches: readonly [boolean, boolean];
      readonly dies: boolean;
    }
  | { readonly kind: "start" }
  | { readonly kind: "powerOn" }
  | { readonly kind: "goOn" }
  | { readonly kind: "resume" }
  | { readonly kind: "storeUp" }
  /** A fault, or what a person does here. */
  | { readonly kind: "fault"; readonly fault: RegionFault };

/** The faults that strike one region, each with the states in which it can. */
const strikes = {
  crashAgent: ({ agent, power }) => agent !== null && power === "on",
  crashRegion: ({ power }) => power !== "off",
  loseStore: ({ stores }) => stores[1].record !== null,
  loseMemory: ({ stores }) => stores[0].record !== null || stores[1].record !== null,
  staleStore: ({ stores }) => stores[1].previous !== null,
  downStore: ({ stores }) => !stores[1].isDown,
  pause: isAwake,
  suspend: ({ power }) => power === "on",
  wallStep: isAwake,
  watchdogLost: isAwake,
  standbyLost: isAwake,
  arm: isAwake,
  disarm: isAwake,
  rearm: isAwake,
  switchover: isAwake,
  takeOver: isAwake,
  takeOverFenced: isAwake,
  takeOverPromised: isAwake,
  closeRound: isAwake,
} as const satisfies Readonly<Partial<Record<Fault, (region: Region) => boolean>>>;
export type RegionFault = keyof typeof strikes;

// The keys of `strikes` by its type.
const strikeList = Object.entries(strikes) as readonly (readonly [
  RegionFault,
  (region: Region) => boolean,
])[];

/** Everything but the passing of time, which happens to both regions at once. */
export function movesOf(
  region: Region,
  budget: Budget,
  configuration: Configuration,
): readonly Move[] {
  const moves: Move[] = [];
  addCalls(moves, region, budget, configuration);
  addRecoveries(moves, region, configuration);
  for (const [fault, can] of strikeList) {
    if (mayHappen(budget, fault) && can(region)) moves.push({ kind: "fault", fault });
  }
  return moves;
}

/** Whether the agent that asked does not wait for it any more. */
export function isLate({ agent }: Region, { reqId }: Call): boolean {
  return agent?.witness.call?.reqId !== reqId;
}

/** The requests that the witness may take in now. */
export function handleableOf(region: Region, budget: Budget): readonly number[] {
  return region.calls.flatMap((call, index) =>
    call.answer === null && (mayHappen(budget, "late") || !isLate(region, call)) ? [index] : [],
  );
}

function addCalls(
  moves: Move[],
  region: Region,
  budget: Budget,
  { callsInFlight }: Configuration,
): void {
  const isFull = region.calls.length >= callsInFlight;
  region.calls.forEach((call, index) => {
    const isPossible = mayHappen(budget, "late") || !isLate(region, call);
    if (call.answer !== null && isPossible && isAwake(region)) {
      moves.push({ kind: "answer", index });
    }
    // Below the limit a message that never arrives is as good as a lost one.
    if (isFull) moves.push({ kind: "loseCall", index });
    else if (call.answer === null && call.request !== null && mayHappen(budget, "duplicate")) {
      moves.push({ kind: "repeatCall", index });
    }
  });
}

function addRecoveries(moves: Move[], region: Region, { fencesEarly }: Configuration): void {
  if (region.power === "off") {
    moves.push({ kind: "powerOn" });
    return;
  }
  if (region.power === "suspended") {
    moves.push({ kind: "resume" });
    return;
  }
  if (region.isPaused) moves.push({ kind: "goOn" });
  if (region.stores[1].isDown) moves.push({ kind: "storeUp" });
  if (region.storing !== null) {
    for (const reaches of reachings) {
      moves.push({ kind: "storesDone", reaches, dies: false });
      if (region.agent !== null) moves.push({ kind: "storesDone", reaches, dies: true });
    }
  }
  if (region.promoting !== null) moves.push({ kind: "opened" });
  if (region.data.kind === "closing" && fencesEarly) moves.push({ kind: "closed" });
  if (region.agent === null) moves.push({ kind: "start" });
}

const reachings = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

/** What mends itself when nothing goes wrong any more; null when the region only waits. */
export function quietMove(region: Region, powerReturns: boolean): Move | null {
  if (region.power === "off") return powerReturns ? { kind: "powerOn" } : null;
  if (region.power === "suspended") return { kind: "resume" };
  if (region.isPaused) return { kind: "goOn" };
  if (region.stores[1].isDown) return { kind: "storeUp" };
  if (region.storing !== null) return { kind: "storesDone", reaches: [true, true], dies: false };
  if (region.promoting !== null) return { kind: "opened" };
  if (region.data.kind === "closing") return { kind: "closed" };
  return region.agent === null ? { kind: "start" } : null;
}
