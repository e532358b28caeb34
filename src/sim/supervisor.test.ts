/** The supervisor in seeded worlds where controllers fail. */
import { describe, expect, test } from "vitest";
import { makeAbort } from "../control/abort.ts";
import { countedJournal } from "../control/counted-journal.ts";
import type { Signal } from "../control/env.ts";
import { type Controller, type SuperviseOptions, supervise } from "../control/supervisor.ts";
import { assert } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random, seededRandom } from "../core/kernel/random.ts";
import { type SimEnv, simEnv } from "./sim-env.ts";

const options: SuperviseOptions = {
  backoff: { firstMs: 100, ceilingMs: 5_000 },
  stopLimitMs: 2_000,
};
const minuteMs = 60_000;

const eventsOf = (env: SimEnv, type: string) => env.journal.events.filter((e) => e.type === type);
const waitsOf = (env: SimEnv) =>
  eventsOf(env, "controller.failed").map((event) => Number(event.data["waitMs"]));

/** Runs the controllers for `ms` and then stops them. */
async function runFor(env: SimEnv, ms: number, controllers: readonly Controller[]) {
  const { signal, abort } = makeAbort();
  const supervised = supervise(env, controllers, signal, options);
  await env.clock.advance(ms);
  abort();
  await env.clock.advance(options.stopLimitMs);
  return supervised;
}

const failing = (name: string, what: () => unknown): Controller => ({
  name,
  run: async () => {
    throw what();
  },
});
const untilStopped = (env: SimEnv, name: string): Controller => ({
  name,
  run: (signal) => env.clock.sleep(Number.MAX_SAFE_INTEGER, signal),
});

