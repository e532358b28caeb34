/** Reading: objects, lists in pages, selectors, and what is not there. */
import { beforeAll, describe, expect, test } from "vitest";
import { listAll } from "../../src/control/kubernetes/list-all.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { WorldOf } from "./kubernetes.ts";
import { failureOf, refusedAs } from "./kubernetes-world.ts";

const kind = resourceKinds.configMap;

export function readContract(opened: WorldOf): void {
  missingContract(opened);

  test("an object is read as it was made, with what the server adds", async () => {
    const made = await opened().configMap({ a: "1", "b.txt": "two\nlines" }, { app: "shop" });
    expect(made).toMatchObject({
      apiVersion: "v1",
      kind: "ConfigMap",
      data: { a: "1", "b.txt": "two\nlines" },
      metadata: {
        namespace: opened().namespace,
        labels: { app: "shop" },
        uid: expect.stringMatching(/^[0-9a-f]{8}-/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
  });

  describe("a list", () => listContract(opened));
}

function missingContract(opened: WorldOf): void {
  test("an object that is not there is not found", async () => {
    const missing = opened().place("missing");
    const { what, because } = refusedAs(await opened().api.get(kind, missing), "notFound");
    expect(what).toBe("object");
    expect(because).toBe(`configmaps "${missing.name}" not found`);
  });

  test("an object in a namespace that is not there is not found", async () => {
    const missing = { name: "map", namespace: "no-such-namespace" };
    expect(refusedAs(await opened().api.get(kind, missing), "notFound").what).toBe("object");
  });

  test("a kind that the server does not know is told from an object that is not there", async () => {
    const unknown = { ...kind, group: "nobody.sovereign.test", plural: "nothings" };
    const { api, namespace } = opened();
    expect(refusedAs(await api.list(unknown, { namespace }), "notFound").what).toBe("kind");
    const place = { name: "x", namespace };
    expect(refusedAs(await api.get(unknown, place), "notFound").what).toBe("kind");
    const sameGroup = { ...resourceKinds.deployment, plural: "nothings" };
    expect(refusedAs(await api.get(sameGroup, place), "notFound").what).toBe("kind");
  });

  test("a name that would lead elsewhere is refused before it is sent", async () => {
    const place = { name: "..", namespace: opened().namespace };
    expect((await failureOf(asPromise(() => opened().api.get(kind, place)))).code).toBe(
      "NameInvalid",
    );
  });
}

/** What throws at once, as something that fails later. */
async function asPromise<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}

const tiers = ["web", "web", "web", "data", "data", "data", "none"];

function listContract(opened: WorldOf): void {
  let names: readonly string[] = [];
  beforeAll(async () => {
    const made: string[] = [];
    for (const tier of tiers) {
      const labels = { suite: "list", ...(tier === "none" ? {} : { tier }) };
      made.push((await opened().configMap({}, labels)).metadata.name);
    }
    names = made;
  });
  pageContract(opened, () => names);
  selectorContract(opened, () => names);

  test("says the kind of each item, and a version from which to watch", async () => {
    const listed = await opened().api.list(kind, {
      namespace: opened().namespace,
      labels: "suite=list",
    });
    expect(listed).toMatchObject({
      kind: "listed",
      resourceVersion: expect.stringMatching(/^\d+$/),
      next: null,
    });
    const items = listed.kind === "listed" ? listed.items : [];
    expect(items).toHaveLength(tiers.length);
    for (const item of items) expect(item).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
  });

  test("of a namespace that is not there is empty", async () => {
    const listed = await opened().api.list(kind, { namespace: "no-such-namespace" });
    expect(listed).toMatchObject({ kind: "listed", items: [], next: null });
  });

  test("over all namespaces, and of a kind of the cluster, has ours", async () => {
    const { api, namespace } = opened();
    const everywhere = await listAll(api, kind, { labels: "suite=list" });
    expect(everywhere.kind === "all" ? everywhere.items : []).toHaveLength(tiers.length);
    const fields = `metadata.name=${namespace}`;
    const namespaces = await api.list(resourceKinds.namespace, { fields });
    expect(namespaces).toMatchObject({ items: [{ metadata: { name: namespace } }] });
  });
}

function pageContract(opened: WorldOf, names: () => readonly string[]): void {
  test("comes in pages of one moment", async () => {
    const { api, namespace } = opened();
    const query = { namespace, labels: "suite=list", limit: 3 };
    const first = await api.list(kind, query);
    if (first.kind !== "listed" || first.next === null) throw new Error(JSON.stringify(first));
    expect(first.items).toHaveLength(3);
    const late = await opened().configMap({}, { suite: "list", tier: "late" });
    const second = await api.list(kind, { ...query, next: first.next });
    if (second.kind !== "listed" || second.next === null) throw new Error(JSON.stringify(second));
    const third = await api.list(kind, { ...query, next: second.next });
    if (third.kind !== "listed") throw new Error(JSON.stringify(third));
    expect(third.next).toBe(null);
    const seen = [first, second, third].flatMap(({ items }) =>
      items.map((item) => item.metadata.name),
    );
    expect(seen, "what came later is not in it").toEqual([...names()].sort());
    expect(new Set([first, second, third].map((page) => page.resourceVersion)).size).toBe(1);
    await api.delete(kind, { name: late.metadata.name, namespace });
  });

  test("is read whole, whatever the size of its pages", async () => {
    const { api, namespace } = opened();
    const all = await listAll(api, kind, { namespace, labels: "suite=list", pageItems: 2 });
    expect(all.kind === "all" ? all.items.map((item) => item.metadata.name) : all).toEqual(
      [...names()].sort(),
    );
  });

  test("a page that no list ever named is refused", async () => {
    const failure = failureOf(
      opened().api.list(kind, { namespace: opened().namespace, next: "eyJ2IjoieCJ9" }),
    );
    expect((await failure).code).toBe("KubernetesRefused");
  });
}

function selectorContract(opened: WorldOf, names: () => readonly string[]): void {
  const list = async (query: { readonly labels?: string; readonly fields?: string }) => {
    const listed = await opened().api.list(kind, { namespace: opened().namespace, ...query });
    if (listed.kind !== "listed") throw new Error(JSON.stringify(listed));
    return listed.items.map(({ metadata }) => metadata.name).sort();
  };
  const ofTier = (...wanted: readonly string[]) =>
    names()
      .filter((_name, index) => wanted.includes(tiers[index] ?? ""))
      .sort();

  test.each([
    ["suite=list,tier=web", ["web"]],
    ["suite=list,tier==web", ["web"]],
    ["suite=list,tier!=web", ["data", "none"]],
    ["suite=list,tier in (web, data)", ["web", "data"]],
    ["suite=list,tier notin (web)", ["data", "none"]],
    ["suite=list,tier", ["web", "data"]],
    ["suite=list,!tier", ["none"]],
    ["suite=other", []],
  ])("by the labels %s has those of %j", async (labels, wanted) => {
    expect(await list({ labels })).toEqual(ofTier(...wanted));
  });

  test("by the field of its name has one", async () => {
    const [name = ""] = names();
    expect(await list({ fields: `metadata.name=${name}` })).toEqual([name]);
    expect(await list({ fields: `metadata.name!=${name}`, labels: "tier=web" })).toEqual(
      ofTier("web").filter((each) => each !== name),
    );
  });

  test.each([{ labels: "tier=(" }, { fields: "data.a=1" }])(
    "by a selector that the server does not understand (%j) is refused",
    async (query) => {
      const listed = opened().api.list(kind, { namespace: opened().namespace, ...query });
      expect((await failureOf(listed)).code).toBe("KubernetesRefused");
    },
  );
}
