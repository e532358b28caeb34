import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { chance, type Random, seededRandom } from "../../core/kernel/random.ts";
import { type VirtualClock, virtualClock } from "../../sim/virtual-clock.ts";
import { makeAbort } from "../abort.ts";
import type { Signal } from "../env.ts";
import type { KubeObject } from "./kube-object.ts";
import type { KubernetesApi, Listed, ListQuery, WatchEvent, WatchQuery } from "./kubernetes-api.ts";
import type { Refusal } from "./refusal.ts";
import { resourceKinds } from "./resource-kinds.ts";
import { type KindEvent, watchKind } from "./watch-kind.ts";

type Trouble = Failure | Refusal;

const broken = new Failure("KubernetesUnreachable", "it broke off");
const forbidden: Refusal = { kind: "forbidden", because: "no" };
const gone: Refusal = { kind: "gone", because: "too old" };

/** FAKE: objects with versions, and a history for watches; what goes wrong is up to the test. */
class Shelf {
  readonly #history: { readonly version: number; readonly event: WatchEvent }[] = [];
  readonly #objects = new Map<string, KubeObject>();
  #version = 10;
  #wake: (() => void)[] = [];
  lists = 0;
  watches = 0;
  /** What a list takes. */
  beforeList: () => Promise<void> = () => Promise.resolve();
  /** What happens to the next list, to the next watch at its beginning, and to a running one. */
  readonly plan = {
    list: [] as Trouble[],
    begin: [] as Trouble[],
    running: [] as (Trouble | "end")[],
  };

  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }

  put(name: string, uid = name): void {
    this.#version += 1;
    const metadata = { name, namespace: "n", uid, resourceVersion: String(this.#version) };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata };
    this.#objects.set(name, object);
    this.#tell({ kind: "changed", object });
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined) return;
    this.#version += 1;
    this.#objects.delete(name);
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#tell({ kind: "removed", object: { ...object, metadata } });
  }

  #tell(event: WatchEvent): void {
    this.#history.push({ version: this.#version, event });
    this.wake();
  }

  /** Lets running watches look again. */
  wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async list(query: ListQuery | undefined): Promise<Listed | Refusal> {
    this.lists += 1;
    await this.beforeList();
    const trouble = this.plan.list.shift();
    if (trouble instanceof Failure) return Promise.reject(trouble);
    if (trouble !== undefined) return Promise.resolve(trouble);
    expect(query?.limit).toBeGreaterThan(0);
    const items = [...this.#objects.values()];
    const version = String(this.#version);
    return Promise.resolve({ kind: "listed", items, resourceVersion: version, next: null });
  }

  watch(query: WatchQuery): ReturnType<KubernetesApi["watch"]> {
    this.watches += 1;
    const trouble = this.plan.begin.shift();
    if (trouble instanceof Failure) return Promise.reject(trouble);
    if (trouble !== undefined) return Promise.resolve(trouble);
    return Promise.resolve({ kind: "watching", events: this.#events(query) });
  }

  async *#events({ resourceVersion, signal }: WatchQuery): AsyncGenerator<WatchEvent | Refusal> {
    let told = Number(resourceVersion);
    while (!signal.aborted) {
      const trouble = this.plan.running.shift();
      if (trouble === "end") return;
      if (trouble instanceof Failure) throw trouble;
      if (trouble !== undefined) {
        yield trouble;
        return;
      }
      const next = this.#history.find(({ version }) => version > told);
      if (next === undefined) await this.#pause(signal);
      else {
        told = next.version;
        yield next.event;
      }
    }
  }

  #pause(signal: Signal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** A follower of the shelf: what it was told, and what it would believe by that. */
function follow(shelf: Shelf, clock: VirtualClock, options: { readonly itemsMax?: number } = {}) {
  const abort = makeAbort();
  const never = () => Promise.reject(new Error("nobody asks for that"));
  const api: KubernetesApi = {
    id: "the shelf",
    version: never,
    get: never,
    create: never,
    replace: never,
    patch: never,
    delete: never,
    evict: never,
    list: (_kind, query) => shelf.list(query),
    watch: (_kind, query) => shelf.watch(query),
  };
  const watch = watchKind(api, resourceKinds.configMap, {
    clock,
    random: seededRandom(1),
    signal: abort.signal,
    ...options,
  });
  const told: string[] = [];
  const believed = new Map<string, KubeObject>();
  const learn = (event: KindEvent): void => {
    if (event.kind === "synced") told.push("synced");
    else {
      const { name } = event.object.metadata;
      told.push(`${event.kind} ${name}`);
      if (event.kind === "changed") believed.set(name, event.object);
      else believed.delete(name);
    }
  };
  const ended = (async () => {
    for await (const event of watch) learn(event);
  })();
  onTestFinished(async () => {
    abort.abort();
    await ended;
  });
  return { watch, told, believed, abort, ended };
}

const minute = 60_000;

test("everything is told once, then every change", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  shelf.put("a");
  const { watch, told } = follow(shelf, clock);
  await clock.advance(1);
  expect(told).toEqual(["changed a", "synced"]);
  shelf.put("b");
  shelf.put("a");
  shelf.remove("b");
  await clock.advance(1);
  expect(told.slice(2)).toEqual(["changed b", "changed a", "removed b"]);
  expect(watch.state()).toEqual({
    isCurrent: true,
    lastHeardAtMs: expect.any(Number),
    lists: 1,
    watches: 1,
    failures: 0,
    objects: 1,
    problem: null,
  });
});

describe("nothing ends it", () => {
  const anything: readonly (readonly [string, Trouble])[] = [
    ["a broken connection", broken],
    ["a credential that is not accepted", new Failure("KubernetesUnauthorized", "no")],
    ["a missing right", forbidden],
    ["a kind that is not there", { kind: "notFound", what: "kind", because: "no such" }],
    ["an answer that can not be read", new Failure("KubernetesRefused", "garbage")],
    ["a version that is not kept", gone],
  ];

  test.each(anything)("%s while listing", async (_name, trouble) => {
    const [shelf, clock] = [new Shelf(), virtualClock(1)];
    shelf.put("a");
    // A list that is gone is begun again at once, a few times.
    shelf.plan.list.push(trouble, trouble, trouble, trouble);
    const { watch, told } = follow(shelf, clock);
    await clock.advance(1);
    expect(told).toEqual([]);
    expect(watch.state()).toMatchObject({ isCurrent: false, lists: 0, problem: expect.anything() });
    await clock.advance(5 * minute);
    expect(told).toEqual(["changed a", "synced"]);
    expect(watch.state()).toMatchObject({ isCurrent: true, problem: null });
  });

  test.each(anything)("%s while a watch begins", async (_name, trouble) => {
    const [shelf, clock] = [new Shelf(), virtualClock(1)];
    shelf.put("a");
    shelf.plan.begin.push(trouble);
    const { told } = follow(shelf, clock);
    await clock.advance(0);
    shelf.remove("a");
    await clock.advance(minute);
    expect(told).toEqual(["changed a", "synced", "removed a", "synced"]);
  });

  test.each(anything)("%s while a watch runs", async (_name, trouble) => {
    const [shelf, clock] = [new Shelf(), virtualClock(1)];
    shelf.put("a");
    const { told, watch } = follow(shelf, clock);
    await clock.advance(1);
    shelf.plan.running.push(trouble);
    shelf.wake();
    await clock.advance(0);
    expect(watch.state().isCurrent).toBe(false);
    shelf.put("b");
    shelf.put("a", "made again");
    await clock.advance(minute);
    expect(told.slice(2)).toEqual(["removed a", "changed a", "changed b", "synced"]);
    expect(watch.state()).toMatchObject({ isCurrent: true, lists: 2 });
  });
});

test("a watch that the server ends goes on where it was, without a new list", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  const { told, watch } = follow(shelf, clock);
  await clock.advance(1);
  for (let i = 0; i < 5; i++) {
    await clock.advance(45_000);
    shelf.plan.running.push("end");
    shelf.put(`o${i}`);
    await clock.advance(3_000);
  }
  expect(told).toEqual(["synced", ...Array.from({ length: 5 }, (_, i) => `changed o${i}`)]);
  expect(watch.state()).toMatchObject({ lists: 1, watches: 6, failures: 0 });
});

test("a server that ends every watch at once is not asked without a pause", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  shelf.plan.running.push(...Array.from({ length: 1_000 }, () => "end" as const));
  follow(shelf, clock);
  await clock.advance(minute);
  expect(shelf.watches).toBeLessThanOrEqual(31);
});

