/** Watching: every change from a version on, bookmarks in quiet times, and an end that is said. */
import { expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import type { KubeObject, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import type { WatchEvent } from "../../src/control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../src/control/kubernetes/refusal.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { type KindEvent, watchKind } from "../../src/control/kubernetes/watch-kind.ts";
import type { WorldOf } from "./kubernetes.ts";
import { widgetKind } from "./kubernetes-widget.ts";
import { type KubernetesWorld, patience, placeOf, writtenOf } from "./kubernetes-world.ts";

const { configMap } = resourceKinds;

type From = {
  readonly kind?: ResourceKind;
  readonly resourceVersion: string;
  readonly labels?: string;
  readonly endsAfterSeconds?: number;
};

/** Watches a kind, ConfigMaps if none is named, in the suite's namespace from a version on, until the server ends it or `stop` is called. */
async function watchFrom(
  world: KubernetesWorld,
  { kind = configMap, endsAfterSeconds = 120, ...from }: From,
) {
  const abort = new AbortController();
  const seen: (WatchEvent | Refusal)[] = [];
  const watching = await world.api.watch(kind, {
    ...from,
    namespace: world.namespace,
    endsAfterSeconds,
    silenceMs: 120_000,
    signal: abort.signal,
  });
  const follow = async (): Promise<void> => {
    if (watching.kind !== "watching") seen.push(watching);
    else for await (const event of watching.events) seen.push(event);
  };
  const ended = follow();
  const stop = async (): Promise<void> => {
    abort.abort();
    await ended;
  };
  return { seen, ended, stop };
}

const named = (event: WatchEvent | Refusal | KindEvent): string =>
  "object" in event ? `${event.kind} ${event.object.metadata.name}` : event.kind;

/** What a watch told but bookmarks, which come whenever a server likes. */
const toldBy = ({ seen }: { readonly seen: readonly (WatchEvent | Refusal)[] }) =>
  seen.filter(({ kind }) => kind !== "bookmark");

const changesIn = (watch: Parameters<typeof toldBy>[0]) => toldBy(watch).map(named);

const change = (
  data: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
) => ({ kind: "merge", body: { data, metadata: { labels } } }) as const;

export function watchContract(opened: WorldOf): void {
  eventContract(opened);
  endContract(opened);

  test("a kind is known and kept known, through an ended watch", async () => {
    const before = await opened().configMap({ a: "1" }, { suite: "kept" });
    const abort = new AbortController();
    const options = { clock: systemClock, random: systemRandom, signal: abort.signal };
    const { namespace } = opened();
    const labels = "suite=kept";
    const kept = watchKind(opened().api, configMap, {
      ...options,
      namespace,
      labels,
      silenceMs: 6_000,
    });
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of kept) seen.push(named(event));
    })();
    const { name } = before.metadata;
    const isTold = (...all: readonly string[]) =>
      expect.poll(() => seen.filter((each) => each !== "synced"), patience).toEqual(all);
    await expect.poll(() => seen, patience).toContain("synced");
    await expect.poll(() => kept.state().watches, patience).toBeGreaterThan(1);
    await isTold(`changed ${name}`);
    writtenOf(await opened().patch(configMap, before.metadata, change({ a: "2" })));
    await isTold(`changed ${name}`, `changed ${name}`);
    await opened().api.delete(configMap, placeOf(before.metadata));
    await isTold(`changed ${name}`, `changed ${name}`, `removed ${name}`);
    const current = { isCurrent: true, objects: 0, problem: null };
    await expect.poll(() => kept.state(), patience).toMatchObject(current);
    abort.abort();
    await following;
    expect(kept.state().isCurrent).toBe(false);
  });
}

