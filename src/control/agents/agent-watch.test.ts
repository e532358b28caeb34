import { expect, test } from "vitest";
import { agentReport } from "../../../test/agent-report.ts";
import type { HeardReport } from "../../core/failover/agent-report-schema.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import { memoryJournal } from "../../sim/memory-journal.ts";
import type { Clock, Env } from "../env.ts";
import { makeAgentWatch } from "./agent-watch.ts";

const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";
const nothing = (): void => undefined;

/** A watch whose clock runs only while it sleeps; `script` is what each agent answers at its n-th question. */
async function watched(
  seconds: number,
  script: Readonly<Record<string, (asked: number) => HeardReport | undefined>>,
) {
  const times = new Map<string, number>();
  const abort = new AbortController();
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms / Object.keys(script).length;
      if (nowMs >= seconds * 1_000) abort.abort();
      return Promise.resolve();
    },
  };
  const journal = memoryJournal("control/test", clock);
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const metrics = { count: nothing, gauge: nothing, observe: nothing };
  const env: Env = { clock, random: seededRandom(1), journal, log, metrics };
  let turns = 0;
  const agents = Object.entries(script).map(([cluster, answer]) => ({
    cluster,
    url: `http://${cluster}`,
    read: () => {
      const asked = (times.get(cluster) ?? 0) + 1;
      times.set(cluster, asked);
      const report = answer(asked);
      return report === undefined
        ? Promise.reject(new Failure("AgentUnreachable", "it does not answer"))
        : Promise.resolve(report);
    },
  }));
  const onTurned = (): void => {
    turns += 1;
  };
  const watch = makeAgentWatch(env, agents, { everyMs: 1_000, silentAfterMs: 5_000, onTurned });
  expect(watch.words().size).toBe(0);
  await watch.run(abort.signal);
  return { watch, journal, turns };
}

const serving = agentReport({ cluster: fsn, epoch: 2 });
const standby = agentReport({ cluster: hel });

test("what agents say is heard from each by itself, and a silent one is told of once and keeps its last report", async () => {
  const { watch, journal, turns } = await watched(20, {
    [fsn]: () => serving,
    [hel]: (asked) => (asked > 3 ? undefined : standby),
  });
  expect(watch.sights()).toMatchObject([
    { cluster: fsn, report: { status: { authority: { epoch: 2 } } }, failure: null },
    { cluster: hel, report: { cluster: hel }, failure: { code: "AgentUnreachable" } },
  ]);
  expect([...(watch.words().get("ledger") ?? [])]).toEqual([[fsn, { kind: "holds", epoch: 2 }]]);
  expect(journal.events.map(({ type, data }) => [type, data["cluster"]])).toEqual([
    ["agent.silent", hel],
  ]);
  // Both were heard for the first time; falling silent turns nobody's word.
  expect(turns).toBe(2);
});

test("a short silence is not worth an event, a long one ends with one", async () => {
  const { journal, turns } = await watched(30, {
    [fsn]: (asked) => (asked > 5 && asked < 9 ? undefined : serving),
    [hel]: (asked) => (asked > 5 && asked < 15 ? undefined : standby),
  });
  expect(journal.events.map(({ type, data }) => [type, data["cluster"]])).toEqual([
    ["agent.silent", hel],
    ["agent.answers", hel],
  ]);
  expect(turns).toBe(2);
});

test("whoever gains or loses authority is told at once", async () => {
  const { turns } = await watched(10, {
    [fsn]: (asked) => (asked > 4 ? agentReport({ cluster: fsn }) : serving),
  });
  expect(turns).toBe(2);
});

test("a bug of ours is not taken for silence", async () => {
  await expect(
    watched(5, {
      [fsn]: () => {
        throw new Failure("Unexpected", "this is a bug");
      },
    }),
  ).rejects.toMatchObject({ code: "Unexpected" });
});
