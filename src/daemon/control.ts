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
import { countedJournal } from "../control/counted-journal.ts";
import { type DnsController, makeDnsController } from "../control/dns-controller.ts";
import type { Env, Journal, Signal } from "../control/env.ts";
import { supervise } from "../control/supervisor.ts";
import { type Wakeable, wakeable } from "../control/wakeable.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import type { ControlConfig } from "./config.ts";
import { readCredential } from "./credential.ts";
import { makeHttpApp } from "./http-app.ts";
import { listen } from "./listen.ts";
import { dnsPortsOf } from "./ports.ts";
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
  const journal = await openFileJournal({ folder: config.journal, stream, clock: systemClock });
  const ending = makeEnding(signal);
  const env: Env = {
    clock: systemClock,
    random: systemRandom,
    log,
    metrics,
    journal: countedJournal(endingWithJournal(journal, ending.fail), metrics),
  };
  try {
    if (journal.cut !== undefined) {
      log.warn("the journal's torn tail was cut", journal.cut);
      await env.journal.append({ type: "journal.tailCut", data: journal.cut });
    }
    metrics.gauge("sovereign_build_info", 1, { version });
    const { cluster, pollMs, reconcileMs } = config;
    const dns = { cluster, pollMs, reconcileMs, observeOnly: options.observeOnly };
    const notifies = {
      onOwed: (failure: Failure): void => log.warn(failure.message, failure.toJson()),
      owedAtStart: !options.observeOnly,
    };
    let controller: DnsController = makeDnsController(env, dnsPortsOf(config, notifies), dns);
    const status = (): JsonObject => ({ version, stream, dns: controller.current() });
    const onFailure = (failure: Failure): void => log.error(failure.message, failure.toJson());
    const pause = wakeable(systemClock, shortestPauseMs);
    const webhook = webhookOf(config, env, pause);
    const server = await listen(makeHttpApp({ status, metrics, webhook, onFailure }), config.http);
    try {
      await env.journal.append({
        type: "control.started",
        data: { version, cluster, observeOnly: options.observeOnly },
      });
      log.info("control started", { cluster, url: server.url, observeOnly: options.observeOnly });
      options.onReady?.(server.url);
      const run = (stop: Signal): Promise<void> => {
        // A controller that failed begins again without what it remembered.
        controller = makeDnsController(env, dnsPortsOf(config, notifies), dns);
        return controller.run(stop, pause);
      };
      const { stuck } = await supervise(env, [{ name: "dns", run }], ending.signal);
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

function notStopped(stuck: readonly string[]): Failure {
  return new Failure("TimedOut", `not stopped in time: ${stuck.join(", ")}`);
}

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
