/**
 * The configurations that are exhausted, one family of faults at a time for each policy: together they are point 3 of issue 4.
 * Loss, delay, reordering and one-way visibility need no budget and are in all of them.
 */
import type { FailoverGroup, WitnessLossPolicy } from "../../core/failover/group.ts";
import type { LeaseTiming } from "../../core/lease/timing.ts";
import type { Configuration } from "./configuration.ts";
import { service } from "./facts.ts";

/** A lease of four ticks: authority for three of them, and one to fence. Every tick, whoever waits for nothing asks. */
const timing: LeaseTiming = {
  ttlMs: 4000,
  renewEveryMs: 500,
  rpcTimeoutMs: 1000,
  fenceBudgetMs: 1000,
  clockRateErrorRatio: 0,
  marginMs: 0,
};

/** Answers may take a tick and are still in time; silence is noticed too late for anybody to stand back. */
const slowAnswers: LeaseTiming = { ...timing, rpcTimeoutMs: 2000 };

/** The same with a longer lease, so that both happen. */
const longLease: LeaseTiming = { ...slowAnswers, ttlMs: 5000 };

/** Clocks that may be off by an eighth: authority for two ticks, and five to wait. */
const driftTiming: LeaseTiming = { ...slowAnswers, clockRateErrorRatio: 0.125 };

function groupOf(onWitnessLoss: WitnessLossPolicy, times: LeaseTiming): FailoverGroup {
  return {
    name: "group",
    slot: "group",
    regions: ["A", "B"],
    mode: "automatic",
    onWitnessLoss,
    timing: times,
    services: [{ name: service, kind: "postgresql", mayLose: "nothing", after: [] }],
    approvals: { semiAutomatic: 1, lossy: 2 },
    objectives: { rtoMs: 60_000, rpoBytes: 0 },
    freezes: [],
    safety: {
      maxLossyPerDay: 1_000_000,
      restMs: 0,
      dnsEvidence: "observe",
      witnessIsOutside: true,
    },
  };
}

type Family = Partial<
  Pick<
    Configuration,
    | "begins"
    | "lettersInFlight"
    | "callsInFlight"
    | "readsTakeTime"
    | "fencesEarly"
    | "witnessHasClock"
    | "gaps"
    | "losesFreely"
  >
> & {
  readonly name: string;
  readonly shows: string;
  readonly faults: Configuration["faults"];
  readonly faultsInAll: number;
  readonly timing?: LeaseTiming;
  readonly reaches?: readonly string[];
  /** Without these milestones of the policy. */
  readonly spares?: readonly string[];
};

/**
 * By kind of number (codec.ts). Revisions grow at the witness only, where the greatest is. Of the others the smaller of two numbers
 * grows at most twice before its region hears of the greater one.
 */
const orderedGaps = [3, 1, 3, 3, 3, 3, 2, 2];

/** Messages are lost, late and out of order without end. */
const freely: readonly Family[] = [
  {
    name: "network",
    shows: "Messages are lost, late and out of order without end, each way by itself.",
    faults: {},
    faultsInAll: 0,
  },
  {
    name: "answers",
    shows: "The same, and answers of the witness take up to two ticks.",
    faults: {},
    faultsInAll: 0,
    timing: longLease,
    callsInFlight: 1,
  },
  {
    name: "late",
    shows: "Two requests that were given up are done, or answered, at any time after.",
    faults: { late: 2 },
    faultsInAll: 0,
    readsTakeTime: true,
    fencesEarly: true,
  },
  {
    name: "duplicates",
    shows: "Two messages or requests arrive twice.",
    faults: { duplicate: 2 },
    faultsInAll: 0,
  },
  {
    name: "crash",
    shows: "An agent dies at any moment and starts again through the watchdog.",
    faults: { crashAgent: 1 },
    faultsInAll: 1,
    reaches: ["resumedTenure"],
  },
  {
    name: "drift",
    shows: "A clock misses a tick.",
    faults: { slowClock: 1 },
    faultsInAll: 1,
    timing: driftTiming,
    spares: ["A.sticky", "A.granted", "B.own.arbiter", "A.resumed"],
  },
  {
    name: "clockless",
    shows:
      "The witness has no clock, or one that jumps: only the contender's waiting protects the holder.",
    faults: {},
    faultsInAll: 0,
    witnessHasClock: false,
  },
];

