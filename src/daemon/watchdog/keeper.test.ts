import { expect, test, vi } from "vitest";
import type { Tenure } from "../../core/failover/watchdog.ts";
import { clockJump } from "./clock-jump.ts";
import { type Keeper, watchdogKeeper } from "./keeper.ts";

type Bench = {
  readonly keeper: Keeper;
  readonly told: string[];
  nowMs: number;
  jumpMs: number;
  /** How often it fenced; each ends when `end` is called. */
  fences: number;
  end(isDone: boolean): Promise<void>;
};

function bench(): Bench {
  const told: string[] = [];
  let settle: (isDone: boolean) => void = () => undefined;
  const keeper = watchdogKeeper({
    monotonicMs: () => bench.nowMs,
    jumpMs: () => bench.jumpMs,
    fence: () => {
      bench.fences += 1;
      return new Promise((resolve, reject) => {
        settle = (isDone) => (isDone ? resolve() : reject(new Error("not confirmed")));
      });
    },
    retryMs: 1,
    longestTenureMs: 1_000,
    jumped: (because) => told.push(because),
    log: () => undefined,
  });
  const bench: Bench = {
    keeper,
    told,
    nowMs: 0,
    jumpMs: 0,
    fences: 0,
    async end(isDone) {
      settle(isDone);
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
  return bench;
}

const tenure = (untilAtMs: number, epoch = 1): Tenure => ({
  epoch,
  rev: 1,
  instance: "agent-1",
  round: null,
  kind: "lease",
  untilAtMs,
});

test("a deadline that was not moved on is fenced for once, and its end is reported", async () => {
  const one = bench();
  expect(one.keeper.set(tenure(500))).toBe(true);
  one.nowMs = 499;
  expect(one.keeper.tick()).toBe(500);
  expect(one.fences).toBe(0);
  one.nowMs = 503;
  expect(one.keeper.tick()).toBeNull();
  expect(one.keeper.live()).toBeNull();
  one.keeper.tick();
  expect(one.fences).toBe(1);
  one.nowMs = 510;
  await one.end(true);
  expect(one.keeper.report()).toMatchObject({ dueAtMs: 500, begunAtMs: 503, fencedAtMs: 510 });
  expect(one.told).toEqual([]);
});

test("what it can not have been given is refused, and what it holds stays", () => {
  const one = bench();
  one.keeper.set(tenure(500));
  expect(one.keeper.set(tenure(1_001))).toBe(false);
  expect(one.keeper.live()?.untilAtMs).toBe(500);
  expect(one.fences).toBe(0);
});

test.each([
  ["nothing is guarded any more", null],
  ["the tenure that is handed over is over already", tenure(-1)],
])("it fences when %s", (_, given) => {
  const one = bench();
  one.keeper.set(tenure(500));
  one.keeper.set(given);
  expect(one.fences).toBe(1);
  expect(one.keeper.live()).toBeNull();
});

test("it fences when the clocks jump while it guards something, and tells the agent", () => {
  const one = bench();
  one.jumpMs = 3_600_000;
  one.keeper.tick();
  expect(one.fences).toBe(0);
  one.jumpMs = 0;
  one.keeper.set(tenure(500));
  one.jumpMs = -3_600_000;
  one.keeper.tick();
  expect(one.fences).toBe(1);
  expect(one.told).toEqual(["the clocks jumped by -3600000 ms"]);
});

test("a fence that failed is tried again, and not once a new tenure came", async () => {
  const one = bench();
  void one.keeper.fenceNow("it starts");
  await one.end(false);
  await vi.waitFor(() => expect(one.fences).toBe(2));
  one.keeper.set(tenure(500));
  await one.end(false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(one.fences).toBe(2);
  expect(one.keeper.live()?.untilAtMs).toBe(500);
});

test("a deadline that comes while an earlier fence is under way has a fence of its own", async () => {
  const one = bench();
  void one.keeper.fenceNow("it starts");
  one.keeper.set(tenure(500));
  one.nowMs = 500;
  one.keeper.tick();
  expect(one.fences).toBe(1);
  await one.end(true);
  await vi.waitFor(() => expect(one.fences).toBe(2));
});

test.each([
  ["all clocks move together", { wall: 100, boot: 100 }, 0],
  ["the wall clock is stepped on", { wall: 3_600_100, boot: 100 }, 3_600_000],
  ["the wall clock is stepped back", { wall: -900, boot: 100 }, -1_000],
  ["the machine stood still", { wall: 100, boot: 60_100 }, 60_000],
  ["the wall clock is slewed", { wall: 104, boot: 100 }, 0],
  ["the machine does not tell how long it is up", { wall: 100, boot: undefined }, 0],
])("clocks are compared: %s", (_, moved, jumpMs) => {
  let now = { monotonic: 0, wall: 1_700_000_000_000, boot: 5_000 as number | undefined };
  const jump = clockJump(
    { monotonicMs: () => now.monotonic, wallMs: () => now.wall, bootMs: () => now.boot },
    50,
  );
  expect(jump()).toBe(0);
  const boot = moved.boot === undefined ? undefined : 5_000 + moved.boot;
  now = { monotonic: 100, wall: now.wall + moved.wall, boot };
  expect(jump()).toBe(jumpMs);
  expect(jump()).toBe(0);
});

test("clocks that could not be read at one moment are compared at the next look, over the whole time", () => {
  let nowMs = 0;
  let slowMs = 0;
  let wallMs = 0;
  const jump = clockJump(
    { monotonicMs: () => (nowMs += slowMs), wallMs: () => wallMs, bootMs: () => undefined },
    50,
  );
  slowMs = 30;
  wallMs = 10_000;
  expect(jump()).toBe(0);
  slowMs = 0;
  expect(jump()).toBe(10_000 - nowMs);
});

test("a watchdog that ends takes no tenure any more, and ends only when its fence is confirmed", async () => {
  const one = bench();
  one.keeper.set(tenure(500));
  let isOver = false;
  const ending = one.keeper.end("it was told to end").then(() => {
    isOver = true;
  });
  expect(one.keeper.set(tenure(600, 2))).toBe(false);
  expect(one.keeper.live()).toBeNull();
  await one.end(false);
  expect(isOver).toBe(false);
  expect(one.keeper.set(tenure(700, 3))).toBe(false);
  await vi.waitFor(() => expect(one.fences).toBe(2));
  await one.end(true);
  await ending;
  expect(one.keeper.report()).toMatchObject({ attempts: 2 });
});
