/**
 * Two regions with their real controllers in one seeded world: commits arrive late and in different order of time,
 * name servers are away, fail before and after writing, are slow, and somebody edits records by hand.
 */

import { makeAbort } from "../control/abort.ts";
import { gather, type Intent } from "../control/dns/gather.ts";
import { makeDnsController } from "../control/dns-controller.ts";
import type { DocumentSource, SourceSnapshot } from "../control/env.ts";
import { planZone } from "../core/dns/plan.ts";
import type { DnsStatus } from "../core/dns/status.ts";
import { required } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, pick, type Random, seededRandom } from "../core/kernel/random.ts";
import { checkedNameServer, type Violation } from "./checkers/zone-checker.ts";
import { scriptOf, simClusters, simDomain } from "./dns-script.ts";
import { fakeDnsClient } from "./fake-dns-client.ts";
import { type FakeNameServer, fakeNameServer } from "./fake-name-server.ts";
import { type FakeProbes, fakeProbes } from "./fake-probes.ts";
import { type MemoryJournal, memoryJournal } from "./memory-journal.ts";
import { memoryLog } from "./memory-log.ts";
import { memoryMetrics } from "./memory-metrics.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";

const zone = `${simDomain}.`;
const commits = 12;
const commitEveryMs = 10_000;
/** Faults and commits end here; what follows is time to become right. */
const calmAtMs = commits * commitEveryMs;
const horizonMs = calmAtMs + 150_000;

export type DnsHistory = {
  readonly violations: readonly Violation[];
  readonly journals: readonly MemoryJournal[];
  readonly statuses: readonly DnsStatus[];
  /** Changes that are still wanted at the end, over both servers; must be 0. */
  readonly leftOver: number;
  /** Events and writes in the last minute, when nothing changed any more; must be 0. */
  readonly restless: number;
  readonly writes: number;
};

type Region = {
  readonly cluster: string;
  readonly server: FakeNameServer;
  readonly journal: MemoryJournal;
  readonly status: () => DnsStatus;
};

type World = {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly script: readonly SourceSnapshot[];
  readonly servers: ReadonlyMap<string, FakeNameServer>;
  readonly violations: Violation[];
  readonly probes: FakeProbes;
};

/** Runs the history that `seed` draws and gives what there is to judge. */
export async function simulateDns(seed: number): Promise<DnsHistory> {
  const clock = virtualClock(seed);
  const random = seededRandom(seed);
  const servers = new Map<string, FakeNameServer>();
  for (const [index, cluster] of simClusters.entries()) {
    const server = fakeNameServer(
      `ns${index + 1} of ${cluster}`,
      seededRandom(seed * 7 + index),
      clock,
    );
    server.createZone(zone);
    server.put(zone, {
      name: zone,
      type: "SOA",
      ttlSeconds: 3_600,
      records: [`ns1.${zone} . 1 1 1 1 1`],
    });
    server.put(zone, { name: `www.${zone}`, type: "A", ttlSeconds: 60, records: ["127.0.9.9"] });
    if (chance(random, 300)) {
      const name = `${pick(random, ["shop", "mail"])}.acme-prod.${zone}`;
      server.put(zone, { name, type: "A", ttlSeconds: 60, records: ["127.0.9.8"] });
    }
    servers.set(`127.0.${index + 1}.53`, server);
  }
  const world: World = {
    seed,
    clock,
    random,
    script: scriptOf(random, commits),
    servers,
    violations: [],
    // In half of the histories one region is down.
    probes: fakeProbes(clock, (address) => seed % 2 === 0 || !address.includes("127.0.2.")),
  };
  const stop = makeAbort();
  const regions = [...servers.values()].map((server, index) =>
    startRegion(world, index, server, stop.signal),
  );
  await disturb(world);
  for (const server of servers.values()) {
    server.setFaults({});
    server.setReachable(true);
  }
  await clock.run(horizonMs - 60_000);
  const before = activity(regions);
  await clock.run(horizonMs);
  const restless = activity(regions) - before;
  const leftOver = await stillWanted(world);
  stop.abort();
  await clock.advance(1);
  return {
    violations: world.violations,
    journals: regions.map(({ journal }) => journal),
    statuses: regions.map(({ status }) => status()),
    leftOver,
    restless,
    writes: regions.reduce((sum, { server }) => sum + server.writes(), 0),
  };
}

