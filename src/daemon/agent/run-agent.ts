/**
 * The region agent as a process (`sovereign agent`): its state folder, its listeners, and one life after the other. It needs the witness
 * and its own machine; no database, no peer and no control plane is needed for it to hold a lease, or to fence.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { machineClock } from "../../adapters/agent/machine-clock.ts";
import { tlsFiles } from "../../adapters/agent/tls-files.ts";
import { acquireLock, type Lock } from "../../adapters/journal/lock.ts";
import { makeLog } from "../../adapters/log.ts";
import { makeMetrics } from "../../adapters/metrics.ts";
import { systemRandom } from "../../adapters/random.ts";
import { makeAbort } from "../../control/abort.ts";
import { countedJournal } from "../../control/counted-journal.ts";
import type { Env, Log, Signal } from "../../control/env.ts";
import { failoverGauges } from "../../core/failover/rpo-gauges.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { listen } from "../listen.ts";
import { sourceOf } from "../ports.ts";
import { version } from "../version.ts";
import { agentJournal } from "./agent-journal.ts";
import { makeApiApp } from "./api-app.ts";
import { applicationHealth } from "./application-health.ts";
import type { AgentConfig } from "./config.ts";
import { openDocumentWatch } from "./document-watch.ts";
import type { GroupDocuments } from "./documents.ts";
import { openFailoverFile } from "./failover-file.ts";
import { mayTakeOver, needsItsMemory } from "./group-change.ts";
import { openGroupWitness } from "./group-witness.ts";
import { makeHealthApp } from "./health-app.ts";
import { type AgentLife, makeLife } from "./life.ts";
import { openOrderDesk } from "./order-desk.ts";
import { openRecordStores } from "./record-stores.ts";
import { reportOf } from "./report.ts";
import { checkServices } from "./services.ts";
import { listenTls } from "./tls-listen.ts";
import type { AgentWorld } from "./world.ts";

export type AgentRunOptions = {
  /** Reads, decides, journals and shows, and changes nothing (DESIGN §7.18). */
  readonly observeOnly: boolean;
};

/**
 * Runs until `signal`, and leaves the tenure with the watchdog. Fails with AlreadyRunning, ConfigInvalid, SourceUnavailable, AddressTaken,
 * CredentialUnreadable (certificates) or as the watchdog's start does; by a bug of ours it rejects, and the watchdog fences.
 */
export async function runAgent(
  config: AgentConfig,
  { observeOnly }: AgentRunOptions,
  signal: Signal,
): Promise<void> {
  const log = makeLog("agent");
  const lock = await lockState(config.state, log);
  try {
    const world = await makeWorld(config, observeOnly, log);
    try {
      await runIn(world, signal);
    } finally {
      await world.journal.close();
    }
  } finally {
    await lock?.release();
  }
}

async function runIn(world: AgentWorld, signal: Signal): Promise<void> {
  const { config, env, observeOnly } = world;
  const stop = makeAbort();
  signal.addEventListener("abort", stop.abort, { once: true });
  if (signal.aborted) stop.abort();
  let life = await makeLife(world, world.watch.inUse());
  let listening: AgentListening | undefined;
  try {
    listening = await listenAll(world, () => life);
    const { cluster, group } = config;
    const { revision } = life.documents;
    const data = { version, cluster, group, revision, observeOnly, pid: process.pid };
    tell(env, "agent.started", data);
    env.log.info("agent started", { ...data, ...listening.urls });
    // They only read, and end by themselves soon after the signal.
    void world.applications.run(stop.signal);
    void world.watch.run(stop.signal);
    void world.records.run(stop.signal);
    for (let notBeforeMs = 0; ; ) {
      await liveUntilChange(world, life, { signal: stop.signal, notBeforeMs });
      if (stop.signal.aborted) break;
      await life.close();
      const next = await nextLife(world);
      life = next.life;
      notBeforeMs = next.notBeforeMs;
    }
    tell(env, "agent.stopped", { cluster, group });
    env.log.info("agent stopped", { cluster, group });
  } finally {
    stop.abort();
    await Promise.all([life.close(), listening?.close()]);
  }
}

/** Two agents with one memory would be one region twice. A disk that can not be written keeps nobody from fencing. */
async function lockState(state: string, log: Log): Promise<Lock | undefined> {
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    return await acquireLock(state, "is the agent of this folder");
  } catch (thrown) {
    const failure = Failure.from(thrown, state);
    if (failure.code === "AlreadyRunning") throw failure;
    log.error("the state folder can not be written", { failure: failure.toJson() });
    return undefined;
  }
}

async function makeWorld(config: AgentConfig, observeOnly: boolean, log: Log): Promise<AgentWorld> {
  const { cluster, group, state, pollMs } = config;
  const metrics = makeMetrics();
  metrics.gauge("sovereign_build_info", 1, { version });
  const stream = `agent/${cluster}`;
  const clock = machineClock;
  const journal = agentJournal({ folder: join(state, "journal"), stream, clock, log });
  const env: Env = {
    clock,
    random: systemRandom,
    log,
    metrics,
    journal: countedJournal(journal, metrics),
  };
  const records = openRecordStores(env, config, { observeOnly });
  const failovers = await openFailoverFile(env, join(state, "failovers.json"));
  const tls = tlsFiles(config.api.tls);
  const watch = await openDocumentWatch(env, {
    self: { cluster, group },
    source: sourceOf(config),
    state,
    pollMs,
    check: (documents) => checkUsable(config, env, documents),
  });
  const applications = applicationHealth({ urls: config.applications, clock });
  const kept = { journal, records, failovers };
  return { config, observeOnly, env, metrics, ...kept, tls, watch, applications };
}

