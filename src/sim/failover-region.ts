/** One region of a failover world: a machine with its database, watchdog, stores, and an agent that comes and goes. */
import { makeAbort } from "../control/abort.ts";
import type { Env, Log, Metrics } from "../control/env.ts";
import { type AgentOptions, agentDefaults } from "../control/failover/options.ts";
import type { AgentPorts, EvidenceSource } from "../control/failover/ports.ts";
import { makeRegionAgent, type RegionAgent } from "../control/failover/region-agent.ts";
import { healthAnswer } from "../core/failover/authority.ts";
import type { AgentContext } from "../core/failover/step.ts";
import type { Tenure } from "../core/failover/watchdog.ts";
import { type Random, seededRandom } from "../core/kernel/random.ts";
import type { RegionIndex } from "./failover-observation.ts";
import { type FailoverPlan, hasCache, simRegions, wallAtStartMs } from "./failover-plan.ts";
import {
  type Machine,
  machine,
  type SimProcess,
  simProcess,
  type WorldTime,
} from "./failover-time.ts";
import { openWay, type SwarmWitness, type WitnessWay } from "./failover-witness.ts";
import { type FakeStore, fakeStore } from "./fake-agent-stores.ts";
import { type FakeData, fakeData } from "./fake-data-services.ts";
import type { FakeDatabase } from "./fake-database.ts";
import type { PeerEnd } from "./fake-peer-link.ts";
import { type FakeWatchdog, fakeWatchdog } from "./fake-watchdog.ts";
import { type LateJournal, lateJournal } from "./late-journal.ts";

/** A running agent. */
export type SimAgent = { readonly process: SimProcess; readonly agent: RegionAgent };

export type SimRegion = {
  readonly index: RegionIndex;
  readonly name: string;
  readonly machine: Machine;
  readonly database: FakeDatabase;
  readonly data: FakeData;
  readonly watchdog: FakeWatchdog;
  readonly disk: FakeStore;
  readonly apiServer: FakeStore | null;
  readonly way: WitnessWay;
  readonly journal: LateJournal;
  readonly options: AgentOptions;
  agent: SimAgent | null;
  /** Its power is on. */
  isOn: boolean;
  /** Clients and probes reach it. */
  isOpen: boolean;
  /** Public resolvers show its heartbeat. */
  isVisible: boolean;
};

export type RegionParts = {
  readonly plan: FailoverPlan;
  readonly time: WorldTime;
  readonly index: RegionIndex;
  readonly machine: Machine;
  readonly database: FakeDatabase;
  readonly watchdogOf: (fence: FakeData["fence"]) => FakeWatchdog;
  readonly promoted: (epoch: number) => void;
  readonly relaxed: () => void;
};

/** A region that is on, without an agent. */
export function simRegion(parts: RegionParts): SimRegion {
  const { plan, time, index, machine: host, database } = parts;
  const { timing } = plan.group;
  const random = seededRandom(plan.seed * 131 + index);
  const data = fakeData({
    time,
    random,
    database,
    hasCache: hasCache(plan),
    promoted: parts.promoted,
    relaxed: parts.relaxed,
  });
  const mostMs = Math.max(2, Math.floor(timing.rpcTimeoutMs / 20));
  const name = simRegions[index];
  return {
    index,
    name,
    machine: host,
    database,
    data,
    watchdog: parts.watchdogOf(data.fence),
    disk: fakeStore({ id: "disk", time, random, mostMs }),
    apiServer: plan.stores === 2 ? fakeStore({ id: "api-server", time, random, mostMs }) : null,
    way: openWay(),
    journal: lateJournal(`agent/${name}`, { nowMs: host.wallMs }, time.nowMs),
    options: {
      ...agentDefaults(plan.group),
      tickMs: Math.floor(timing.ttlMs / 16),
      measureEveryMs: Math.floor(timing.ttlMs / 6),
      lookEveryMs: Math.floor(timing.ttlMs / 2),
      promoteLimitMs: timing.ttlMs,
    },
    agent: null,
    isOn: true,
    isOpen: true,
    isVisible: true,
  };
}

/** The watchdog of a region, which tells what is left with it. */
export function regionWatchdog(
  time: WorldTime,
  host: Machine,
  plan: FailoverPlan,
  fence: FakeData["fence"],
): FakeWatchdog {
  const { timing } = plan.group;
  return fakeWatchdog({
    time,
    machine: host,
    marginMs: timing.marginMs,
    fence,
    retryMs: Math.floor(timing.fenceBudgetMs / 20),
  });
}

export type Surroundings = {
  readonly plan: FailoverPlan;
  readonly time: WorldTime;
  readonly random: Random;
  readonly witness: SwarmWitness;
  readonly peerEnd: PeerEnd;
  readonly peer: SimRegion;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly left: (tenure: Tenure | null) => void;
  readonly failed: (thrown: unknown) => void;
};

/** Starts a new agent there; it remembers what stores and watchdog remember. */
export function startAgent(region: SimRegion, around: Surroundings): void {
  const { plan, time, witness, peer } = around;
  const process = simProcess(time);
  const clock = region.machine.clockOf(process);
  const env: Env = {
    clock,
    random: around.random,
    journal: region.journal,
    log: around.log,
    metrics: around.metrics,
  };
  const watchdog = region.watchdog.connect(process);
  const stores = [region.disk, ...(region.apiServer === null ? [] : [region.apiServer])];
  const ports: AgentPorts = {
    witness: witness.connect(region.way, process),
    stores: stores.map((store) => store.connect(process)),
    peer: around.peerEnd.connect(process),
    watchdog: {
      ...watchdog,
      set(tenure) {
        watchdog.set(tenure);
        around.left(tenure);
      },
    },
    data: region.data.connect(process),
    evidence: evidenceOf(region, peer, process, time),
  };
  const context: AgentContext = { self: region.name, peer: peer.name, group: plan.group };
  const agent = makeRegionAgent(env, ports, context, region.options);
  region.agent = { process, agent };
  // It ends only with the process, which just stops; a rejection is a bug, which the world reports.
  void agent.run(makeAbort().signal).catch((thrown: unknown) => {
    if (process.state() !== "gone") around.failed(thrown);
  });
  time.touch();
}

function evidenceOf(
  region: SimRegion,
  peer: SimRegion,
  process: SimProcess,
  time: WorldTime,
): EvidenceSource {
  return {
    look: () =>
      new Promise((resolve) => {
        time.after(30, () => {
          process.deliver(() => {
            const { authority } = peer.agent?.agent.current() ?? { authority: { kind: "none" } };
            const answers =
              peer.isOn && peer.isVisible && peer.agent?.process.state() === "running";
            const isActive = answers && authority.kind !== "none";
            resolve({
              peerActiveEpoch: isActive && "epoch" in authority ? authority.epoch : null,
              selfVisible: region.isVisible,
            });
          });
        });
      }),
  };
}

/** Whether its agent would answer 200, without asking it: to look changes nothing. */
export function isServing({ agent, machine: host }: SimRegion): boolean {
  return agent !== null && healthAnswer(agent.agent.current(), host.monotonicMs()).status === 200;
}

/** What its agent asks a person to do: the stable words. */
export function needsOf({ agent }: SimRegion): readonly string[] {
  return agent?.agent.status().needs.map(({ reason }) => reason) ?? [];
}

/** A machine of the plan. */
export function planMachine(plan: FailoverPlan, time: WorldTime, index: RegionIndex): Machine {
  return machine(time, {
    rate: plan.rates[index],
    wallAtStartMs: wallAtStartMs + index * 1_234,
  });
}