test("a server that fails at once is asked less and less often, and heard as soon as it answers", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  shelf.plan.list.push(...Array.from({ length: 1_000 }, () => broken));
  const { told, watch } = follow(shelf, clock);
  await clock.advance(10 * minute);
  expect(shelf.lists).toBeLessThan(50);
  expect(watch.state()).toMatchObject({ lastHeardAtMs: null, failures: shelf.lists });
  shelf.plan.list.length = 0;
  await clock.advance(minute);
  expect(told).toEqual(["synced"]);
});

test("a watch that never fails is held against a new list now and then", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  shelf.put("a");
  const { told } = follow(shelf, clock);
  await clock.advance(1);
  // A server that forgot to tell: the object is gone without an event.
  (shelf.objects as Map<string, KubeObject>).delete("a");
  for (let i = 0; i < 15; i++) {
    shelf.plan.running.push("end");
    shelf.wake();
    await clock.advance(minute);
  }
  expect(told).toEqual(["changed a", "synced", "removed a", "synced"]);
});

test("while a new list takes longer than a watch may be silent, what was told is not current", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  const { watch } = follow(shelf, clock);
  await clock.advance(1);
  shelf.beforeList = () => clock.sleep(5 * minute);
  await clock.advance(11 * minute);
  shelf.plan.running.push("end");
  shelf.wake();
  await clock.advance(minute / 2);
  expect([shelf.lists, watch.state().isCurrent]).toEqual([2, true]);
  await clock.advance(minute);
  expect(watch.state()).toMatchObject({ isCurrent: false, lists: 1 });
  await clock.advance(5 * minute);
  expect(watch.state()).toMatchObject({ isCurrent: true, lists: 2, watches: 2 });
});

