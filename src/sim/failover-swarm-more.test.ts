import { expect, test } from "vitest";
import { runChunk } from "./failover-swarm.ts";

// In a file of its own, so that two cores share the work.
test("another thousand schedules break no property either", async () => {
  const { failing } = await runChunk({ first: 1_001, count: 1_000, scope: {} });
  expect(failing).toEqual([]);
});