function eventContract(opened: WorldOf): void {
  const startAt = async (): Promise<string> => {
    const { api, namespace } = opened();
    const listed = await api.list(configMap, { namespace });
    if (listed.kind !== "listed") throw new Error(JSON.stringify(listed));
    return listed.resourceVersion;
  };

  test("tells each change in order, with the object as it was then", async () => {
    const resourceVersion = await startAt();
    const { metadata } = await opened().configMap({ a: "1" });
    writtenOf(await opened().patch(configMap, metadata, change({ a: "2" })));
    await opened().api.delete(configMap, placeOf(metadata));
    const watch = await watchFrom(opened(), { resourceVersion });
    const { name } = metadata;
    const wanted = [`changed ${name}`, `changed ${name}`, `removed ${name}`];
    await expect.poll(() => changesIn(watch), patience).toEqual(wanted);
    await watch.stop();
    const objects = watch.seen.flatMap((event): readonly KubeObject[] =>
      "object" in event ? [event.object] : [],
    );
    expect(objects.map((object) => object["data"])).toEqual([{ a: "1" }, { a: "2" }, { a: "2" }]);
    expect(new Set(objects.map((object) => object.metadata.resourceVersion)).size).toBe(3);
    for (const object of objects)
      expect(object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
  });

  test("from a later version on tells only what came after it", async () => {
    const { metadata } = await opened().configMap({ a: "1" });
    const resourceVersion = await startAt();
    const watch = await watchFrom(opened(), { resourceVersion });
    const after = writtenOf(await opened().patch(configMap, metadata, change({ a: "2" })));
    await expect.poll(() => changesIn(watch), patience).toEqual([`changed ${metadata.name}`]);
    await watch.stop();
    expect(toldBy(watch)).toMatchObject([
      { object: { metadata: { resourceVersion: after.metadata.resourceVersion } } },
    ]);
  });

  test("by a selector tells of an object that leaves it as of one that is gone", async () => {
    const resourceVersion = await startAt();
    const watch = await watchFrom(opened(), { resourceVersion, labels: "colour=red" });
    const other = await opened().configMap({}, { colour: "green" });
    const { metadata } = await opened().configMap({ a: "1" }, { colour: "red" });
    writtenOf(await opened().patch(configMap, metadata, change({ a: "2" }, { colour: "green" })));
    writtenOf(
      await opened().patch(configMap, other.metadata, change({ a: "3" }, { colour: "red" })),
    );
    const wanted = [
      `changed ${metadata.name}`,
      `removed ${metadata.name}`,
      `changed ${other.metadata.name}`,
    ];
    await expect.poll(() => changesIn(watch), patience).toEqual(wanted);
    await watch.stop();
  });
}

function endContract(opened: WorldOf): void {
  test("ends by itself when it was asked to, after a bookmark that says how far it was", async () => {
    const { metadata } = await opened().configMap();
    const resourceVersion = metadata.resourceVersion ?? "";
    const from = { resourceVersion, labels: "suite=quiet", endsAfterSeconds: 5 };
    const watch = await watchFrom(opened(), from);
    // A bookmark says how far it was only when something happened, which need not be what is watched.
    await opened().configMap();
    await watch.ended;
    const bookmarks = watch.seen.filter((event) => event.kind === "bookmark");
    expect(bookmarks.length, JSON.stringify(watch.seen)).toBeGreaterThan(0);
    const [last] = bookmarks.slice(-1);
    const marked = last?.kind === "bookmark" ? last.resourceVersion : "";
    expect(marked).not.toBe(resourceVersion);
    const next = await watchFrom(opened(), { resourceVersion: marked });
    const { name } = (await opened().configMap()).metadata;
    await expect.poll(() => changesIn(next), patience).toEqual([`changed ${name}`]);
    await next.stop();
  });

  test("from a version that is no longer kept is gone", async () => {
    // Of a kind that a CRD defined later, no server keeps what was then.
    const watch = await watchFrom(opened(), { kind: widgetKind, resourceVersion: "1" });
    await watch.ended;
    expect(toldBy(watch)).toMatchObject([
      { kind: "gone", because: expect.stringMatching(/old|expired/) },
    ]);
  });

  test("ends at once when nobody wants it any more", async () => {
    const { metadata } = await opened().configMap();
    const watch = await watchFrom(opened(), { resourceVersion: metadata.resourceVersion ?? "" });
    await watch.stop();
    expect(watch.seen.filter((event) => event.kind === "gone")).toEqual([]);
  });
}
