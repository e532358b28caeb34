import { expect, test } from "vitest";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { virtualClock } from "../../sim/virtual-clock.ts";
import { within } from "./within.ts";

test("what takes too long fails with TimedOut at its limit, and is told to stop", async () => {
  const clock = virtualClock(1);
  let told = false;
  let outcome: unknown;
  const waited = within(clock, 1_000, "asking", (signal) => {
    signal.addEventListener("abort", () => {
      told = true;
    });
    return new Promise(() => undefined);
  }).catch((thrown: unknown) => {
    outcome = thrown;
  });
  await clock.advance(999);
  expect(outcome).toBeUndefined();
  await clock.advance(1);
  await waited;
  expect(told).toBe(true);
  expect(outcome).toBeInstanceOf(Failure);
  expect(outcome).toMatchObject({ code: "TimedOut", message: "asking took longer than 1000 ms" });
});

test("an answer in time is given, and no timer is left behind", async () => {
  const clock = virtualClock(1);
  const waited = within(clock, 1_000, "asking", () => clock.sleep(10).then(() => "answer"));
  await clock.advance(10);
  expect(await waited).toBe("answer");
  expect(clock.sleepers).toBe(0);
});

test("a failure in time is given as a Failure, and no timer is left behind", async () => {
  const clock = virtualClock(1);
  const waited = within(clock, 1_000, "asking", () => Promise.reject(new Error("no")));
  await expect(waited).rejects.toMatchObject({ code: "Unexpected", message: "no" });
  expect(clock.sleepers).toBe(0);
});

test("a bug of ours is given as it is, and no timer is left behind", async () => {
  const clock = virtualClock(1);
  const bug = new AssertionError("a lease has one holder");
  await expect(within(clock, 1_000, "asking", () => Promise.reject(bug))).rejects.toBe(bug);
  expect(clock.sleepers).toBe(0);
});
