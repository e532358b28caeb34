import { expect, test } from "vitest";
import { AssertionError } from "../../core/kernel/assert.ts";
import { asDeclared, isDeclared, type RequestAsked } from "./as-declared.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";
import { kubePrograms, type RequestMade, requestsMade } from "./requests-made.ts";
import { resourceKinds } from "./resource-kinds.ts";

const { configMap, pod, service, node, secret } = resourceKinds;
const because = "it is a test";
const declared: readonly RequestMade[] = [
  { kind: configMap, verbs: ["get", "update"], where: "home", because },
  { kind: service, verbs: ["patch"], where: "platform", because },
  { kind: service, verbs: ["get"], subresource: "status", where: "platform", because },
  { kind: node, verbs: ["list"], where: "cluster", because },
  { kind: pod, verbs: ["create"], subresource: "eviction", where: "platform", because },
];

test.each<[string, RequestAsked, boolean]>([
  ["of the own namespace", { kind: configMap, verb: "get", namespace: "home" }, true],
  ["by another verb", { kind: configMap, verb: "delete", namespace: "home" }, false],
  ["of another namespace", { kind: configMap, verb: "get", namespace: "other" }, false],
  ["of all namespaces", { kind: configMap, verb: "get" }, false],
  ["of the platform's namespaces", { kind: service, verb: "patch", namespace: "shop" }, true],
  ["of all of these at once", { kind: service, verb: "patch" }, false],
  ["of a part", { kind: service, verb: "get", subresource: "status", namespace: "shop" }, true],
  [
    "of the whole, where a part is declared",
    { kind: service, verb: "get", namespace: "shop" },
    false,
  ],
  ["of the cluster", { kind: node, verb: "list" }, true],
  ["of another kind", { kind: secret, verb: "get", namespace: "home" }, false],
])("a request %s is judged by the declarations", (_, asked, expected) => {
  expect(isDeclared(declared, asked, "home")).toBe(expected);
});

test("what a program does not declare is never sent, whatever the method", async () => {
  let sent = 0;
  const send = () => {
    sent += 1;
    return Promise.reject(new Error("it was sent"));
  };
  const reached: KubernetesApi = {
    id: "nobody",
    version: send,
    get: send,
    list: send,
    create: send,
    replace: send,
    patch: send,
    delete: send,
    evict: send,
    watch: send,
  };
  const api = asDeclared(reached, "control", "home");
  const place = { name: "a", namespace: "home" };
  const object = { apiVersion: "v1", kind: "Secret", metadata: place };
  const query = { resourceVersion: "0", endsAfterSeconds: 1, silenceMs: 1 };
  const asks = [
    () => api.get(secret, place),
    () => api.list(secret),
    () => api.create(secret, object),
    () => api.replace(secret, object),
    () => api.patch(secret, place, { patch: { kind: "merge", body: {} } }),
    () => api.delete(secret, place),
    () => api.evict(place),
    () => api.watch(secret, { ...query, signal: new AbortController().signal }),
  ];
  for (const ask of asks) await expect(ask()).rejects.toBeInstanceOf(AssertionError);
  expect(sent).toBe(0);
  const checking = asDeclared(reached, "check", "home");
  await expect(checking.list(node)).rejects.toThrow("it was sent");
});

test("no program reads Secrets, and the check has no verb that changes anything", () => {
  const all = kubePrograms.flatMap((program) => requestsMade[program]);
  expect(all.filter(({ kind }) => kind.plural === "secrets")).toEqual([]);
  expect(requestsMade.check.flatMap(({ verbs }) => verbs).every((verb) => verb === "list")).toBe(
    true,
  );
});

test("every request says what it is needed for, and a kind of the cluster is asked of the cluster", () => {
  for (const { kind, because: reason, where, verbs } of kubePrograms.flatMap(
    (program) => requestsMade[program],
  )) {
    expect(reason, kind.plural).toMatch(/^[a-z].{10,}[^.]$/);
    expect(verbs.length, kind.plural).toBeGreaterThan(0);
    if (kind.scope === "Cluster") expect(where, kind.plural).toBe("cluster");
  }
});
