import { expect, test } from "vitest";
import type { AgentRecord } from "../../core/failover/record.ts";
import { emptyRecord } from "../../core/failover/turn.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { type RecordPlace, watchedStores } from "./record-stores.ts";

const record: AgentRecord = { ...emptyRecord, version: 3, epochSeen: 2 };

/** FAKE: a place that keeps a record in memory and can be away, never answer, or read and not write. */
function place(id: string) {
  const kept = { record, state: "up" as "up" | "away" | "silent" | "full", tries: 0 };
  const answer = <T>(value: T): Promise<T> => {
    if (kept.state === "up" || kept.state === "full") return Promise.resolve(value);
    if (kept.state === "silent") return new Promise(() => undefined);
    return Promise.reject(new Failure("RecordStoreFailed", `${id} is away`));
  };
  const full = () => Promise.reject(new Failure("RecordStoreFailed", `${id} is full`));
  const store: RecordPlace = {
    id,
    read: () => answer({ kind: "present", record: kept.record }),
    write: () => (kept.state === "full" ? full() : answer(undefined)),
    tryWrite() {
      kept.tries += 1;
      return kept.state === "full" ? full() : answer(true);
    },
  };
  return { kept, store };
}

function twoPlaces(observeOnly = false) {
  const env = simEnv(1);
  const [disk, server] = [place("disk"), place("api-server")];
  return {
    env,
    disk,
    server,
    records: watchedStores(env, [disk.store, server.store], { observeOnly }),
  };
}

test("a place that did not write is a problem until it writes: that it reads says nothing of that", async () => {
  const { server, records } = twoPlaces();
  server.kept.state = "away";
  await expect(records.stores[1]?.write(record)).rejects.toMatchObject({ message: /away/ });
  expect(records.problems()).toEqual([
    "a place of the record fails (api-server): api-server is away",
  ]);
  server.kept.state = "up";
  await records.stores[1]?.read();
  expect(records.problems()).toHaveLength(1);
  await records.stores[1]?.write(record);
  expect(records.problems()).toEqual([]);
});

test("a place that could not be read is a problem until it is read again, and one problem whatever else it has", async () => {
  const { server, records } = twoPlaces();
  server.kept.state = "away";
  await expect(records.stores[1]?.read()).rejects.toMatchObject({ message: /away/ });
  server.kept.state = "full";
  await expect(records.stores[1]?.write(record)).rejects.toMatchObject({ message: /full/ });
  expect(records.problems()).toEqual([
    "a place of the record fails (api-server): api-server is away",
  ]);
  await records.stores[1]?.read();
  expect(records.problems()).toEqual([
    "a place of the record fails (api-server): api-server is full",
  ]);
});

test("a place that reads and does not write is known within about a minute, and no longer soon after it writes again", async () => {
  const { env, disk, server, records } = twoPlaces();
  const end = new AbortController();
  const running = records.run(end.signal);
  await env.clock.advance(50_000);
  expect([disk.kept.tries, server.kept.tries]).toEqual([0, 0]);
  for (const one of [disk, server]) {
    one.kept.state = "full";
    await env.clock.advance(70_000);
    expect(records.problems()).toEqual([expect.stringContaining("is full")]);
    one.kept.state = "up";
    await env.clock.advance(15_000);
    expect(records.problems()).toEqual([]);
  }
  end.abort();
  await env.clock.advance(10_000);
  await running;
});

test("an agent that only observes writes nothing to try it", async () => {
  const { env, disk, server, records } = twoPlaces(true);
  const end = new AbortController();
  const running = records.run(end.signal);
  await env.clock.advance(200_000);
  expect([disk.kept.tries, server.kept.tries]).toEqual([0, 0]);
  end.abort();
  await env.clock.advance(10_000);
  await running;
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
