/** The record at an API server: the suite of all its places, and what only a server that others write to can do. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { renderRecordFile } from "../../src/adapters/agent/record-file.ts";
import { systemClock } from "../../src/adapters/clock.ts";
import { KubeRecordStore } from "../../src/adapters/kubernetes/kube-record-store.ts";
import { readKubeconfig } from "../../src/adapters/kubernetes/kubeconfig.ts";
import {
  type KubernetesClient,
  kubernetesClient,
} from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import { asDeclared } from "../../src/control/kubernetes/as-declared.ts";
import { epochOf } from "../../src/control/kubernetes/epoch.ts";
import type { KubernetesApi } from "../../src/control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { ApiServerUnderTest } from "./kubernetes-world.ts";
import { recordOf, recordStoreContract } from "./record-store.ts";

const kind = resourceKinds.configMap;
const owner = "hz-fsn-rtz-prod/shop";
const home = "default";

type Put = KubernetesApi["replace"];

/** Runs the suites against the server that `make` gives. */
export function kubeRecordContract(name: string, make: () => Promise<ApiServerUnderTest>): void {
  describe(name, () => {
    let server: ApiServerUnderTest | undefined;
    let client: KubernetesClient | undefined;
    beforeAll(async () => {
      server = await make();
      client = kubernetesClient({
        access: await readKubeconfig(server.kubeconfig),
        fieldManager: "sovereign-agent",
        ...{ clock: systemClock, random: systemRandom },
        // A machine with a lot to do is not what is judged.
        limits: { requestMs: 60_000, budgetMs: 120_000 },
      });
    });
    afterAll(async () => {
      client?.close();
      await server?.stop();
    });
    const opened = (): KubernetesClient => {
      if (client === undefined) throw new Error("the server under test was not made");
      return client;
    };

    recordStoreContract("its ConfigMap", async () => {
      const place = newPlace(opened);
      let isFull = false;
      const refused = { kind: "forbidden", because: "no right to write" } as const;
      return {
        restart: async () =>
          place.store({
            create: async (...given) => (isFull ? refused : opened().create(...given)),
            replace: async (...given) => (isFull ? refused : opened().replace(...given)),
          }),
        setFull: async (full) => {
          isFull = full;
        },
        lose: place.remove,
        tear: () => place.change((text) => text.slice(0, text.length / 2)),
        close: place.remove,
      };
    });
    describe("its ConfigMap", () => contentContract(opened));
    describe("writing its ConfigMap", () => writingContract(opened));
    describe("what is asked of its ConfigMap", () => requestsContract(opened));
    describe("trying whether its ConfigMap can be written", () => tryingContract(opened));
  });
}

/** A ConfigMap that nobody has used yet, and what a person may do to it. */
function newPlace(opened: () => KubernetesClient) {
  const place = { name: `sovereign-record-${randomUUID()}`, namespace: home };
  const found = async () => {
    const got = await opened().get(kind, place);
    if (got.kind !== "found") throw new Error(`there is no record: ${got.because}`);
    return got.object;
  };
  const merge = async (body: Parameters<typeof JSON.stringify>[0]): Promise<void> => {
    const done = await opened().patch(kind, place, { patch: { kind: "merge", body } });
    expect(done.kind).toBe("written");
  };
  return {
    place,
    found,
    merge,
    async change(of: (text: string) => string): Promise<void> {
      const data = (await found())["data"] as { readonly "record.json": string };
      await merge({ data: { "record.json": of(data["record.json"]) } });
    },
    async remove(): Promise<void> {
      await opened().delete(kind, place);
    },
    /** The store as an agent has it, with some requests done otherwise. */
    store(other: Partial<KubernetesApi> = {}): KubeRecordStore {
      const api = asDeclared({ ...opened(), ...other }, "agent", home);
      const open = () => Promise.resolve({ api, home, close: () => undefined });
      return new KubeRecordStore({ open, owner, name: place.name });
    },
  };
}

