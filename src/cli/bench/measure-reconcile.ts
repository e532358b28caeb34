/** How long reading, planning and writing a large zone takes, what a steady state costs, and whether memory stays flat. */
import { systemClock } from "../../adapters/clock.ts";
import { powerDnsNameServer } from "../../adapters/powerdns/name-server.ts";
import { applyToServer } from "../../control/dns/apply.ts";
import type { NameServer } from "../../control/env.ts";
import { planZone } from "../../core/dns/plan.ts";
import { type DesiredZone, desiredZone } from "../../core/dns/zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import { benchDocuments, benchPlacements } from "./documents.ts";
import type { PdnsProcess } from "./pdns-process.ts";

export type ReconcileResult = {
  readonly applications: number;
  readonly rrsets: number;
  readonly catalogueMs: number;
  readonly desiredMs: number;
  /** The plan of an empty zone, and of a zone that holds everything. */
  readonly planEmptyMs: number;
  readonly planSteadyMs: number;
  readonly readZoneMs: number;
  /** Requests of the first write, and how long they took without reading the zone. */
  readonly firstWriteRequests: number;
  readonly firstWriteMs: number;
  /** The whole first round: read, plan, write, read back. */
  readonly firstRoundMs: number;
  readonly steadyRounds: number;
  readonly steadyRoundMs: number;
  readonly steadyWrites: number;
  /** By placement: rrsets and requests after one Application of it changed. */
  readonly oneChanged: readonly {
    readonly placement: string;
    readonly rrsets: number;
    readonly requests: number;
    readonly roundMs: number;
  }[];
  /** Every tenth round, after a garbage collection when there is one. */
  readonly memory: readonly {
    readonly round: number;
    readonly heapMb: number;
    readonly rssMb: number;
  }[];
};

export type ReconcileOptions = {
  readonly applications: number;
  readonly rounds: number;
  /** Port on which the backends answer. */
  readonly port: number;
  readonly onProgress: (line: string) => void;
};

type Counted = NameServer & { readonly counts: { requests: number; changes: number; ms: number } };

/** The server with its writes counted. */
function counted(server: NameServer): Counted {
  const counts = { requests: 0, changes: 0, ms: 0 };
  return {
    ...server,
    counts,
    async change(zone, changes, signal) {
      const started = performance.now();
      await server.change(zone, changes, signal);
      counts.requests += 1;
      counts.changes += changes.length;
      counts.ms += performance.now() - started;
    },
  };
}

/** All of it, on a zone that is empty at first and full afterwards. */
export async function measureReconcile(
  pdns: PdnsProcess,
  options: ReconcileOptions,
): Promise<ReconcileResult> {
  const { applications, rounds, port, onProgress } = options;
  const server = powerDnsNameServer(pdns.options);
  const documents = benchDocuments(applications, port);
  const catalogue = timed(() => readCatalogue(documents, []));
  const desired = timed(() => zoneOf(documents));
  const zone = desired.value;
  const planEmpty = timed(() => planZone(zone, [], { holdRemovals: false }));
  onProgress(`writing ${planEmpty.value.changes.length} rrsets`);
  const first = await round(server, zone);
  const started = performance.now();
  const actual = await server.readZone(zone.zone);
  const readZoneMs = performance.now() - started;
  const planSteady = timed(() => planZone(zone, actual, { holdRemovals: false }));
  const steady = await steadyRounds(server, zone, rounds, onProgress);
  const oneChanged = [];
  for (const [index, placement] of benchPlacements.entries()) {
    onProgress(`changing one Application in ${placement}`);
    const changed = await round(server, zoneOf(benchDocuments(applications, port, index)));
    const { changes, requests } = changed.counts;
    oneChanged.push({ placement, rrsets: changes, requests, roundMs: changed.ms });
    await round(server, zone);
  }
  return {
    applications,
    rrsets: planEmpty.value.changes.length,
    catalogueMs: catalogue.ms,
    desiredMs: desired.ms - catalogue.ms,
    planEmptyMs: planEmpty.ms,
    planSteadyMs: planSteady.ms,
    readZoneMs,
    firstWriteRequests: first.counts.requests,
    firstWriteMs: first.counts.ms,
    firstRoundMs: first.ms,
    oneChanged,
    ...steady,
  };
}

async function steadyRounds(
  server: NameServer,
  zone: DesiredZone,
  rounds: number,
  onProgress: (line: string) => void,
): Promise<Pick<ReconcileResult, "steadyRounds" | "steadyRoundMs" | "steadyWrites" | "memory">> {
  const memory: ReconcileResult["memory"][number][] = [];
  let [ms, writes] = [0, 0];
  for (let number = 1; number <= rounds; number++) {
    const done = await round(server, zone);
    ms += done.ms;
    writes += done.counts.changes;
    if (number % 10 !== 0 && number !== 1) continue;
    onProgress(`steady round ${number} of ${rounds}`);
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    memory.push({ round: number, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 });
  }
  return {
    steadyRounds: rounds,
    steadyRoundMs: ms / Math.max(1, rounds),
    steadyWrites: writes,
    memory,
  };
}

/** One round of the product's own path. Fails as the server does. */
async function round(server: NameServer, desired: DesiredZone) {
  const own = counted(server);
  const started = performance.now();
  const outcome = await applyToServer(own, {
    clock: systemClock,
    desired,
    holdRemovals: false,
    observeOnly: false,
    unconfirmed: [],
    onPlanned: () => Promise.resolve(),
  });
  if (outcome.failure !== undefined) throw outcome.failure;
  return { ms: performance.now() - started, counts: own.counts };
}

function zoneOf(documents: ReturnType<typeof benchDocuments>): DesiredZone {
  const catalogue = readCatalogue(documents, []);
  const [problem] = catalogue.problems;
  if (problem !== undefined) throw new Failure(problem.code, `${problem.path}: ${problem.found}`);
  return required(desiredZone(catalogue), "the documents declare a Sovereign");
}

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const started = performance.now();
  const value = work();
  return { value, ms: performance.now() - started };
}
