/**
 * Keeps the controllers of a program running: one that fails or ends by itself is started again after a growing wait,
 * journalled and counted. One signal stops them all. A bug (AssertionError) restarts its controller too, loudly.
 */
import { AssertionError, assert } from "../core/kernel/assert.ts";
import { type BackoffOptions, backoffMs } from "../core/kernel/backoff.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import { makeAbort, whenAborted } from "./abort.ts";
import type { Env, Signal } from "./env.ts";

export type Controller = {
  /** Unique in its program; the label of its metrics and events. */
  readonly name: string;
  /** Works until the signal is given, then cleans up and resolves; rejects when it can not go on. */
  readonly run: (signal: Signal) => Promise<void>;
};

export type SuperviseOptions = {
  /** Waits between restarts; a run longer than the ceiling begins again with the first wait. */
  readonly backoff: BackoffOptions;
  /** How long a stop may take before it is given up. */
  readonly stopLimitMs: number;
};

export const superviseDefaults: SuperviseOptions = {
  backoff: { firstMs: 500, ceilingMs: 30_000 },
  stopLimitMs: 10_000,
};

/** How a program's controllers ended: `stuck` names those that did not stop within the limit. */
export type SuperviseOutcome = { readonly stuck: readonly string[] };

/** Runs the controllers until the signal is given and they have stopped; rejects only when two share a name. */
export async function supervise(
  env: Env,
  controllers: readonly Controller[],
  signal: Signal,
  options: SuperviseOptions = superviseDefaults,
): Promise<SuperviseOutcome> {
  const running = new Set(controllers.map((controller) => controller.name));
  assert(
    running.size === controllers.length,
    "every controller of a program has a name of its own",
  );
  const allStopped = makeAbort();
  for (const controller of controllers) {
    // Not awaited here: the wait below has a limit, which Promise.all has not.
    void keepRunning(env, controller, signal, options.backoff).then(() => {
      running.delete(controller.name);
      if (running.size === 0) allStopped.abort();
    });
  }
  await whenAborted(signal);
  if (running.size > 0) await env.clock.sleep(options.stopLimitMs, allStopped.signal);
  const stuck = [...running];
  if (stuck.length > 0) {
    env.log.error("controllers did not stop in time", { stuck, limitMs: options.stopLimitMs });
  }
  return { stuck };
}

async function keepRunning(
  env: Env,
  { name, run }: Controller,
  signal: Signal,
  backoff: BackoffOptions,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    const startedMs = env.clock.monotonicMs();
    const outcome = await outcomeOf(run, signal);
    if (signal.aborted) {
      if (!outcome.ended) sayFailedWhileStopping(env, name, outcome.thrown);
      return;
    }
    const ranMs = env.clock.monotonicMs() - startedMs;
    if (ranMs > backoff.ceilingMs) attempt = 1;
    const waitMs = backoffMs(attempt, backoff, env.random);
    const thrown = outcome.ended ? endedByItself(name) : outcome.thrown;
    sayFailed(env, name, thrown, { attempt, ranMs, waitMs });
    await env.clock.sleep(waitMs, signal);
    if (!signal.aborted) sayRestarted(env, name, attempt);
  }
}

type Outcome = { readonly ended: true } | { readonly ended: false; readonly thrown: unknown };

async function outcomeOf(run: Controller["run"], signal: Signal): Promise<Outcome> {
  try {
    await run(signal);
    return { ended: true };
  } catch (thrown) {
    return { ended: false, thrown };
  }
}

function endedByItself(name: string): Failure {
  return new Failure("Unexpected", "the controller ended without being asked to", { where: name });
}

function sayFailed(
  env: Env,
  name: string,
  thrown: unknown,
  times: { readonly attempt: number; readonly ranMs: number; readonly waitMs: number },
): void {
  const failure = Failure.from(thrown, name).toJson();
  const bug = thrown instanceof AssertionError;
  const fields: JsonObject = { controller: name, failure, bug, ...times };
  if (bug) {
    const stack = thrown.stack ?? thrown.message;
    env.log.error("a controller has a bug and is started again", { ...fields, stack });
  } else {
    env.log.warn("a controller failed and is started again", fields);
  }
  journal(env, "controller.failed", fields);
}

function sayRestarted(env: Env, name: string, attempt: number): void {
  env.log.info("a controller is started again", { controller: name, attempt });
  env.metrics.count("sovereign_controller_restarts_total", { controller: name });
  journal(env, "controller.restarted", { controller: name, attempt });
}

function sayFailedWhileStopping(env: Env, name: string, thrown: unknown): void {
  const failure = Failure.from(thrown, name);
  if (failure.code === "Cancelled") return; // That is how a wait ends that was stopped.
  env.log.warn("a controller failed while it stopped", {
    controller: name,
    failure: failure.toJson(),
  });
}

function journal(env: Env, type: string, data: JsonObject): void {
  // Not awaited: a journal that is slow or full must not keep a controller from being started again.
  void env.journal.append({ type, data }).catch((thrown: unknown) => {
    env.log.error("an event could not be journalled", {
      type,
      failure: Failure.from(thrown, "journal").toJson(),
    });
  });
}