/** Some ticks pass while something is under way, and lines are cut and healed; in return more goes wrong at once. */
const disturbed: readonly Family[] = [
  {
    name: "restarts",
    shows: "Agents and regions die and come back, with their memory and without.",
    faults: { delay: 1, cut: 1, crashAgent: 1, crashRegion: 1, loseMemory: 1 },
    faultsInAll: 3,
    reaches: ["resumedTenure"],
  },
  {
    name: "copies",
    shows:
      "Of the two stores one is lost, or came back with an older record, when an agent starts.",
    faults: { delay: 1, cut: 1, crashAgent: 1, loseStore: 1, staleStore: 1 },
    faultsInAll: 3,
    reaches: ["resumedTenure"],
  },
  {
    name: "stores",
    shows:
      "Writes to the stores take their time, reach one of two or none, and agents die over them.",
    faults: { delay: 1, cut: 1, slowStore: 1, downStore: 1, crashAgent: 1 },
    faultsInAll: 2,
  },
  {
    name: "pauses",
    shows:
      "Agents stand still while the watchdog runs on, regions with all their clocks, watchdogs die, clocks jump.",
    faults: { delay: 1, cut: 1, pause: 1, suspend: 1, wallStep: 1, watchdogLost: 1 },
    faultsInAll: 2,
  },
  {
    name: "promotions",
    shows: "Promotions take their time, and agents die or stand still meanwhile.",
    faults: { delay: 1, cut: 1, slowPromotion: 1, crashAgent: 1, pause: 1 },
    faultsInAll: 2,
  },
  {
    name: "people",
    shows:
      "A person promotes the peer without the witness, while lines are cut and the old holder dies and comes back.",
    faults: { cut: 2, crashRegion: 1, crashAgent: 1, takeOverFenced: 1, takeOverPromised: 1 },
    faultsInAll: 4,
    reaches: ["B.own.person"],
  },
  {
    name: "amends",
    shows: "People re-arm agents without memory, close rounds, disarm and arm.",
    faults: { cut: 1, crashRegion: 1, crashAgent: 1, loseMemory: 1, closeRound: 1, rearm: 1 },
    faultsInAll: 4,
  },
  {
    name: "switchover",
    shows: "A person switches over, back and forth, while an agent dies or a line is cut.",
    faults: { delay: 1, cut: 1, switchover: 2, crashAgent: 1 },
    faultsInAll: 3,
    fencesEarly: true,
  },
  {
    name: "amnesia",
    shows: "The witness loses its memory.",
    faults: { delay: 1, cut: 1, witnessReset: 1, crashAgent: 1 },
    faultsInAll: 2,
    gaps: [3, 8, 3, 3, 3, 3, 2, 2],
  },
  {
    name: "jump",
    shows: "The clock of the witness jumps ahead by a minute.",
    faults: { delay: 2, cut: 1, witnessStep: 1, crashAgent: 1 },
    faultsInAll: 2,
  },
  {
    name: "cold",
    shows: "Two agents start from nothing, in any order, and lose their memory.",
    faults: { delay: 1, cut: 1, loseMemory: 1, crashAgent: 1 },
    faultsInAll: 2,
    begins: "cold",
  },
  {
    name: "gate",
    shows: "For the ordinary suite: an agent dies while a line is cut.",
    faults: { cut: 1, crashAgent: 1 },
    faultsInAll: 2,
    reaches: ["resumedTenure"],
  },
];

const policies: readonly WitnessLossPolicy[] = ["fence", "sticky", "peerArbiter"];

/**
 * An arbiter that took an epoch by itself, and lost its power and all its memory before the witness knew, has taken that epoch with
 * it: nobody can tell that it must not be given again. That is stated as a limit (docs/guides/model-check.md) and left out here.
 */
const limits: Readonly<Record<string, Configuration["faults"]>> = {
  "peerArbiter-amends": { crashRegion: 0 },
  "peerArbiter-restarts": { crashRegion: 0 },
  "peerArbiter-cold": { crashRegion: 0 },
};

/** Milestones that every configuration of a policy has to reach, so that it can not pass by doing nothing. */
const reachedBy: Readonly<Record<WitnessLossPolicy, readonly string[]>> = {
  fence: ["A.lease", "A.serving", "B.lease", "B.serving"],
  sticky: ["A.lease", "A.sticky", "B.promised", "B.lease", "B.serving", "A.resumed"],
  peerArbiter: ["A.lease", "A.granted", "B.promised", "B.own.arbiter", "B.serving", "A.resumed"],
};

function configurationOf(
  policy: WitnessLossPolicy,
  { timing: times, reaches = [], spares = [], ...family }: Family,
  losesFreely: boolean,
): Configuration {
  return {
    begins: "serving",
    lettersInFlight: 2,
    callsInFlight: 2,
    gaps: orderedGaps,
    readsTakeTime: false,
    fencesEarly: false,
    witnessHasClock: true,
    losesFreely,
    ...family,
    faults: { ...family.faults, ...limits[`${policy}-${family.name}`] },
    name: `${policy}-${family.name}`,
    group: groupOf(policy, times ?? (policy === "fence" ? slowAnswers : timing)),
    mustReach: [...reachedBy[policy].filter((one) => !spares.includes(one)), ...reaches],
  };
}

export const configurations: readonly Configuration[] = policies.flatMap((policy) => [
  ...freely.map((family) => configurationOf(policy, family, true)),
  ...disturbed.map((family) => configurationOf(policy, family, false)),
]);
