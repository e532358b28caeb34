/**
 * One life of a region agent: everything that follows from one state of the group's document. When that changes, a life ends and the next
 * one takes its tenure from the watchdog, as a restarted process would (ADR 34).
 */
import { meteredWitness } from "../../adapters/witness/metered-witness.ts";
import { makeAbort } from "../../control/abort.ts";
import type { Signal } from "../../control/env.ts";
import { runRelease } from "../../control/failover/application-release.ts";
import { runFollow } from "../../control/failover/follow-loop.ts";
import { agentDefaults } from "../../control/failover/options.ts";
import type { AgentPorts } from "../../control/failover/ports.ts";
import { publishingCeilings } from "../../control/failover/published-ceilings.ts";
import { makeRegionAgent, type RegionAgent } from "../../control/failover/region-agent.ts";
import { severalServices } from "../../control/failover/several-services.ts";
import { readPeopleReport } from "../../core/failover/people-report.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import { releaseParts } from "./application-release.ts";
import { changeText } from "./change-text.ts";
import type { GroupDocuments } from "./documents.ts";
import { type OpenedGroupWitness, openGroupWitness } from "./group-witness.ts";
import { openPeerPaths, type PeerPaths } from "./peer-paths.ts";
import { type PeerReportOptions, readPeerReport } from "./peer-report.ts";
import { type ReadinessCheck, readinessCheck } from "./readiness-check.ts";
import { reportOf } from "./report.ts";
import { dataFoldersOf, type OpenServices, openServices } from "./services.ts";
import { makeTraffic, type Traffic } from "./traffic.ts";
import { type KeptWatchdog, keepWatchdog, noWatchdog } from "./watchdog-kept.ts";
import { watchdogConfigOf } from "./watchdog-setup.ts";
import type { AgentWorld } from "./world.ts";

export type AgentLife = {
  readonly documents: GroupDocuments;
  readonly agent: RegionAgent;
  readonly readiness: ReadinessCheck;
  /** Takes what the peer's agent sent over HTTPS; false when it is no message. */
  readonly receive: (json: unknown) => boolean;
  readonly witnessFailure: () => Failure | null;
  /** What newer documents change and when that is taken over; null when they change nothing. */
  readonly change: () => string | null;
  /** Works until the signal is given; rejects by a bug of ours only. */
  run(signal: Signal): Promise<void>;
  /** Leaves the tenure with the watchdog. */
  close(): Promise<void>;
};

type LifeParts = {
  readonly witness: OpenedGroupWitness;
  readonly peer: PeerPaths;
  readonly watchdog: KeptWatchdog;
  readonly traffic: Traffic;
};

/** A life by these documents; nothing is decided before `run`. Fails as the watchdog, the witness or the heartbeat do. */
export async function makeLife(world: AgentWorld, documents: GroupDocuments): Promise<AgentLife> {
  const { config, env, observeOnly } = world;
  const { context, group } = documents;
  const readPatienceMs = group.timing.ttlMs;
  const storeLimitMs = storeLimit(world, documents);
  const options = { ...agentDefaults(group), readPatienceMs, storeLimitMs, observeOnly };
  const witness = openGroupWitness(world, documents);
  const watchdogConfig = watchdogConfigOf(config, group.timing, options.gapNoticeMs);
  const watchdog = observeOnly
    ? noWatchdog
    : await keepWatchdog(env, watchdogConfig, config.watchdog.startedBy);
  const services = openServices(config, documents, {
    watchdog: watchdog.link,
    isOwn: () => agent.current().authority.kind === "own",
  });
  const peer = await openPeerPaths(world, documents, options, () => agent.current());
  const traffic = makeTraffic({ env, config, documents, agent: () => agent, observeOnly });
  const parts: LifeParts = { witness, peer, watchdog, traffic };
  const readiness = readinessOf(world, documents, parts, () => agent);
  const ports: AgentPorts = {
    witness: publishingCeilings(
      meteredWitness(witness, { ...env, quota: quotaOf(world, documents) }),
      services.services,
    ),
    stores: world.records.stores,
    peer: peer.link,
    watchdog: watchdog.link,
    data: readiness.over(severalServices(services.services)),
    evidence: peer.evidence,
  };
  const agent = makeRegionAgent(env, ports, context, options, world.failovers);
  const life: AgentLife = {
    documents,
    agent,
    readiness,
    receive: peer.receive,
    witnessFailure: witness.failure,
    change: () => changeOf(world),
    run: (signal) => live({ world, life, watchdog, services, traffic }, signal),
    async close() {
      watchdog.close();
      witness.close();
      await Promise.all([peer.close(), services.close()]);
    },
  };
  return life;
}