/** Whether this agent can work by these documents at all. Fails with ConfigInvalid. */
function checkUsable(config: AgentConfig, env: Env, documents: GroupDocuments): void {
  openGroupWitness({ config, env }, documents).close();
  checkServices(config, documents.group);
}

type AgentListening = {
  readonly urls: { readonly health: string; readonly api: string };
  close(): Promise<void>;
};

/** The plain listener, and the one behind TLS. */
async function listenAll(world: AgentWorld, life: () => AgentLife): Promise<AgentListening> {
  const { config, env, metrics } = world;
  const onFailure = (failure: Failure): void => env.log.error(failure.message, failure.toJson());
  const report = () => reportOf(world, life());
  const render = (): Promise<string> => {
    for (const { name, value, labels } of failoverGauges(report())) {
      metrics.gauge(name, value, labels);
    }
    return metrics.render();
  };
  const healthApp = makeHealthApp({
    group: () => life().documents.group,
    health: () => life().agent.health(),
    readiness: (fqdn) => readinessOf(world, fqdn),
    report,
    metrics: { render, contentType: metrics.contentType },
    onFailure,
  });
  const apiApp = makeApiApp({
    group: config.group,
    peer: life().documents.context.peer,
    receive: (json) => life().receive(json),
    desk: await deskOf(world, life),
    report,
    onFailure,
  });
  const health = await listen(healthApp, config.health);
  try {
    const { address, port } = config.api;
    const api = await listenTls(apiApp, { address, port, tls: world.tls, onFailure });
    const urls = { health: health.url, api: api.url };
    return { urls, close: async () => void (await Promise.all([health.close(), api.close()])) };
  } catch (thrown) {
    await health.close();
    throw thrown;
  }
}

function deskOf({ config, env, observeOnly, watch }: AgentWorld, life: () => AgentLife) {
  return openOrderDesk({
    path: join(config.state, "orders.json"),
    agent: () => life().agent,
    documents: () => watch.newest(),
    wallMs: () => env.clock.nowMs(),
    observeOnly,
    journal: env.journal,
    log: env.log,
  });
}

/** An Application is configured by its FQDN, or by its first labels. */
function readinessOf({ applications, config }: AgentWorld, fqdn: string) {
  const name = Object.keys(config.applications).find(
    (one) => fqdn === one || fqdn.startsWith(`${one}.`),
  );
  return applications.of(name ?? fqdn);
}

const lookEveryMs = 200;

/** Resolves when the signal is given, or when newer documents can be taken over; rejects by a bug of ours. */
async function liveUntilChange(
  world: AgentWorld,
  life: AgentLife,
  { signal, notBeforeMs }: { readonly signal: Signal; readonly notBeforeMs: number },
): Promise<void> {
  const { env, watch, records } = world;
  const end = makeAbort();
  signal.addEventListener("abort", end.abort, { once: true });
  const looking = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await env.clock.sleep(lookEveryMs, end.signal);
      const change = watch.change();
      const { rpcTimeoutMs } = life.documents.group.timing;
      const mayNow = (): boolean => {
        const moment = { nowMs: env.clock.monotonicMs(), rpcTimeoutMs };
        if (change === undefined || moment.nowMs < notBeforeMs) return false;
        return mayTakeOver(change, life.agent.current(), moment);
      };
      if (!mayNow()) continue;
      // The next life begins with what it finds: neither a tenure nor a promise goes on without its memory.
      const needs = !world.observeOnly && needsItsMemory(life.agent.current());
      if (needs && !(await records.agree())) continue;
      if (mayNow()) end.abort();
    }
  };
  const looked = looking();
  try {
    await life.run(end.signal);
  } finally {
    end.abort();
    signal.removeEventListener("abort", end.abort);
    await looked;
  }
}

/** After a life by newer documents could not begin, how long the old ones are lived by before it is tried again. */
const pauseMs = 60_000;

type NextLife = { readonly life: AgentLife; readonly notBeforeMs: number };

/** The life by the newest documents, or by those in use again when it can not begin: only what is lived by is kept. */
async function nextLife(world: AgentWorld): Promise<NextLife> {
  const { env, watch } = world;
  const [before, newest] = [watch.inUse(), watch.newest()];
  const { revision } = newest;
  const fields = watch.change()?.fields ?? [];
  let life: AgentLife;
  try {
    life = await makeLife(world, newest);
  } catch (thrown) {
    const failure = Failure.from(thrown, revision).toJson();
    env.log.error("the agent can not go on by newer documents", { revision, failure });
    tell(env, "agent.documentsRefused", { revision, fields, failure });
    const notBeforeMs = env.clock.monotonicMs() + pauseMs;
    return { life: await makeLife(world, before), notBeforeMs };
  }
  await watch.takeOver(newest);
  tell(env, "agent.documentsTakenOver", { revision, fields, before: before.revision });
  env.log.info("the agent goes on by newer documents", { revision });
  return { life, notBeforeMs: 0 };
}

/** Not awaited: a journal that is slow or full stops no agent. */
function tell(
  { journal }: Env,
  type: string,
  data: Parameters<Env["journal"]["append"]>[0]["data"],
) {
  void journal.append({ type, data }).catch(() => undefined);
}
