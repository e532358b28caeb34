import { expect, test } from "vitest";
import { simEnv } from "../../sim/sim-env.ts";
import { tenureGate } from "./tenure-gate.ts";

const tenure = {
  epoch: 7,
  rev: 1,
  instance: "agent-1",
  round: null,
  kind: "lease",
  untilAtMs: 1_000,
} as const;

test("a tenure counts for its own epoch, and until its deadline", async () => {
  const { clock } = simEnv(1);
  const gate = tenureGate({ read: async () => tenure }, clock);
  expect(await gate.holdsTenure(7)).toBe(true);
  expect(await gate.holdsTenure(6)).toBe(false);
  expect(await gate.holdsTenure(8)).toBe(false);
  expect(await gate.hasTenure()).toBe(true);
  await clock.advance(1_000);
  expect(await gate.holdsTenure(7)).toBe(false);
  expect(await gate.hasTenure()).toBe(false);
});

test("a deadline that comes while the watchdog answers counts", async () => {
  const { clock } = simEnv(1);
  const read = async () => {
    await clock.sleep(1_000);
    return tenure;
  };
  const held = tenureGate({ read }, clock).holdsTenure(7);
  await clock.advance(1_000);
  expect(await held).toBe(false);
});

test("without a tenure nothing is held, and a watchdog that does not answer is no answer", async () => {
  const { clock } = simEnv(1);
  const none = tenureGate({ read: async () => null }, clock);
  expect(await none.hasTenure()).toBe(false);
  const lost = tenureGate({ read: () => Promise.reject(new Error("gone")) }, clock);
  await expect(lost.holdsTenure(7)).rejects.toThrow("gone");
});