test("more objects than are kept is a problem that is said, and is over when there are fewer", async () => {
  const [shelf, clock] = [new Shelf(), virtualClock(1)];
  for (const name of ["a", "b"]) shelf.put(name);
  const { watch, believed } = follow(shelf, clock, { itemsMax: 2 });
  await clock.advance(1);
  shelf.put("c");
  await clock.advance(minute);
  expect(watch.state()).toMatchObject({ isCurrent: false, problem: { code: "KubernetesRefused" } });
  shelf.remove("a");
  await clock.advance(minute);
  expect(watch.state()).toMatchObject({ isCurrent: true, problem: null });
  expect([...believed.keys()].sort()).toEqual(["b", "c"]);
});

test("the signal ends it, while it waits and while it watches", async () => {
  for (const trouble of [[], [broken]]) {
    const [shelf, clock] = [new Shelf(), virtualClock(1)];
    shelf.plan.list.push(...trouble);
    const { abort, ended, watch } = follow(shelf, clock);
    await clock.advance(1);
    abort.abort();
    await ended;
    expect(watch.state().isCurrent).toBe(false);
  }
});

/** Something happens to the shelf, or to who follows it. */
function happen(shelf: Shelf, random: Random): void {
  const name = `o${random.below(4)}`;
  if (chance(random, 300)) shelf.remove(name);
  else if (chance(random, 700)) shelf.put(name);
  else shelf.put(name, `${name}-${random.below(3)}`);
  const trouble = [broken, forbidden, gone][random.below(3)] ?? broken;
  if (chance(random, 100)) shelf.plan.list.push(trouble);
  if (chance(random, 100)) shelf.plan.begin.push(trouble);
  if (chance(random, 200)) shelf.plan.running.push(chance(random, 500) ? "end" : trouble);
  shelf.wake();
}

test("whatever goes wrong, what is believed is what is true once nothing goes wrong for a while", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), async (seed, steps) => {
      const [shelf, clock, random] = [new Shelf(), virtualClock(seed), seededRandom(seed)];
      const { believed, watch, told, abort, ended } = follow(shelf, clock);
      for (let i = 0; i < steps; i++) {
        happen(shelf, random);
        await clock.advance(random.below(3_000));
      }
      shelf.plan.running.length = 0;
      shelf.plan.begin.length = 0;
      shelf.plan.list.length = 0;
      await clock.advance(2 * minute);
      expect(watch.state().isCurrent).toBe(true);
      expect(new Map([...believed].sort())).toEqual(new Map([...shelf.objects].sort()));
      expect(told).toContain("synced");
      abort.abort();
      await ended;
    }),
    { numRuns: 200 },
  );
});
