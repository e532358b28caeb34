/**
 * The control process of one region (`sovereign control`): the journal, the controllers under their supervisor,
 * and the HTTP interface; it ends when its signal is given or when its journal can not be written.
 */
import { systemClock } from "../adapters/clock.ts";
import { openFileJournal } from "../adapters/journal/file-journal.ts";
import { makeLog } from "../adapters/log.ts";
import { makeMetrics } from "../adapters/metrics.ts";
import { systemRandom } from "../adapters/random.ts";
import { makeAbort } from "../control/abort.ts";
import { type AgentWatch, makeAgentWatch } from "../control/agents/agent-watch.ts";
import { countedJournal } from "../control/counted-journal.ts";
import { type DnsController, makeDnsController } from "../control/dns-controller.ts";
import type { Env, Journal, Signal } from "../control/env.ts";
import { keptTail } from "../control/kept-tail.ts";
import { type Controller, supervise } from "../control/supervisor.ts";
import { type Wakeable, wakeable } from "../control/wakeable.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { ControlConfig } from "./config.ts";
import { readConsoleFiles } from "./console-files.ts";
import { readCredential } from "./credential.ts";
import { makeDrillShelf } from "./drills/drill-shelf.ts";
import { makeHttpApp } from "./http-app.ts";
import { listen } from "./listen.ts";
import { agentsOf, dnsPortsOf } from "./ports.ts";
import { linesBefore, tailLength, topologySource } from "./topology.ts";
import { version } from "./version.ts";
import type { WebhookFacts } from "./webhook.ts";

export type ControlOptions = {
  /** Reads, decides, journals and shows, and changes nothing (DESIGN §7.18). */
  readonly observeOnly: boolean;
  /** Called once the process works; `url` is that of its HTTP interface. */
  readonly onReady?: (url: string) => void;
};

/** Runs until `signal`; fails with AlreadyRunning, JournalCorrupt, JournalUnwritable or AddressTaken. */
export async function runControl(
  config: ControlConfig,
  options: ControlOptions,
  signal: Signal,
): Promise<void> {
  const log = makeLog("control");
  const metrics = makeMetrics();
  const stream = `control/${config.cluster}`;
  const before = await linesBefore(config.journal);
  const journal = await openFileJournal({ folder: config.journal, stream, clock: systemClock });
  const ending = makeEnding(signal);
  const durable = countedJournal(endingWithJournal(journal, ending.fail), metrics);
  const kept = keptTail(durable, tailLength, before);
  const env: Env = {
    clock: systemClock,
    random: systemRandom,
    log,
    metrics,
    journal: kept.journal,
  };
  try {
    if (journal.cut !== undefined) {
      log.warn("the journal's torn tail was cut", journal.cut);
      await env.journal.append({ type: "journal.tailCut", data: journal.cut });
    }
    metrics.gauge("sovereign_build_info", 1, { version });
    const { cluster } = config;
    const parts = makeParts(env, config, options);
    const onFailure = (failure: Failure): void => log.error(failure.message, failure.toJson());
    const app = makeHttpApp({
      status: () => ({ version, stream, dns: parts.controller().current() }),
      topology: topologySource({ ...parts, tail: kept.tail, nowMs: systemClock.nowMs }),
      drills: makeDrillShelf(config.drills, { cluster, version, nowMs: systemClock.nowMs }),
      console: await readConsoleFiles(),
      metrics,
      webhook: parts.webhook,
      onFailure,
    });
    const server = await listen(app, config.http);
    try {
      await env.journal.append({
        type: "control.started",
        data: { version, cluster, observeOnly: options.observeOnly },
      });
      log.info("control started", { cluster, url: server.url, observeOnly: options.observeOnly });
      options.onReady?.(server.url);
      const { stuck } = await supervise(env, parts.controllers, ending.signal);
      if (stuck.length > 0) ending.fail(notStopped(stuck));
    } finally {
      await server.close();
    }
    if (ending.failure() === undefined)
      await env.journal.append({ type: "control.stopped", data: { cluster } });
  } finally {
    await journal.close();
  }
  const failure = ending.failure();
  if (failure !== undefined) throw failure;
  log.info("control stopped", { cluster: config.cluster });
}

type Parts = {
  /** The controller that runs now. */
  readonly controller: () => DnsController;
  readonly watch: AgentWatch;
  readonly controllers: readonly Controller[];
  readonly webhook: WebhookFacts;
};

/** What runs under the supervisor, and what wakes it; nothing happens before it is run. */
function makeParts(env: Env, config: ControlConfig, { observeOnly }: ControlOptions): Parts {
  const { cluster, pollMs, reconcileMs } = config;
  const notifies = {
    onOwed: (failure: Failure): void => env.log.warn(failure.message, failure.toJson()),
    owedAtStart: !observeOnly,
  };
  const pause = wakeable(systemClock, shortestPauseMs);
  const agents = agentsOf(config);
  const watch = makeAgentWatch(env, agents, { ...agentWatching, onTurned: pause.wake });
  const makeController = (): DnsController => {
    const ports = { ...dnsPortsOf(config, notifies), authority: watch.words };
    return makeDnsController(env, ports, { cluster, pollMs, reconcileMs, observeOnly });
  };
  let controller = makeController();
  const run = (stop: Signal): Promise<void> => {
    // A controller that failed begins again without what it remembered.
    controller = makeController();
    return controller.run(stop, pause);
  };
  const hear = { name: "agents", run: watch.run };
  return {
    controller: () => controller,
    watch,
    controllers: [{ name: "dns", run }, ...(agents.length === 0 ? [] : [hear])],
    webhook: webhookOf(config, env, pause),
  };
}

function notStopped(stuck: readonly string[]): Failure {
  return new Failure("TimedOut", `not stopped in time: ${stuck.join(", ")}`);
}

/** Every agent is asked so often, and told of as silent after so long. */
const agentWatching = { everyMs: 1_000, silentAfterMs: 5_000 } as const;

/** Pushes in a burst are one reading of the source. */
const shortestPauseMs = 250;

/** A push is on record, once for each body however often it is sent, and then wakes the reading of the source. */
function webhookOf({ source, webhook }: ControlConfig, env: Env, pause: Wakeable): WebhookFacts {
  const ref = webhook?.secret;
  return {
    readSecret:
      ref === undefined ? undefined : () => readCredential(ref, "the secret of the webhook"),
    branch: source.kind === "git" ? source.branch : "",
    async onPush({ branch, commit, digest }) {
      const data = { branch, commit };
      await env.journal.append({ type: "source.pushReceived", data, key: `push ${digest}` });
      env.log.info("a push was received", data);
      pause.wake();
    },
  };
}

type Ending = {
  readonly signal: Signal;
  readonly fail: (failure: Failure) => void;
  readonly failure: () => Failure | undefined;
};

/** One signal for both ways to end: being asked to, and not being able to go on. */
function makeEnding(signal: Signal): Ending {
  const ending = makeAbort();
  let failed: Failure | undefined;
  if (signal.aborted) ending.abort();
  signal.addEventListener("abort", () => ending.abort(), { once: true });
  return {
    signal: ending.signal,
    fail: (failure) => {
      failed ??= failure;
      ending.abort();
    },
    failure: () => failed,
  };
}

/** A journal that can not be written ends the process: nothing may be done that is not on record. */
function endingWithJournal(journal: Journal, fail: (failure: Failure) => void): Journal {
  return {
    async append(event) {
      try {
        return await journal.append(event);
      } catch (thrown) {
        const failure = Failure.from(thrown, "journal");
        if (failure.code === "JournalUnwritable") fail(failure);
        throw failure;
      }
    },
  };
}
