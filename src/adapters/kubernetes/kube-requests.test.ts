import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { KubeRequest } from "./kube-connection.ts";
import {
  createRequest,
  deleteRequest,
  evictRequest,
  getRequest,
  listRequest,
  patchRequest,
  replaceRequest,
} from "./kube-requests.ts";
import { objectPath, queryOf } from "./request-path.ts";
import { retryAfterMs } from "./retry-after.ts";
import { warningsIn } from "./warning-header.ts";

const { deployment, namespace, configMap, postgresCluster } = resourceKinds;
const place = { name: "shop", namespace: "payments" };
const as = { fieldManager: "sovereign-agent" };
const shop = "/apis/apps/v1/namespaces/payments/deployments/shop";
const query = "?fieldManager=sovereign-agent&fieldValidation=Strict";
const body = { spec: { replicas: 2 } };

describe("what goes over the wire", () => {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: place };
  const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: place };
  const patch = (kind: "merge" | "strategic") => ({ ...as, patch: { kind, body } }) as const;

  test.each<[string, KubeRequest, string]>([
    ["get", getRequest(deployment, place, { subresource: "scale" }), `GET ${shop}/scale`],
    ["list", listRequest(namespace, {}), "GET /api/v1/namespaces"],
    [
      "a page",
      listRequest(configMap, { namespace: "n", labels: "a in (b,c)", limit: 5, next: "x=/y" }),
      "GET /api/v1/namespaces/n/configmaps?labelSelector=a%20in%20(b%2Cc)&limit=5&continue=x%3D%2Fy",
    ],
    [
      "create",
      createRequest(configMap, map, as),
      `POST /api/v1/namespaces/payments/configmaps${query} application/json`,
    ],
    [
      "rehearsal",
      createRequest(configMap, map, { ...as, dryRun: true, unknownFields: "drop" }),
      "POST /api/v1/namespaces/payments/configmaps?fieldManager=sovereign-agent&fieldValidation=Warn&dryRun=All application/json",
    ],
    [
      "scale",
      replaceRequest(deployment, scale, { ...as, subresource: "scale" }),
      `PUT ${shop}/scale${query} application/json`,
    ],
    [
      "merge patch",
      patchRequest(deployment, place, patch("merge")),
      `PATCH ${shop}${query} application/merge-patch+json`,
    ],
    [
      "strategic patch",
      patchRequest(deployment, place, patch("strategic")),
      `PATCH ${shop}${query} application/strategic-merge-patch+json`,
    ],
    [
      "JSON patch",
      patchRequest(deployment, place, { ...as, patch: { kind: "json", operations: [] } }),
      `PATCH ${shop}${query} application/json-patch+json`,
    ],
    [
      "apply",
      patchRequest(deployment, place, { ...as, patch: { kind: "apply", body, force: true } }),
      `PATCH ${shop}${query}&force=true application/apply-patch+yaml`,
    ],
    ["delete", deleteRequest(deployment, place, {}), `DELETE ${shop} application/json`],
    [
      "evict",
      evictRequest(place, {}),
      "POST /api/v1/namespaces/payments/pods/shop/eviction application/json",
    ],
  ])("%s", (_name, { method, path, contentType }, line) => {
    expect([method, path, contentType].filter((part) => part !== undefined).join(" ")).toBe(line);
  });

  test("an apply says what it is and where, whatever its body says", () => {
    const odd = { kind: "Pod", metadata: { name: "other", namespace: "x", labels: { a: "b" } } };
    const { body: text = "" } = patchRequest(postgresCluster, place, {
      ...as,
      patch: { kind: "apply", body: { spec: {}, metadata: odd.metadata }, force: false },
    });
    expect(JSON.parse(text)).toEqual({
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      metadata: { ...place, labels: { a: "b" } },
      spec: {},
    });
  });

  test("a deletion says what it is held to", () => {
    const options = {
      uid: "u",
      resourceVersion: "7",
      propagation: "Orphan",
      graceSeconds: 0,
      dryRun: true,
    } as const;
    expect(JSON.parse(deleteRequest(deployment, place, options).body ?? "")).toEqual({
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { uid: "u", resourceVersion: "7" },
      propagationPolicy: "Orphan",
      gracePeriodSeconds: 0,
      dryRun: ["All"],
    });
    expect(JSON.parse(evictRequest(place, { uid: "u" }).body ?? "")).toEqual({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: place,
      deleteOptions: { preconditions: { uid: "u" } },
    });
  });
});

