/** What every watchdog must do for its agent (`control/failover/ports.ts`, WatchdogLink); run against the simulated one and the real process alike. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WatchdogLink } from "../../src/control/failover/ports.ts";
import type { Tenure } from "../../src/core/failover/watchdog.ts";
import { Failure } from "../../src/core/kernel/failure.ts";

export type WatchdogLinkWorld = {
  /** The link of the next process of the agent; the process before it is gone. Called before anything else. */
  restart(): Promise<WatchdogLink>;
  /** The machine's clock, on which tenures end. */
  nowMs(): number;
  /** Whether it fenced since the last `write`. */
  isFenced(): boolean;
  /** The service takes writes from now on. */
  write(): Promise<void>;
  /** The watchdog is killed, and the next one is started. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** Lets time pass while `work` is under way; only a world with a clock of its own needs it. */
  drive?<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const longMs = 20_000;
const lookEveryMs = 20;
/** Looks at what has to come; a busy machine may take its time. */
const looksMost = 2_000;

type Bench = {
  world(): WatchdogLinkWorld;
  link(): WatchdogLink;
  again(): Promise<void>;
  read(): Promise<Tenure | null>;
  leave(aheadMs: number, epoch?: number): Tenure;
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
};

/** Every test begins with a watchdog that guards nothing, and data that take writes. */
export function watchdogLinkContract(
  name: string,
  makeWorld: () => Promise<WatchdogLinkWorld>,
): void {
  describe(`${name} as a watchdog`, { timeout: 120_000 }, () => {
    let world: WatchdogLinkWorld;
    let link: WatchdogLink;
    beforeEach(async () => {
      world = await makeWorld();
      link = await world.restart();
    });
    afterEach(() => world.close());
    const bench: Bench = {
      world: () => world,
      link: () => link,
      async again() {
        link = await world.restart();
      },
      read: () => world.drive?.(link.read()) ?? link.read(),
      leave(aheadMs, epoch = 5) {
        const untilAtMs = world.nowMs() + aheadMs;
        const about = { rev: epoch * 10, instance: "agent-1", round: null, kind: "lease" } as const;
        const tenure: Tenure = { epoch, ...about, untilAtMs };
        link.set(tenure);
        return tenure;
      },
      async until(what, holds) {
        for (let look = 0; look < looksMost; look++) {
          if (await holds()) return;
          await world.pass(lookEveryMs);
        }
        throw new Error(`it did not come: ${what}`);
      },
    };
    keepingPromises(bench);
    fencingPromises(bench);
    lossPromises(bench);
  });
}

function keepingPromises({ world, link, again, read, leave }: Bench): void {
  test("holds none at first", async () => {
    expect(await read()).toBeNull();
    expect(world().isFenced()).toBe(false);
  });

  test("gives back what was left with it, also to the next process, and fences nothing for that", async () => {
    const tenure = leave(longMs);
    expect(await read()).toEqual(tenure);
    await again();
    expect(await read()).toEqual(tenure);
    expect(world().isFenced()).toBe(false);
  });

  test("takes what is left in its order, and never an older epoch for a newer one", async () => {
    leave(longMs, 5);
    const last = leave(longMs, 7);
    expect(await read()).toEqual(last);
    leave(longMs, 6);
    expect(await read()).toEqual(last);
    expect(world().isFenced()).toBe(false);
  });

  test("fences nothing when it is told that there is nothing to guard, and there was nothing", async () => {
    link().set(null);
    expect(await read()).toBeNull();
    await world().pass(500);
    expect(world().isFenced()).toBe(false);
  });
}

function fencingPromises({ world, link, again, read, leave, until }: Bench): void {
  test("fences at the deadline, and holds nothing after it, with the agent or without it", async () => {
    leave(1_000);
    await until("the fence", () => world().isFenced());
    expect(await read()).toBeNull();
    await world().write();
    leave(1_000, 6);
    await again();
    await until("the fence of an agent that is gone", () => world().isFenced());
    expect(await read()).toBeNull();
  });

  test("fences not at a deadline that was moved on before it came", async () => {
    for (let aheadMs = 1_000; ; aheadMs *= 2) {
      const first = leave(aheadMs);
      const next = leave(longMs);
      expect([next, null]).toContainEqual(await read());
      // A machine that stood still for so long has shown nothing.
      if (world().nowMs() >= first.untilAtMs) {
        await until("the fence", () => world().isFenced());
        await world().write();
        expect(aheadMs).toBeLessThan(longMs / 2);
        continue;
      }
      await world().pass(aheadMs + 200);
      expect(world().isFenced()).toBe(false);
      expect(await read()).toEqual(next);
      return;
    }
  });

  test("fences at once when it is told that there is nothing to guard any more", async () => {
    leave(longMs);
    link().set(null);
    await until("the fence", () => world().isFenced());
    expect(await read()).toBeNull();
  });

  test("fences for a tenure that is over when it is left", async () => {
    leave(0);
    await until("the fence", () => world().isFenced());
    expect(await read()).toBeNull();
  });
}

function lossPromises({ world, link, again, read, leave, until }: Bench): void {
  test("that is gone is missed, gives no answer, and fences as soon as it is there again, holding nothing", async () => {
    let lost = 0;
    const end = link().onLost(() => {
      lost += 1;
    });
    leave(longMs);
    await read();
    expect(lost).toBe(0);
    await world().stop();
    await until("the loss", () => lost > 0);
    await expect(read()).rejects.toBeInstanceOf(Failure);
    end();
    expect(world().isFenced()).toBe(false);
    await world().start();
    await until("the fence", () => world().isFenced());
    await again();
    expect(await read()).toBeNull();
  });

  test("that is gone is missed also by who asks later, and who no longer listens is not told", async () => {
    let early = 0;
    link().onLost(() => {
      early += 1;
    })();
    await world().stop();
    let late = 0;
    const listen = link().onLost(() => {
      late += 1;
    });
    await until("the loss", () => late > 0);
    expect(early).toBe(0);
    listen();
  });
}
