import { expect, test } from "vitest";
import { virtualClock } from "../../sim/virtual-clock.ts";
import { gapWatch } from "./clock-gap.ts";

test("a step of the wall clock is a gap, in either direction, and is told once", async () => {
  const clock = virtualClock(1);
  const gap = gapWatch(clock, 100);
  await clock.advance(60_000);
  expect(gap()).toBe(0);
  clock.jumpWall(100);
  expect(gap()).toBe(100);
  expect(gap()).toBe(0);
  clock.jumpWall(-3_600_000);
  expect(gap()).toBe(-3_600_000);
  clock.jumpWall(99);
  expect(gap()).toBe(0);
});