/** A place for one test. */
function freshPlace(opened: () => KubernetesClient): ReturnType<typeof newPlace> {
  const place = newPlace(opened);
  onTestFinished(place.remove);
  return place;
}

function contentContract(opened: () => KubernetesClient): void {
  const fresh = () => freshPlace(opened);

  test("a record of another agent is unreadable, and is not written over", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    const other = renderRecordFile("hz-hel-rtz-prod/shop", recordOf(1));
    await place.change(() => other);
    expect(await place.store().read()).toEqual({ kind: "unreadable" });
    await expect(place.store().write(recordOf(2))).rejects.toMatchObject({
      code: "RecordStoreFailed",
      message: expect.stringContaining("holds the record of hz-hel-rtz-prod/shop"),
    });
    expect((await place.found())["data"]).toEqual({ "record.json": other });
  });

  test("a newer version that knows of fewer epochs is refused, whatever version it has", async () => {
    const place = fresh();
    await place.store().write({ ...recordOf(4), epochSeen: 9 });
    await expect(place.store().write({ ...recordOf(5), epochSeen: 8 })).rejects.toMatchObject({
      code: "RecordStoreFailed",
      message: expect.stringContaining("knows of epoch 9"),
    });
    expect(await place.store().read()).toMatchObject({ record: { version: 4, epochSeen: 9 } });
  });

  test("the epoch in its annotation does not fall, also when a torn record is replaced", async () => {
    const place = fresh();
    await place.store().write({ ...recordOf(4), epochSeen: 9 });
    expect(epochOf(await place.found())).toBe(9);
    await place.change(() => "torn");
    await place.store().write({ ...recordOf(1), epochSeen: 2 });
    expect(epochOf(await place.found())).toBe(9);
  });

  test("what others wrote onto it stays", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    await place.merge({ metadata: { labels: { team: "a" }, annotations: { note: "kept" } } });
    await place.store().write(recordOf(2));
    expect((await place.found()).metadata).toMatchObject({
      labels: { team: "a", "app.kubernetes.io/part-of": "sovereign" },
      annotations: { note: "kept" },
    });
  });

  test("a ConfigMap that is being deleted takes no record, because it would be gone with it", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    await place.merge({ metadata: { finalizers: ["example.com/kept"] } });
    await place.remove();
    await expect(place.store().write(recordOf(2))).rejects.toMatchObject({
      code: "RecordStoreFailed",
      message: expect.stringContaining("is being deleted"),
    });
    await place.merge({ metadata: { finalizers: [] } });
    await place.store().write(recordOf(2));
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(2) });
  });
}

function tryingContract(opened: () => KubernetesClient): void {
  const fresh = () => freshPlace(opened);

  test("each try is a real write of the server's, and the record stays what it is", async () => {
    const place = fresh();
    const store = place.store();
    await store.write(recordOf(2));
    const before = await place.found();
    const versions = new Set([before.metadata.resourceVersion]);
    for (const version of [2, 3]) {
      expect(await store.tryWrite()).toBe(true);
      const after = await place.found();
      versions.add(after.metadata.resourceVersion);
      expect(after["data"]).toEqual(before["data"]);
      expect(epochOf(after)).toBe(epochOf(before));
      expect(version).toBe(versions.size);
    }
    await store.write(recordOf(3));
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(3) });
  });

  test("a server that reads and does not write fails it", async () => {
    const place = fresh();
    await place.store().write(recordOf(2));
    const refused = { kind: "forbidden", because: "no right to write" } as const;
    const store = place.store({ replace: () => Promise.resolve(refused) });
    expect(await store.read()).toMatchObject({ kind: "present" });
    await expect(store.tryWrite()).rejects.toMatchObject({
      code: "RecordStoreFailed",
      message: expect.stringContaining("no right to write"),
    });
  });

  test("what was written since it was read is not written over", async () => {
    const place = fresh();
    await place.store().write(recordOf(2));
    const replace: Put = async (...given) => {
      await place.store().write(recordOf(3));
      return opened().replace(...given);
    };
    expect(await place.store({ replace }).tryWrite()).toBe(false);
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(3) });
  });

  test("where no record of ours is, nothing is written", async () => {
    const place = fresh();
    expect(await place.store().tryWrite()).toBe(false);
    expect(await place.store().read()).toEqual({ kind: "missing" });
    await place.store().write(recordOf(1));
    const other = renderRecordFile("hz-hel-rtz-prod/shop", recordOf(1));
    for (const text of ["torn", other]) {
      await place.change(() => text);
      expect(await place.store().tryWrite()).toBe(false);
      expect((await place.found())["data"]).toEqual({ "record.json": text });
    }
  });
}

