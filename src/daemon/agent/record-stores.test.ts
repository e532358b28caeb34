import { expect, test } from "vitest";
import type { RecordStore } from "../../control/failover/ports.ts";
import type { AgentRecord } from "../../core/failover/record.ts";
import { emptyRecord } from "../../core/failover/turn.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { watchedStores } from "./record-stores.ts";

const record: AgentRecord = { ...emptyRecord, version: 3, epochSeen: 2 };

/** FAKE: a place that keeps a record in memory and can be away, or never answer. */
function place(id: string) {
  const kept = { record, state: "up" as "up" | "away" | "silent" };
  const answer = <T>(value: T): Promise<T> => {
    if (kept.state === "up") return Promise.resolve(value);
    if (kept.state === "silent") return new Promise(() => undefined);
    return Promise.reject(new Failure("RecordStoreFailed", `${id} is away`));
  };
  const store: RecordStore = {
    id,
    read: () => answer({ kind: "present", record: kept.record }),
    write: () => answer(undefined),
  };
  return { kept, store };
}

function twoPlaces() {
  const env = simEnv(1);
  const [disk, server] = [place("disk"), place("api-server")];
  return { env, disk, server, records: watchedStores(env, [disk.store, server.store]) };
}

test("a place that fails is a problem until it answers again, by whatever was asked of it", async () => {
  const { server, records } = twoPlaces();
  server.kept.state = "away";
  await expect(records.stores[1]?.write(record)).rejects.toMatchObject({ message: /away/ });
  expect(records.problems()).toEqual([
    "a place of the record fails (api-server): api-server is away",
  ]);
  server.kept.state = "up";
  await records.stores[1]?.read();
  expect(records.problems()).toEqual([]);
});

test("a place that goes away is known after a few seconds, also one that never answers, and no longer when it is back", async () => {
  const { env, server, records } = twoPlaces();
  const end = new AbortController();
  const running = records.run(end.signal);
  for (const state of ["away", "silent"] as const) {
    server.kept.state = state;
    await env.clock.advance(15_000);
    expect(records.problems(), state).toHaveLength(1);
    server.kept.state = "up";
    await env.clock.advance(15_000);
    expect(records.problems(), state).toEqual([]);
  }
  end.abort();
  await env.clock.advance(10_000);
  await running;
});

test("places agree only while each has the same record", async () => {
  const { env, server, records } = twoPlaces();
  const agree = async (): Promise<boolean> => {
    const asked = records.agree();
    await env.clock.advance(6_000);
    return asked;
  };
  expect(await agree()).toBe(true);
  server.kept.record = { ...record, version: 4 };
  expect(await agree()).toBe(false);
  server.kept.record = record;
  server.kept.state = "silent";
  expect(await agree()).toBe(false);
});