/** An API server is asked over TLS and syncs a disk too; a busy machine needs longer for it than for the disk alone. */
function storeLimit({ records }: AgentWorld, { group }: GroupDocuments): number {
  const { rpcTimeoutMs } = group.timing;
  return records.stores.length > 1 ? 2 * rpcTimeoutMs : rpcTimeoutMs;
}

type Living = {
  readonly world: AgentWorld;
  readonly life: AgentLife;
  readonly watchdog: KeptWatchdog;
  readonly services: OpenServices;
  readonly traffic: Traffic;
};

/** The agent with what goes on beside it. */
async function live(living: Living, signal: Signal): Promise<void> {
  const { world, life, watchdog } = living;
  const { agent, readiness, documents } = life;
  const stop = makeAbort();
  signal.addEventListener("abort", stop.abort, { once: true });
  if (signal.aborted) stop.abort();
  // It only reads, and a watchdog that is being started is the next life's as well: nobody waits for their ends.
  void readiness.run(stop.signal);
  void watchdog.run(() => agent.current().authority.kind === "none", stop.signal);
  const parts = { services: living.services.services, current: () => agent.current() };
  // What it has under way ends with the services, when this life is closed.
  if (!world.observeOnly) void runFollow(world.env, parts, stop.signal);
  const sight = {
    documents,
    agent,
    peer: peerReportOf(world, documents),
    ownReport: () => {
      const read = readPeopleReport(reportOf(world, life));
      return read.ok ? read.value : null;
    },
  };
  void runRelease(world.env, releaseParts(world, sight), stop.signal);
  void living.traffic.run(stop.signal);
  try {
    await agent.run(stop.signal);
  } finally {
    stop.abort();
    signal.removeEventListener("abort", stop.abort);
  }
}

function peerReportOf(
  { config, tls }: AgentWorld,
  { context, group }: GroupDocuments,
): PeerReportOptions {
  const timeoutMs = group.timing.rpcTimeoutMs;
  return { peer: context.peer, url: config.peer.url, tls, timeoutMs };
}

function quotaOf({ config }: AgentWorld, { group }: GroupDocuments) {
  const { requestsPerDay } = config.witness;
  const { renewEveryMs } = group.timing;
  return requestsPerDay === undefined ? undefined : { requestsPerDay, renewEveryMs };
}

function changeOf({ watch }: AgentWorld): string | null {
  return changeText(watch.change(), watch.newest().revision);
}

function readinessOf(
  world: AgentWorld,
  documents: GroupDocuments,
  { witness, watchdog, traffic }: LifeParts,
  agent: () => RegionAgent,
): ReadinessCheck {
  const { context, group, revision } = documents;
  const { config, env, journal, watch, records } = world;
  const peer = peerReportOf(world, documents);
  return readinessCheck(env, {
    fence: config.watchdog.fence,
    dataFolders: dataFoldersOf(config),
    watchdog,
    readHolder: witness.holder,
    readPeer: (signal) => readPeerReport(peer, signal),
    tryJournal: journal.tryAgain,
    state: () => agent().current(),
    known: () => ({
      self: context.self,
      group,
      journal: journal.failure(),
      records: records.problems(),
      traffic: traffic.reasons(),
      documents: {
        change: watch.change()?.isShared === true ? changeOf(world) : null,
        problem: watch.problem(),
      },
      revision,
      witnessFailure: witness.failure(),
      olderWatchdog: watchdog.older(),
    }),
  });
}
