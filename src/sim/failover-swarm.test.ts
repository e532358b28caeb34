import { expect, test } from "vitest";
import { failoverPlan } from "./failover-plan.ts";
import { explain, runChunk, runSeed } from "./failover-swarm.ts";
import { runFailover } from "./failover-world.ts";
import { regressions } from "./regressions.ts";

const heads = (history: Awaited<ReturnType<typeof runSeed>>): readonly string[] =>
  history.regions.map(({ journal }) => journal.head().hash);

test("the same seed gives the same journals, another seed others", async () => {
  expect(heads(await runSeed(7))).toEqual(heads(await runSeed(7)));
  expect(heads(await runSeed(7))).not.toEqual(heads(await runSeed(8)));
});

test("agents are settled after every answer: many more turns of the queue change nothing", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const plan = failoverPlan(seed);
    expect(heads(await runFailover(plan, { turns: 100 })), `seed ${seed}`).toEqual(
      heads(await runFailover(plan)),
    );
  }
});

test("schedules that once broke a property break none", async () => {
  for (const { seed, was, ...options } of regressions) {
    const { violations } = await runSeed(seed, options);
    expect(violations, `seed ${seed}, which was: ${was}`).toEqual([]);
  }
});

test("whatever fails, there is one writer, nothing acknowledged is lost, and it comes back", async () => {
  const { counts, failing } = await runChunk({ first: 1, count: 1_000, scope: {} });
  const first = failing[0];
  if (first !== undefined) {
    const explained = await explain(first.seed, {});
    expect.fail(
      `${failing.length} schedules break a property. Seed ${first.seed}: ${first.checker}: ${first.what}. Enough are ${explained?.kinds.join(", ")}. Again: ${explained?.command}`,
    );
  }
  // The worlds must really have been rough, or the checks above prove nothing.
  for (const [name, least] of Object.entries(roughness)) {
    expect(counts[name] ?? 0, name).toBeGreaterThan(least);
  }
});

/** What a thousand schedules have at least. */
const roughness: Readonly<Record<string, number>> = {
  faults: 5_000,
  takeOvers: 200,
  fences: 1_000,
  rounds: 300,
  promises: 200,
  "authority:sticky": 100,
  "authority:granted": 30,
  degraded: 300,
  refusals: 1_000,
  clockGaps: 80,
  watchdogsLost: 20,
  "person:takeOver": 100,
  acknowledged: 50_000,
};