function requestsContract(opened: () => KubernetesClient): void {
  const fresh = () => freshPlace(opened);

  test("one write after the other is one request each, and reads nothing", async () => {
    const place = fresh();
    let reads = 0;
    const store = place.store({
      get: async (...given) => {
        reads += 1;
        return opened().get(...given);
      },
    });
    for (const version of [1, 2, 3]) await store.write(recordOf(version));
    expect(reads).toBe(1);
    // The third is deleted under it, and what it knows of is not there.
    await place.remove();
    await store.write(recordOf(4));
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(4) });
    // A write that was done already is not taken for done by memory.
    await place.remove();
    await store.write(recordOf(4));
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(4) });
  });
}

function writingContract(opened: () => KubernetesClient): void {
  const fresh = () => freshPlace(opened);

  test("somebody who writes between the reading and the write is not written over: it is read again", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    let tries = 0;
    const replace: Put = async (...given) => {
      tries += 1;
      if (tries === 1) await place.merge({ metadata: { labels: { between: "yes" } } });
      return opened().replace(...given);
    };
    await place.store({ replace }).write(recordOf(2));
    expect(tries).toBe(2);
    expect((await place.found()).metadata.labels).toMatchObject({ between: "yes" });
    expect(await place.store().read()).toMatchObject({ record: { version: 2 } });
  });

  test("a place that never stands still is given up, and says so", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    let count = 0;
    const replace: Put = async (...given) => {
      count += 1;
      await place.merge({ metadata: { labels: { count: String(count) } } });
      return opened().replace(...given);
    };
    await expect(place.store({ replace }).write(recordOf(2))).rejects.toMatchObject({
      code: "RecordStoreFailed",
      message: expect.stringContaining("somebody else writes it all the time"),
    });
  });

  test.each([
    ["done", 1],
    ["not done", 2],
  ])("a write of which nobody knows and which was %s is read back", async (what, writes) => {
    const place = fresh();
    await place.store().write(recordOf(1));
    let tries = 0;
    const replace: Put = async (...given) => {
      tries += 1;
      if (tries > 1 || what === "done") await opened().replace(...given);
      if (tries === 1) throw new Failure("KubernetesUncertain", "the line went dead");
      return opened().replace(...given);
    };
    await place.store({ replace }).write(recordOf(2));
    expect(tries).toBe(writes);
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(2) });
  });

  test("a write that arrives after a later one changes nothing", async () => {
    const place = fresh();
    await place.store().write(recordOf(1));
    const later = { go: (): void => undefined };
    const held = new Promise<void>((resolve) => {
      later.go = resolve;
    });
    let isHeld = false;
    const replace: Put = async (...given) => {
      if (!isHeld) {
        isHeld = true;
        await held;
      }
      return opened().replace(...given);
    };
    const late = place.store({ replace }).write(recordOf(2));
    await expect.poll(() => isHeld, { timeout: 60_000 }).toBe(true);
    await place.store().write(recordOf(3));
    later.go();
    await late;
    expect(await place.store().read()).toEqual({ kind: "present", record: recordOf(3) });
  });
}
