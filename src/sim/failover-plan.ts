/** What a seed draws: the group with its policy, mode and times, the clocks, and everything that is going to go wrong, and when. */
import {
  type FailoverGroup,
  type FailoverMode,
  type FreezeWindow,
  failoverModes,
  type WitnessLossPolicy,
  witnessLossPolicies,
} from "../core/failover/group.ts";
import { chance, pick, type Random, seededRandom } from "../core/kernel/random.ts";
import type { LeaseTiming } from "../core/lease/timing.ts";
import { drawFaults, drawHolds, type Fault } from "./failover-faults.ts";
import { cache, ledger } from "./fake-data-services.ts";

/** What wall clocks show at the beginning, within seconds. */
export const wallAtStartMs = 1_767_225_600_000;

export const simRegions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

export type FailoverPlan = {
  readonly seed: number;
  readonly group: FailoverGroup;
  /** Configured stores of the record: the disk alone, or the API server too. */
  readonly stores: 1 | 2;
  readonly witnessHasClock: boolean;
  /** How fast each machine's clock runs. */
  readonly rates: readonly [number, number];
  readonly writeEveryMs: number;
  readonly probeEveryMs: number;
  readonly recordTtlMs: number;
  /** Chance in a thousand that a first try of fencing or promoting fails. */
  readonly actionFailsPerMille: number;
  readonly faults: readonly Fault[];
  /** Faults end here. */
  readonly calmAtMs: number;
  readonly endAtMs: number;
};

export type PlanOptions = {
  readonly policy?: WitnessLossPolicy;
  readonly mode?: FailoverMode;
  /** Only these faults of the plan, by their number; for making a failing schedule small. */
  readonly onlyFaults?: readonly number[];
};

/** Profiles of the handbook, and one that is as fast as the inequality allows. */
const timings: readonly LeaseTiming[] = [
  timing(30_000, 10_000, 3_000, 10_000, 500),
  timing(15_000, 4_000, 2_000, 4_000, 300),
  timing(6_000, 1_500, 700, 2_000, 200),
];

function timing(
  ttlMs: number,
  renewEveryMs: number,
  rpcTimeoutMs: number,
  fenceBudgetMs: number,
  marginMs: number,
): LeaseTiming {
  const clockRateErrorRatio = 0.001;
  return { ttlMs, renewEveryMs, rpcTimeoutMs, fenceBudgetMs, clockRateErrorRatio, marginMs };
}

/** How long faults go on, and how long is waited afterwards, in leases. */
const roughLeases = 6;
const calmLeases = 4;

/** The plan of a seed; the same on every machine. */
export function failoverPlan(seed: number, options: PlanOptions = {}): FailoverPlan {
  const random = seededRandom(seed);
  const times = pick(random, timings);
  const drawnPolicy = pick(random, ["sticky", "sticky", "sticky", ...witnessLossPolicies] as const);
  const drawnMode = pick(random, [
    "automatic",
    "automatic",
    "automatic",
    ...failoverModes,
  ] as const);
  const { ttlMs, clockRateErrorRatio: error } = times;
  const rate = (): number => 1 + (pick(random, [-1, 0, 1]) * error) / 2;
  const rates = [rate(), rate()] as const;
  const calmAtMs = roughLeases * ttlMs;
  const group = drawGroup(random, times, {
    mode: options.mode ?? drawnMode,
    policy: options.policy ?? drawnPolicy,
  });
  const stores: FailoverPlan["stores"] = chance(random, 600) ? 2 : 1;
  const scale = { ttlMs, calmAtMs, stores };
  const rough = drawFaults(random, scale);
  // By a stream of their own: what the seed drew before stays what it was.
  const holds = seededRandom(seed ^ 0xf2ee2e);
  const freezes = drawFreezes(holds, calmAtMs + calmLeases * ttlMs);
  const faults = [...rough, ...drawHolds(holds, scale, rough.length)];
  const kept = options.onlyFaults;
  return {
    seed,
    group: { ...group, freezes },
    stores,
    witnessHasClock: chance(random, 800),
    rates,
    writeEveryMs: Math.floor(ttlMs / 10),
    probeEveryMs: Math.floor(ttlMs / 6),
    recordTtlMs: Math.floor(ttlMs / 6),
    actionFailsPerMille: pick(random, [0, 0, 100, 300]),
    faults: kept === undefined ? faults : faults.filter(({ number }) => kept.includes(number)),
    calmAtMs,
    endAtMs: calmAtMs + calmLeases * ttlMs,
  };
}

function drawGroup(
  random: Random,
  times: LeaseTiming,
  { mode, policy }: { readonly mode: FailoverMode; readonly policy: WitnessLossPolicy },
): FailoverGroup {
  const hasCache = chance(random, 300);
  const ledgerService = {
    name: ledger,
    kind: "postgresql",
    mayLose: "nothing",
    after: [],
  } as const;
  const cacheService = {
    name: cache,
    kind: "valkey",
    mayLose: "everything",
    after: [ledger],
  } as const;
  return {
    name: "acme-prod",
    slot: "acme-prod",
    regions: simRegions,
    mode,
    onWitnessLoss: policy,
    timing: times,
    services: hasCache ? [ledgerService, cacheService] : [ledgerService],
    approvals: { semiAutomatic: 1, lossy: pick(random, [1, 2]) },
    objectives: { rtoMs: 60_000, rpoBytes: 0 },
    freezes: [],
    safety: {
      maxLossyPerDay: 1,
      restMs: pick(random, [0, 0, times.ttlMs]),
      dnsEvidence: pick(random, ["veto", "observe"] as const),
      witnessIsOutside: !chance(random, 50),
    },
  };
}

/** In some schedules windows in which nothing planned begins; they may meet, and clocks that are stepped jump in and out of them. */
function drawFreezes(random: Random, endAtMs: number): readonly FreezeWindow[] {
  if (!chance(random, 250)) return [];
  return Array.from({ length: 1 + random.below(2) }, () => {
    const fromAtMs = wallAtStartMs + random.below(endAtMs);
    const untilAtMs = fromAtMs + 1 + random.below(endAtMs);
    return { fromAtMs, untilAtMs, because: "the quarter is being closed" };
  });
}

/** Whether the plan of this seed has a cache beside its ledger. */
export function hasCache({ group }: FailoverPlan): boolean {
  return group.services.some(({ name }) => name === cache);
}
