/**
 * Two regions with their real agents in one seeded world (DESIGN §8, ADR 27): a witness, databases, watchdogs, stores, people and a client, and
 * everything that goes wrong between them. Checkers look on.
 */
import type { Log } from "../control/env.ts";
import { type Random, seededRandom } from "../core/kernel/random.ts";
import { failoverCheckers } from "./checkers/failover-checkers.ts";
import { type SimClient, startClient } from "./failover-client.ts";
import { calm, type Disturbed, disturb } from "./failover-disturb.ts";
import type { Observation, RegionIndex, Seen, Violation } from "./failover-observation.ts";
import { otherOf } from "./failover-observation.ts";
import { help, type Person } from "./failover-people.ts";
import type { FailoverPlan } from "./failover-plan.ts";
import {
  isServing,
  needsOf,
  planMachine,
  regionWatchdog,
  type SimRegion,
  simRegion,
  startAgent,
} from "./failover-region.ts";
import { type WorldTime, worldTime } from "./failover-time.ts";
import { type SwarmWitness, swarmWitness } from "./failover-witness.ts";
import { fakeDatabases } from "./fake-database.ts";
import { fakePeerLinks, openPeerWay } from "./fake-peer-link.ts";
import { memoryMetrics } from "./memory-metrics.ts";

export type TimelineEntry = { readonly atMs: number; readonly who: string; readonly what: string };

export type FailoverHistory = {
  readonly plan: FailoverPlan;
  readonly violations: readonly Violation[];
  readonly regions: readonly [SimRegion, SimRegion];
  readonly witness: SwarmWitness;
  readonly client: SimClient;
  /** What agents asked people to do when nobody served after the calm; null when somebody did. */
  readonly asked: readonly string[] | null;
  /** Moments of the world that were run. */
  readonly moments: number;
  /** What happened outside the journals; empty unless asked for. */
  readonly notes: readonly TimelineEntry[];
};

export type WorldOptions = {
  /** Keeps what is needed for a timeline. */
  readonly keepsNotes?: boolean;
  /** Turns of the microtask queue after each answer; only for comparing. */
  readonly turns?: number;
};

const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Runs the plan to its end. */
export async function runFailover(
  plan: FailoverPlan,
  options: WorldOptions = {},
): Promise<FailoverHistory> {
  const time = worldTime(options.turns);
  const violations: Violation[] = [];
  const notes: TimelineEntry[] = [];
  const note = (text: () => string): void => {
    if (options.keepsNotes === true) notes.push({ atMs: time.nowMs(), who: "world", what: text() });
  };
  const watchers: ((observation: Observation) => void)[] = [];
  const observe = (observation: Observation): void => {
    for (const watch of watchers) watch(observation);
  };
  const world = build(plan, time, { observe, note, violations });
  const seen: Seen = {
    plan,
    nowMs: time.nowMs,
    regions: world.regions,
    witness: world.witness,
    later: time.after,
  };
  const ends = failoverCheckers.map(({ name, make }) => {
    const { observe: watch, end } = make(seen, (what) => {
      violations.push({ checker: name, atMs: time.nowMs(), what });
      note(() => `VIOLATION of ${name}: ${what}`);
    });
    if (watch !== undefined) watchers.push(watch);
    return end;
  });
  for (const fault of plan.faults) time.after(fault.atMs, () => disturb(world, fault));
  time.after(plan.calmAtMs, () => calm(world));
  const client = startClient({ plan, time, regions: world.regions, observe });
  for (const region of world.regions) world.start(region);
  await time.run(plan.endAtMs);
  observe({ kind: "calmIsOver" });
  const asked = world.regions.some(isServing) ? null : world.regions.flatMap(needsOf);
  if (violations.length === 0) await letPeopleHelp(world, plan);
  for (const end of ends) end?.();
  const { regions, witness } = world;
  return { plan, violations, regions, witness, client, asked, moments: time.moments, notes };
}

type Told = {
  readonly observe: (observation: Observation) => void;
  readonly note: (text: () => string) => void;
  readonly violations: Violation[];
};

