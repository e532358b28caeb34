/** Everything that goes wrong in a failover world, as data: drawn from the seed, carried out by `failover-disturb.ts`. */
import { chance, pick, type Random } from "../core/kernel/random.ts";

export const faultKinds = [
  "witnessCut",
  "witnessPoor",
  "witnessDown",
  "witnessRestart",
  "witnessClockStep",
  "witnessForgets",
  "meshCut",
  "meshPoor",
  "replicationCut",
  "clientsCut",
  "regionKilled",
  "regionIsolated",
  "agentCrash",
  "agentUpgrade",
  "agentHang",
  "machinePause",
  "wallStep",
  "watchdogCrash",
  "apiServerDown",
  "apiServerOld",
  "diskLost",
  "diskTorn",
  "diskFull",
  "journalFull",
  "databaseCrash",
  "dnsBlind",
  "notReady",
  "personArms",
  "personDisarms",
  "personSwitches",
  "personTakesOver",
  "personHelps",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export type Fault = {
  /** Its place in the plan, by which it is named. */
  readonly number: number;
  readonly atMs: number;
  readonly kind: FaultKind;
  /** Which region; for a way between both, the one from which it leads. */
  readonly region: 0 | 1;
  /** Whether the other region, or the other direction, is hit too. */
  readonly both: boolean;
  readonly lastsMs: number;
  /** Drawn for what else a kind has to choose: 0 … 999. */
  readonly lot: number;
};

export type FaultScale = {
  readonly ttlMs: number;
  readonly calmAtMs: number;
  readonly stores: 1 | 2;
};

type Draft = Omit<Fault, "number">;

/** Drawn by `drawHolds` alone: a new kind among those that are drawn freely would give every seed another meaning. */
const freely = faultKinds.filter((kind) => kind !== "notReady");

/** Kinds that a schedule is likelier to have than the rest. */
const usual: readonly FaultKind[] = [
  "witnessCut",
  "witnessDown",
  "regionKilled",
  "regionIsolated",
  "meshCut",
  "agentCrash",
  "replicationCut",
];

/** What meets a region that writes while the witness is away. */
const duringRounds: readonly FaultKind[] = [
  "agentCrash",
  "agentCrash",
  "agentUpgrade",
  "agentUpgrade",
  "agentHang",
  "machinePause",
  "meshCut",
  "witnessCut",
  "regionKilled",
  "regionIsolated",
  "clientsCut",
  "replicationCut",
  "personTakesOver",
  "personHelps",
];

const lossOfMemory: readonly FaultKind[] = [
  "diskLost",
  "diskTorn",
  "apiServerOld",
  "apiServerDown",
  "diskFull",
];

/** The faults of a schedule, in the order of time; some schedules are about one thing, so that what seldom meets does meet. */
export function drawFaults(random: Random, scale: FaultScale): readonly Fault[] {
  const drafts = drawTheme(random, scale, random.below(10));
  return drafts
    .sort((one, other) => one.atMs - other.atMs)
    .map((draft, number) => ({ number, ...draft }));
}

function drawTheme(random: Random, scale: FaultScale, theme: number): Draft[] {
  if (theme < 3) return drawFree(random, scale);
  if (theme < 5) return drawLosses(random, scale);
  if (theme < 8) return drawRounds(random, scale);
  return [...drawRounds(random, scale), ...drawForgetting(random, scale)];
}

/** Regions are lost and come back, one after the other, as they would be in a bad week. */
function drawLosses(random: Random, { ttlMs, calmAtMs }: FaultScale): Draft[] {
  const kinds = ["regionKilled", "regionKilled", "regionIsolated", "databaseCrash"] as const;
  const drafts: Draft[] = [];
  for (let atMs = ttlMs; atMs < calmAtMs; ) {
    const lastsMs = ttlMs + random.below(2 * ttlMs);
    const isBoth = chance(random, 50);
    drafts.push({ ...drawOne(random, pick(random, kinds), atMs, atMs + 1), both: isBoth, lastsMs });
    atMs += lastsMs + Math.floor(ttlMs / 4) + random.below(ttlMs);
  }
  const blips = random.below(5);
  for (let count = 0; count < blips; count++) {
    const kind = pick(random, usual);
    const lastsMs = 1 + random.below(Math.floor(ttlMs / 3));
    drafts.push({ ...drawOne(random, kind, 0, calmAtMs), lastsMs });
  }
  return drafts;
}

/** Few kinds of everything. */
function drawFree(random: Random, { ttlMs, calmAtMs }: FaultScale): Draft[] {
  const kinds: FaultKind[] = [];
  const count = 2 + random.below(6);
  while (kinds.length < count) kinds.push(pick(random, chance(random, 400) ? usual : freely));
  // The first lease is left alone now and then, so that somebody holds one.
  const fromMs = chance(random, 800) ? ttlMs : 0;
  return Array.from({ length: 2 + random.below(11) }, () => ({
    ...drawOne(random, pick(random, kinds), fromMs, calmAtMs),
    lastsMs: drawLength(random, ttlMs),
  }));
}

/** The witness comes and goes, messages of the peers are late, and agents restart meanwhile. */
function drawRounds(random: Random, { ttlMs, calmAtMs }: FaultScale): Draft[] {
  const drafts: Draft[] = [];
  for (let atMs = ttlMs; atMs < calmAtMs; ) {
    const lastsMs = Math.floor(ttlMs / 4) + random.below(2 * ttlMs);
    const kind = pick(random, ["witnessDown", "witnessDown", "witnessCut", "witnessPoor"] as const);
    drafts.push({ ...drawOne(random, kind, atMs, atMs + 1), lastsMs });
    atMs += lastsMs + random.below(Math.floor(ttlMs / 2));
  }
  if (chance(random, 700)) {
    const poor = drawOne(random, "meshPoor", 0, 1);
    drafts.push({ ...poor, both: true, lastsMs: calmAtMs });
  }
  const many = 1 + random.below(8);
  for (let count = 0; count < many; count++) {
    const isShort = chance(random, 700);
    const lastsMs = isShort ? 1 + random.below(Math.floor(ttlMs / 8)) : drawLength(random, ttlMs);
    const kind = pick(random, duringRounds);
    drafts.push({ ...drawOne(random, kind, ttlMs, calmAtMs), lastsMs });
  }
  return drafts;
}

function drawForgetting(random: Random, { ttlMs, calmAtMs }: FaultScale): Draft[] {
  return Array.from({ length: 1 + random.below(3) }, () => ({
    ...drawOne(random, pick(random, lossOfMemory), ttlMs, calmAtMs),
    both: chance(random, 100),
    lastsMs: drawLength(random, ttlMs / 2),
  }));
}

/** Readiness that is red for a while, in a few schedules; numbered after the other faults, which keep theirs. */
export function drawHolds(
  random: Random,
  { ttlMs, calmAtMs }: FaultScale,
  firstNumber: number,
): readonly Fault[] {
  if (!chance(random, 250)) return [];
  return Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    number: firstNumber + index,
    ...drawOne(random, "notReady", 0, calmAtMs),
    lastsMs: 2 * drawLength(random, ttlMs),
  }));
}

function drawOne(
  random: Random,
  kind: FaultKind,
  fromMs: number,
  untilMs: number,
): Omit<Draft, "lastsMs"> {
  return {
    atMs: fromMs + random.below(untilMs - fromMs),
    kind,
    region: random.below(2) === 0 ? 0 : 1,
    both: chance(random, 250),
    lot: random.below(1_000),
  };
}

/** From a blip to several leases, short ones as likely as long ones. */
function drawLength(random: Random, ttlMs: number): number {
  const most = pick(random, [ttlMs / 10, ttlMs / 2, ttlMs, 2 * ttlMs, 4 * ttlMs]);
  return 1 + random.below(Math.floor(most));
}
