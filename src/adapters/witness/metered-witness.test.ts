/** What is counted of a witness's requests, and what is said of its quota. */
import { expect, test } from "vitest";
import type { Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { applyLease } from "../../core/lease/apply.ts";
import { emptyLease } from "../../core/lease/record.ts";
import { memoryJournal } from "../../sim/memory-journal.ts";
import { memoryLog } from "../../sim/memory-log.ts";
import { memoryMetrics } from "../../sim/memory-metrics.ts";
import { meteredWitness } from "./metered-witness.ts";

const common = { holder: "x", instance: "x", ifRev: 0, note: {}, ttlMs: 5_000, epochFloor: 0 };

function world() {
  const clock = { nowMs: () => 1_000, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const journal = memoryJournal("agent", clock);
  const [metrics, log] = [memoryMetrics(), memoryLog()];
  let record = emptyLease("s");
  const witness: Witness = {
    id: "witness",
    read: () => Promise.resolve(record),
    ask(_slot, request) {
      const reply = applyLease(record, request, 0);
      record = reply.record;
      return Promise.resolve(reply);
    },
  };
  return { witness, journal, metrics, log, facts: { clock, journal, metrics, log } };
}

test("requests are counted by what came of them", async () => {
  const { witness, metrics, facts } = world();
  const fail = (): never => {
    throw new Failure("WitnessUnreachable", "gone");
  };
  const metered = meteredWitness(witness, facts);
  await metered.ask("s", { op: "acquire", reqId: "1", ...common });
  await metered.ask("s", { op: "acquire", reqId: "2", ...common });
  await metered.read("s");
  await metered.read("s");
  const broken = meteredWitness({ ...witness, read: fail }, facts);
  await expect(broken.read("s")).rejects.toMatchObject({ code: "WitnessUnreachable" });
  const counted = (operation: string, result: string): number | undefined =>
    metrics.values.get(
      `sovereign_witness_requests_total{operation="${operation}",result="${result}"}`,
    );
  expect(counted("acquire", "ok")).toBe(1);
  expect(counted("acquire", "held")).toBe(1);
  expect(counted("read", "ok")).toBe(2);
  expect(counted("read", "WitnessUnreachable")).toBe(1);
  expect(metrics.values.has("sovereign_witness_quota_used_ratio")).toBe(false);
});

test("80 % and all of the quota are journalled, logged and shown, each once a day", async () => {
  const { witness, journal, metrics, log, facts } = world();
  const quota = { requestsPerDay: 5, renewEveryMs: 86_400_000 };
  const metered = meteredWitness(witness, { ...facts, quota });
  for (let request = 1; request <= 7; request++) await metered.read("s");
  // A restarted process counts from nothing, and says nothing that the journal has already.
  const restarted = meteredWitness(witness, { ...facts, quota });
  for (let request = 1; request <= 4; request++) await restarted.read("s");
  expect(journal.events.map(({ type, data }) => [type, data["level"], data["requests"]])).toEqual([
    ["witness.quotaUsed", "tight", 4],
    ["witness.quotaUsed", "used", 5],
  ]);
  expect(log.lines.map(({ level }) => level)).toEqual(["warn", "warn", "warn"]);
  expect(metrics.values.get("sovereign_witness_quota_used_ratio")).toBe(0.8);
});

test("a pace that will use most of the quota is foretold at once, with the arithmetic", () => {
  const { witness, journal, metrics, facts } = world();
  meteredWitness(witness, { ...facts, quota: { requestsPerDay: 9_000, renewEveryMs: 10_000 } });
  expect(journal.events).toMatchObject([
    { type: "witness.quotaForetold", data: { level: "used", witness: "witness" } },
  ]);
  expect(metrics.values.get("sovereign_witness_quota_foretold_ratio")).toBeCloseTo(1.056);
});

test("a journal that takes nothing holds up no lease", async () => {
  const { witness, journal, log, facts } = world();
  journal.setUnwritable(true);
  const quota = { requestsPerDay: 1, renewEveryMs: 10_000 };
  const metered = meteredWitness(witness, { ...facts, quota });
  expect(await metered.ask("s", { op: "acquire", reqId: "1", ...common })).toMatchObject({
    ok: true,
  });
  await expect.poll(() => log.lines.filter(({ level }) => level === "error")).toHaveLength(2);
});