function build(plan: FailoverPlan, time: WorldTime, told: Told): Disturbed {
  const { observe, note } = told;
  const { ttlMs } = plan.group.timing;
  const random = seededRandom(plan.seed ^ 0x5eed);
  const mesh = [openPeerWay(), openPeerWay()] as const;
  const replication = { cuts: 0 };
  const witness = swarmWitness({
    time,
    random,
    slot: plan.group.slot,
    hasClock: plan.witnessHasClock,
    wrote: (before, after, request) => observe({ kind: "witnessWrote", before, after, request }),
  });
  const regions = buildRegions(plan, time, observe, () => replication.cuts === 0);
  const start = starter(plan, time, told, { random, witness, regions, mesh });
  const keptOff = new Set<RegionIndex>();
  const group = plan.group.name;
  const person: Person = { time, group, regions, witness, keptOff, observe, note, given: 0 };
  const nudge = (): void => {
    for (const { database } of regions) database.nudge();
    time.after(Math.floor(ttlMs / 8), nudge);
  };
  time.after(1, nudge);
  const { calmAtMs } = plan;
  return {
    time,
    ttlMs,
    calmAtMs,
    regions,
    witness,
    mesh,
    replication,
    person,
    observe,
    start,
    note,
  };
}

function buildRegions(
  plan: FailoverPlan,
  time: WorldTime,
  observe: Told["observe"],
  isLinked: () => boolean,
): readonly [SimRegion, SimRegion] {
  const { timing } = plan.group;
  const gate = (index: RegionIndex) => (epoch: number) =>
    regions[index].watchdog.live()?.epoch === epoch;
  const databases = fakeDatabases(
    {
      time,
      random: seededRandom(plan.seed * 17 + 3),
      isLinked,
      fenceBudgetMs: timing.fenceBudgetMs,
      promoteMostMs: Math.floor(timing.ttlMs / 6),
      failsPerMille: plan.actionFailsPerMille,
      changed: () => observe({ kind: "writability" }),
    },
    [gate(0), gate(1)],
  );
  const make = (index: RegionIndex): SimRegion => {
    const host = planMachine(plan, time, index);
    return simRegion({
      plan,
      time,
      index,
      machine: host,
      database: databases[index],
      watchdogOf: (fence) => regionWatchdog(time, host, plan, fence),
      promoted: (epoch) => observe({ kind: "promoted", region: index, epoch }),
      relaxed: () => observe({ kind: "relaxed", region: index }),
    });
  };
  const regions: readonly [SimRegion, SimRegion] = [make(0), make(1)];
  return regions;
}

type Between = Pick<Disturbed, "regions" | "witness" | "mesh"> & { readonly random: Random };

/** How agents are started in this world. */
function starter(
  plan: FailoverPlan,
  time: WorldTime,
  { observe, violations }: Told,
  { random, witness, regions, mesh }: Between,
): (region: SimRegion) => void {
  const ends = fakePeerLinks(time, random, mesh);
  // The names of metrics are checked in some schedules; that is enough, and costs too much in all.
  const metrics = plan.seed % 64 === 0 ? memoryMetrics() : silentMetrics;
  return (region) => {
    const { index } = region;
    startAgent(region, {
      plan,
      time,
      random,
      witness,
      peerEnd: ends[index],
      peer: regions[otherOf(index)],
      log: silentLog,
      metrics,
      left: (tenure) => observe({ kind: "tenure", region: index, tenure }),
      failed(thrown) {
        const words = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
        const what = `the agent of ${region.name} ended: ${words}`;
        violations.push({ checker: "agent-runs", atMs: time.nowMs(), what });
      },
    });
  };
}

const silentMetrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
} as const;

/** When nobody writes after the calm, people do what the agents ask for, and it goes on for some leases. */
async function letPeopleHelp(world: Disturbed, plan: FailoverPlan): Promise<void> {
  if (world.regions.some(isServing)) return;
  const stepMs = plan.group.timing.ttlMs;
  for (let round = 1; round <= 4; round++) {
    for (const region of world.regions) help(world.person, region, 999);
    await world.time.run(plan.endAtMs + round * stepMs);
  }
}
