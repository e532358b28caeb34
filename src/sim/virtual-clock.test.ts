/** Time in the simulator. */
import { describe, expect, test } from "vitest";
import { AssertionError } from "../core/kernel/assert.ts";
import { virtualClock } from "./virtual-clock.ts";

/** The order in which 12 sleepers that are due at one moment wake. */
async function wakingOrder(seed: number): Promise<string> {
  const clock = virtualClock(seed);
  const order: string[] = [];
  for (const name of "abcdefghijkl") void clock.sleep(10).then(() => order.push(name));
  await clock.advance(10);
  return order.join("");
}

describe("sleepers that are due at one moment", () => {
  test("wake in the same order for the same seed", async () => {
    expect(await wakingOrder(7)).toBe(await wakingOrder(7));
  });

  test("wake in different orders for different seeds", async () => {
    const orders = await Promise.all([1, 2, 3, 4, 5].map(wakingOrder));
    expect(new Set(orders).size).toBe(5);
    for (const order of orders) expect([...order].sort().join("")).toBe("abcdefghijkl");
  });
});

test("a sleeper reads the moment for which it was due, however far time moves in one step", async () => {
  const clock = virtualClock(1);
  const seen: number[] = [];
  const loop = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await clock.sleep(100);
      seen.push(clock.monotonicMs());
    }
  };
  void loop();
  await clock.run(10_000);
  expect(seen).toEqual([100, 200, 300]);
  expect(clock.monotonicMs()).toBe(10_000);
  expect(clock.sleepers).toBe(0);
});

test("what was due after the end of a run still sleeps", async () => {
  const clock = virtualClock(1);
  void clock.sleep(101);
  await clock.run(100);
  expect(clock.sleepers).toBe(1);
});

test("the wall clock jumps without waking anybody and without moving the monotonic clock", async () => {
  const clock = virtualClock(1, { startAtMs: 1_000_000 });
  let woken = false;
  void clock.sleep(500).then(() => {
    woken = true;
  });
  clock.jumpWall(3_600_000);
  await clock.advance(499);
  expect(woken).toBe(false);
  expect(clock.nowMs()).toBe(1_000_000 + 3_600_000 + 499);
  clock.jumpWall(-7_200_000);
  await clock.advance(1);
  expect(woken).toBe(true);
  expect(clock.nowMs()).toBe(1_000_000 - 3_600_000 + 500);
  expect(clock.monotonicMs()).toBe(500);
});

test("time does not go back", async () => {
  const clock = virtualClock(1);
  await clock.run(100);
  await expect(clock.run(99)).rejects.toThrow(AssertionError);
});

test("a caller may say how everything that is ready runs on", async () => {
  let settled = 0;
  const settle = async (): Promise<void> => {
    settled += 1;
  };
  const clock = virtualClock(1, { settle });
  void clock.sleep(1);
  void clock.sleep(2);
  await clock.advance(5);
  expect(settled).toBe(3);
});