describe("a controller that fails", () => {
  test("is started again after waits that grow up to the ceiling", async () => {
    const env = simEnv(1);
    await runFor(env, minuteMs, [failing("dns", () => new Failure("TimedOut", "slow"))]);
    const waits = waitsOf(env);
    expect(waits.length).toBeGreaterThan(10);
    for (const [index, waitMs] of waits.entries()) {
      const fullMs = Math.min(5_000, 100 * 2 ** index);
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs);
    }
  });

  test("is journalled with its failure, and counted when it is started again", async () => {
    const env = simEnv(2);
    const failure = new Failure("TimedOut", "slow", { where: "ns1" });
    await runFor(env, 10_000, [failing("dns", () => failure)]);
    const restarts = eventsOf(env, "controller.restarted");
    expect(eventsOf(env, "controller.failed")[0]?.data).toMatchObject({
      controller: "dns",
      failure: failure.toJson(),
      attempt: 1,
      bug: false,
    });
    expect(restarts[0]?.data).toEqual({ controller: "dns", attempt: 1 });
    const counted = 'sovereign_controller_restarts_total{controller="dns"}';
    expect(env.metrics.values.get(counted)).toBe(restarts.length);
  });

  test("begins again with the first wait once it ran longer than the ceiling", async () => {
    const env = simEnv(3);
    let runs = 0;
    const controller: Controller = {
      name: "dns",
      run: async (signal) => {
        runs += 1;
        if (runs === 6) await env.clock.sleep(5_001, signal);
        throw new Failure("TimedOut", "slow");
      },
    };
    await runFor(env, minuteMs, [controller]);
    const waits = waitsOf(env);
    expect(waits[4]).toBeGreaterThanOrEqual(800);
    expect(waits[5]).toBeLessThanOrEqual(100);
    expect(waits[6]).toBeLessThanOrEqual(200);
  });

  test("because of a bug is started again, and the log has the stack", async () => {
    const env = simEnv(4);
    const broken: Controller = { name: "dns", run: async () => assert(false, "1 is not 2") };
    await runFor(env, 1_000, [broken]);
    expect(env.log.lines[0]).toMatchObject({
      level: "error",
      message: "a controller has a bug and is started again",
      fields: { bug: true, stack: expect.stringContaining("1 is not 2\n") },
    });
    expect(eventsOf(env, "controller.restarted").length).toBeGreaterThan(0);
  });

  test.each([
    ["ends without being asked to", async () => {}, "ended without being asked to"],
    ["throws nothing", () => Promise.reject(undefined), "undefined"],
    [
      "throws before it returns a promise",
      () => {
        throw new Failure("ConfigInvalid", "at once");
      },
      "at once",
    ],
  ])("is also one that %s", async (_what, run, message) => {
    const env = simEnv(5);
    await runFor(env, 1_000, [{ name: "dns", run }]);
    expect(eventsOf(env, "controller.failed")[0]?.data["failure"]).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  test("is started again also while the journal can not write", async () => {
    const env = simEnv(6);
    env.journal.setUnwritable(true);
    await runFor(env, 10_000, [failing("dns", () => new Failure("TimedOut", "slow"))]);
    const restarted = 'sovereign_controller_restarts_total{controller="dns"}';
    expect(env.metrics.values.get(restarted)).toBeGreaterThan(3);
    expect(env.log.lines.some(({ message }) => message.includes("not be journalled"))).toBe(true);
  });

  test("does not disturb the others", async () => {
    const env = simEnv(7);
    let ticks = 0;
    const ticking: Controller = {
      name: "ticking",
      run: async (signal) => {
        for (; !signal.aborted; ticks++) await env.clock.sleep(1_000, signal);
      },
    };
    await runFor(env, minuteMs, [ticking, failing("dns", () => new Failure("TimedOut", "slow"))]);
    expect(ticks).toBe(61);
  });
});

describe("the signal", () => {
  test("stops all controllers, also those that wait for their restart", async () => {
    const env = simEnv(8);
    const outcome = await runFor(env, 10_000, [
      untilStopped(env, "one"),
      untilStopped(env, "two"),
      failing("three", () => new Failure("TimedOut", "slow")),
    ]);
    expect(outcome).toEqual({ stuck: [] });
    expect(env.clock.sleepers).toBe(0);
  });

  test("ends the wait at the limit and names who did not stop", async () => {
    const env = simEnv(9);
    const stuck: Controller = { name: "deaf", run: () => new Promise(() => {}) };
    expect(await runFor(env, 1_000, [stuck, untilStopped(env, "one")])).toEqual({
      stuck: ["deaf"],
    });
  });

  test("given before the start starts nothing", async () => {
    const env = simEnv(10);
    const { signal, abort } = makeAbort();
    abort();
    let runs = 0;
    const counted = async (): Promise<void> => {
      runs += 1;
    };
    expect(await supervise(env, [{ name: "dns", run: counted }], signal, options)).toEqual({
      stuck: [],
    });
    expect(runs).toBe(0);
  });

  test("is no failure for a controller whose wait it ends", async () => {
    const env = simEnv(11);
    const cancelled: Controller = {
      name: "dns",
      run: async (signal) => {
        await env.clock.sleep(minuteMs, signal);
        throw new Failure("Cancelled", "stopped");
      },
    };
    await runFor(env, 1_000, [cancelled]);
    expect(env.journal.events).toEqual([]);
    expect(env.log.lines).toEqual([]);
  });
});

/** Works in steps of up to a second; each step fails three times in ten, now and then by a bug. */
function unreliable(env: SimEnv, name: string, random: Random): Controller {
  const run = async (signal: Signal): Promise<void> => {
    while (!signal.aborted) {
      await env.clock.sleep(random.below(1_000), signal);
      if (chance(random, 30)) assert(false, "a seeded bug");
      if (chance(random, 300)) throw new Failure("TimedOut", `${name} gave up`);
    }
  };
  return { name, run };
}

async function journalOf(seed: number): Promise<SimEnv> {
  const env = simEnv(seed);
  const random = seededRandom(seed + 1);
  const names = ["dns", "source", "verify", "export"];
  const { stuck } = await runFor(
    env,
    10 * minuteMs,
    names.map((name) => unreliable(env, name, random)),
  );
  expect(stuck).toEqual([]);
  return env;
}

describe("ten minutes of failing controllers", () => {
  test("give the same journal for the same seed, down to its last hash", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const [once, again] = [await journalOf(seed), await journalOf(seed)];
      expect(once.journal.head.seq).toBeGreaterThan(50);
      expect(again.journal.head).toEqual(once.journal.head);
    }
  });

  test("give different journals for different seeds", async () => {
    const heads = new Set<string>();
    for (const seed of [1, 2, 3, 4, 5]) heads.add((await journalOf(seed)).journal.head.hash);
    expect(heads.size).toBe(5);
  });
});

test("a counted journal counts what is new and not what its key found again", async () => {
  const env = simEnv(12);
  const journal = countedJournal(env.journal, env.metrics);
  await journal.append({ type: "step.done", data: {}, key: "run/1" });
  await journal.append({ type: "step.done", data: {}, key: "run/2" });
  await journal.append({ type: "step.done", data: {}, key: "run/1" });
  expect(env.metrics.values.get('sovereign_journal_events_total{type="step.done"}')).toBe(2);
});

test("two controllers of one name are a bug: the first to stop would stand for both", async () => {
  const env = simEnv(9);
  const twins = [untilStopped(env, "dns"), untilStopped(env, "dns")];
  await expect(runFor(env, 1, twins)).rejects.toThrow("a name of its own");
});