describe("what is a mistake of ours", () => {
  const strategic = { kind: "strategic", body: {} } as const;
  test.each<[string, () => unknown]>([
    [
      "a strategic patch of a CRD's kind",
      () => patchRequest(postgresCluster, place, { ...as, patch: strategic }),
    ],
    [
      "the name of kubectl",
      () =>
        patchRequest(deployment, place, { fieldManager: "kubectl-sovereign", patch: strategic }),
    ],
    ["no name", () => patchRequest(deployment, place, { fieldManager: "", patch: strategic })],
    ["a namespaced kind without a namespace", () => getRequest(deployment, { name: "shop" }, {})],
    ["a kind of the cluster with a namespace", () => getRequest(namespace, place, {})],
    [
      "an object of another kind",
      () => createRequest(configMap, { apiVersion: "v1", kind: "Pod", metadata: place }, as),
    ],
  ])("%s", (_name, make) => {
    expect(make).toThrow(AssertionError);
  });
});

const odd = fc.constantFrom(..."aZ09-._~/%?#&=+: \"'\\{}[]|>!*@`\n\t\0é€😀", "\ud800");

test("any name is one segment of the path, or refused", () => {
  const names = fc.oneof(
    fc.string({ unit: odd }),
    fc.constantFrom("..", ".", "", "a/b", "a%2fb", "a?b", "a#b", "\ud800", "..%2f"),
  );
  fc.assert(
    fc.property(names, names, (name, within) => {
      try {
        const path = objectPath(configMap, { name, namespace: within });
        const url = new URL(`https://api.test${path}`);
        expect(url.pathname).toBe(path);
        expect([url.search, url.hash, path.split("/").length]).toEqual(["", "", 7]);
        expect(path.split("/").map(decodeURIComponent)).toEqual([
          "",
          "api",
          "v1",
          "namespaces",
          within,
          "configmaps",
          name,
        ]);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        expect(thrown.code).toBe("NameInvalid");
      }
    }),
  );
});

test("a query is read back as what was set", () => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."a&=?# +%é😀") }),
    fc.integer(),
    fc.constantFrom(true, false, null, undefined),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "labelSelector"), value), (given) => {
      const back = Object.fromEntries(new URLSearchParams(queryOf(given)));
      const set = Object.entries(given).filter(
        ([, each]) => each !== undefined && each !== null && each !== false,
      );
      expect(back).toEqual(Object.fromEntries(set.map(([name, each]) => [name, String(each)])));
    }),
  );
});

test.each([
  [undefined, null],
  ["", null],
  ["3", 3_000],
  [" 0 ", 0],
  ["-1", null],
  ["1.5", null],
  ["soon", null],
  ["2026", 2_026_000],
  ["99999999999999999999", 1_000_000_000_000],
  ["Sun, 22 Nov 2026 00:00:10 GMT", 10_000],
  ["Sun, 22 Nov 2025 00:00:10 GMT", 0],
  ["Sun, 99 Nov 2026 00:00:10 GMT", null],
])("Retry-After %j is %j ms", (header, wanted) => {
  expect(retryAfterMs(header, Date.parse("2026-11-22T00:00:00Z"))).toBe(wanted);
});

test.each([
  [undefined, []],
  ['299 - "unknown field \\"spec.a\\""', ['unknown field "spec.a"']],
  ['299 - "one, with a comma", 299 - "two"', ["one, with a comma", "two"]],
  ['110 proxy "stale", 299 - "ours"', ["ours"]],
  ['299 - "no end', []],
])("the warnings of %j are %j", (header, wanted) => {
  expect(warningsIn(header)).toEqual(wanted);
});