function startRegion(
  world: World,
  index: number,
  server: FakeNameServer,
  signal: ReturnType<typeof makeAbort>["signal"],
): Region {
  const { clock, seed, servers } = world;
  const cluster = required(simClusters[index], "as many regions as clusters");
  const journal = memoryJournal(`control/${cluster}`, clock);
  const random = seededRandom(seed * 31 + index);
  let intent: Intent | undefined;
  const source = lateSource(world, random);
  const observed: DocumentSource = {
    async read() {
      const snapshot = await source.read();
      intent = await gather({ read: async () => snapshot }, undefined);
      return snapshot;
    },
  };
  const env = {
    clock,
    random,
    journal,
    log: memoryLog(),
    metrics: memoryMetrics(),
  };
  const controller = makeDnsController(
    env,
    {
      source: observed,
      nameServer: (id) => {
        const check = {
          zone,
          nowMs: clock.monotonicMs,
          intent: () => intent,
          isKnown: world.probes.isKnown,
          report: (v: Violation) => void world.violations.push(v),
        };
        if (id === server.id) return checkedNameServer(server, check);
        throw new Failure("Unexpected", `${cluster} reaches for ${id}, which is not its own`);
      },
      dns: fakeDnsClient({
        servers,
        zone,
        clock,
        random,
        probes: world.probes,
        lostPerMille: () => (clock.monotonicMs() < calmAtMs ? 200 : 0),
      }),
    },
    { cluster, pollMs: 2_000, reconcileMs: 10_000, observeOnly: false },
  );
  const running = controller.run(signal).catch((thrown: unknown) => {
    const what = `the controller ended: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    world.violations.push({ atMs: clock.monotonicMs(), server: server.id, what });
  });
  void running; // It ends with the signal; what goes wrong is a violation.
  return { cluster, server, journal, status: controller.current };
}

/** The newest commit as one region sees it: up to eight seconds late, and sometimes not at all. */
function lateSource({ clock, script }: World, random: Random): DocumentSource {
  let seen = 0;
  return {
    async read() {
      const nowMs = clock.monotonicMs();
      const calm = nowMs >= calmAtMs;
      if (!calm && seen === 0 && chance(random, 200)) {
        throw new Failure("SourceUnavailable", "the repository is away");
      }
      const newest = Math.floor((nowMs - (calm ? 0 : random.below(8_000))) / commitEveryMs);
      seen = Math.max(seen, Math.min(script.length - 1, newest));
      const snapshot = required(script[seen], "a revision of the script");
      const away = !calm && chance(random, 100);
      return away
        ? { ...snapshot, stale: new Failure("SourceUnavailable", "the repository is away") }
        : snapshot;
    },
  };
}

/** Faults and hands until it becomes calm. */
async function disturb(world: World): Promise<void> {
  const { clock, random, servers } = world;
  while (clock.monotonicMs() < calmAtMs) {
    for (const server of servers.values()) {
      server.setReachable(!chance(random, 150));
      server.setFaults({
        unreachablePerMille: random.below(200),
        failsBeforePerMille: random.below(200),
        failsAfterPerMille: random.below(200),
        slowPerMille: random.below(200),
        slowMs: 1 + random.below(4_000),
        remembersPerMille: random.below(300),
      });
      if (chance(random, 200)) editByHand(server, random);
    }
    await clock.advance(500 + random.below(3_000));
  }
}

/** Somebody changes one of our records on the server, or takes its comment away's readability. */
function editByHand(server: FakeNameServer, random: Random): void {
  const ours = server.rrsets(zone).filter((rrset) => rrset.ownership !== undefined);
  if (ours.length === 0) return;
  const rrset = pick(random, ours);
  const { ownership: _, ...bare } = rrset;
  if (rrset.type === "LUA" && chance(random, 300)) server.put(zone, bare);
  else if (chance(random, 500)) server.put(zone, { ...rrset, ttlSeconds: 1 + random.below(600) });
  else server.put(zone, { ...rrset, ownership: { application: "", placement: "" } });
}

function activity(regions: readonly Region[]): number {
  return regions.reduce(
    (sum, { journal, server }) => sum + journal.events.length + server.writes(),
    0,
  );
}

/** Changes that the last revision still asks for. */
async function stillWanted(world: World): Promise<number> {
  const last = required(world.script.at(-1), "the script has an end");
  const { desired } = await gather({ read: async () => last }, undefined);
  const wanted = required(desired, "the last revision declares a Sovereign");
  const plans = [...world.servers.values()].map((server) =>
    planZone(wanted, server.rrsets(zone), { holdRemovals: false }),
  );
  return plans.reduce((sum, plan) => sum + plan.changes.length, 0);
}
