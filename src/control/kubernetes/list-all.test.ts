import { expect, test } from "vitest";
import type { KubeObject } from "./kube-object.ts";
import type { KubernetesApi, Listed, ListQuery } from "./kubernetes-api.ts";
import { listAll } from "./list-all.ts";
import type { Refusal } from "./refusal.ts";
import { resourceKinds } from "./resource-kinds.ts";

const gone: Refusal = { kind: "gone", because: "the page is too old" };

const page = (names: readonly string[], next: string | null): Listed => ({
  kind: "listed",
  items: names.map(
    (name): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } }),
  ),
  resourceVersion: "7",
  next,
});

/** Lists all of what these answers say in turn, the last one for ever; with what was asked. */
async function listed(
  answers: readonly (Listed | Refusal)[],
  options: { readonly itemsMax?: number } = {},
) {
  const asked: (ListQuery | undefined)[] = [];
  const list: KubernetesApi["list"] = (_kind, query) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? gone;
    asked.push(query);
    return Promise.resolve(answer);
  };
  // Nothing else of the port is used.
  const api = { id: "the script", list } as KubernetesApi;
  const all = await listAll(api, resourceKinds.configMap, { labels: "a=b", ...options });
  return { asked, all };
}

const namesOf = (all: Awaited<ReturnType<typeof listAll>>) =>
  all.kind === "all" ? all.items.map(({ metadata }) => metadata.name) : all.kind;

test("pages are read to the last, each with the word of the one before", async () => {
  const { asked, all } = await listed([page(["a", "b"], "x"), page(["c"], "y"), page([], null)]);
  expect(namesOf(all)).toEqual(["a", "b", "c"]);
  expect(asked).toEqual([
    { labels: "a=b", limit: 500 },
    { labels: "a=b", limit: 500, next: "x" },
    { labels: "a=b", limit: 500, next: "y" },
  ]);
});

test("a page that is no longer kept begins the list again, without what was read before", async () => {
  const { all } = await listed([page(["a"], "x"), gone, page(["b"], null)]);
  expect(namesOf(all)).toEqual(["b"]);
});

test("a server that never keeps a page is asked a few times, and then believed", async () => {
  const { asked, all } = await listed([page(["a"], "x"), gone, gone]);
  expect(all).toEqual(gone);
  expect(asked.length).toBeLessThan(10);
});

test("any other refusal is given back at once", async () => {
  const forbidden: Refusal = { kind: "forbidden", because: "no" };
  const { asked, all } = await listed([page(["a"], "x"), forbidden]);
  expect([all, asked.length]).toEqual([forbidden, 2]);
});

test("more objects than are kept is a failure that says what to do", async () => {
  await expect(listed([page(["a", "b"], "x")], { itemsMax: 1 })).rejects.toMatchObject({
    code: "KubernetesRefused",
    remedy: "Give a namespace or a label selector that names fewer.",
  });
});

test.each([
  ["the same page again", Array.from({ length: 99 }, () => page(["a"], "x"))],
  ["page after page of nothing", Array.from({ length: 99 }, (_, at) => page([], String(at)))],
])("a server that offers %s is refused, and is not asked for ever", async (_name, pages) => {
  const asked = listed([...pages, page([], null)], { itemsMax: 1_000 });
  await expect(asked).rejects.toMatchObject({ code: "KubernetesRefused" });
});

test("as many full pages as objects are kept are no list without end", async () => {
  const names = Array.from({ length: 500 }, (_, at) => `o${at}`);
  const full = (next: string | null) => page(names, next);
  const { all } = await listed([full("x"), full("y"), page([], null)], { itemsMax: 1_000 });
  expect(namesOf(all)).toHaveLength(1_000);
});
