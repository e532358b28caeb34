import { expect, test } from "vitest";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type ClusterView, hasFollowed, viewOf } from "./cluster-view.ts";
import { clusterReasons } from "./not-ready.ts";
import { isWaitExact, namesWaitFor, roleOfView, rolePatch } from "./role-patch.ts";

const parts = { peerCluster: "ledger-hel", switchoverDelaySeconds: 5 };

const cluster = (spec: JsonObject = {}, metadata: JsonObject = {}, status: JsonObject = {}) => {
  const object: KubeObject = {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: {
      name: "ledger-fsn",
      namespace: "ledger",
      uid: "u",
      resourceVersion: "7",
      ...metadata,
    },
    spec: {
      instances: 3,
      replica: { primary: "ledger-fsn", source: "ledger-hel" },
      switchoverDelay: 5,
      ...spec,
    },
    status,
  };
  return viewOf(object);
};

test("what is no Cluster is refused", () => {
  const object = { apiVersion: "v1", kind: "Cluster", metadata: { name: "x" } };
  expect(() => viewOf(object)).toThrow(Failure);
});

test("a Cluster follows where its specification names another one, or none", () => {
  const replica = (more: JsonObject): boolean =>
    cluster({ replica: { source: "ledger-hel", ...more } }).isReplica;
  expect(replica({ primary: "ledger-fsn" })).toBe(false);
  expect(replica({ primary: "ledger-hel" })).toBe(true);
  expect(replica({})).toBe(true);
  expect(replica({ primary: "here", self: "here" })).toBe(false);
  expect(replica({ enabled: false })).toBe(false);
});

test("a specification alone makes nobody a follower: a token does, or a copy that nobody promoted", () => {
  const follows = (spec: JsonObject, metadata: JsonObject, status: JsonObject): boolean =>
    hasFollowed(cluster(spec, metadata, status));
  const replica = { replica: { primary: "ledger-hel", source: "ledger-hel" } };
  const copy = { ...replica, bootstrap: { pg_basebackup: { source: "ledger-hel" } } };
  const first = { ...replica, bootstrap: { initdb: {} } };
  const promoted = { annotations: { "sre.catalyst.openova.io/epoch": "12" } };
  const token = { demotionToken: "dG9rZW4=" };
  expect(follows(first, {}, {})).toBe(false);
  expect(follows(first, promoted, token)).toBe(true);
  expect(follows(copy, {}, {})).toBe(true);
  expect(follows(copy, promoted, {})).toBe(false);
  expect(follows(copy, promoted, token)).toBe(true);
  expect(follows({}, {}, token)).toBe(false);
});

test("only a fence of all its servers is one", () => {
  const fenced = (list: string): boolean =>
    cluster({}, { annotations: { "cnpg.io/fencedInstances": list } }).isFenced;
  expect(['["*"]', '["ledger-fsn-1"]', "[]", "*", ""].map(fenced)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("every apply has all of our fields, the version that was looked at, and the epoch", () => {
  const view = cluster({}, { annotations: { "sre.catalyst.openova.io/epoch": "12" } });
  const role = { ...roleOfView(view, parts), sync: "required", isFenced: true } as const;
  expect(rolePatch(view, role, parts)).toEqual({
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: {
      name: "ledger-fsn",
      namespace: "ledger",
      uid: "u",
      resourceVersion: "7",
      annotations: {
        "sre.catalyst.openova.io/epoch": "12",
        "cnpg.io/fencedInstances": '["*"]',
      },
    },
    spec: {
      switchoverDelay: 5,
      replica: { primary: "ledger-fsn", source: "ledger-hel" },
      postgresql: {
        // One of its own as well: a failover within the Cluster must not lose what the peer has. And no more: they would stand for the peer's.
        synchronous: {
          method: "first",
          number: 2,
          standbyNamesPre: ["ledger-hel"],
          dataDurability: "required",
          maxStandbyNamesFromCluster: 1,
        },
      },
    },
  });
});

test("a promotion carries its token, a demotion never one", () => {
  const view = cluster({ replica: { primary: "ledger-hel", source: "ledger-hel" } });
  const role = { ...roleOfView(view, parts), token: "dG9rZW4=" };
  const spec = (isReplica: boolean) => rolePatch(view, { ...role, isReplica }, parts)["spec"];
  expect(spec(false)).toMatchObject({
    replica: { primary: "ledger-fsn", promotionToken: "dG9rZW4=" },
  });
  expect(JSON.stringify(spec(true))).not.toContain("promotionToken");
});

test("commits wait for the peer only where none of the others can stand for it", () => {
  const rows = [
    ['FIRST 1 ("ledger-hel")', true],
    ['FIRST 2 ("ledger-hel","ledger-fsn-2")', true],
    ["FIRST 2 (ledger-hel, ledger-fsn-2)", true],
    ['FIRST 2 ("ledger-hel")', true],
    ["FIRST 1 (ledger-hel)", true],
    // While the peer's is away, the other two confirm.
    ['FIRST 2 ("ledger-hel","ledger-fsn-2","ledger-fsn-1")', false],
    ['FIRST 1 ("ledger-hel","ledger-fsn-2")', false],
    ['FIRST 1 ("ledger-hel-2")', false],
    ['FIRST 1 ("ledger-fsn-2","ledger-hel")', false],
    ['ANY 2 ("ledger-hel","ledger-fsn-2")', false],
    ["", false],
  ] as const;
  for (const [names, waits] of rows) expect(namesWaitFor(names, "ledger-hel")).toBe(waits);
});

test("a Cluster whose own standbys could stand for the peer's is written anew", () => {
  const waits = (instances: number, more: JsonObject): boolean => {
    const synchronous = { method: "first", number: 2, standbyNamesPre: ["ledger-hel"], ...more };
    return isWaitExact(cluster({ instances, postgresql: { synchronous } }), parts);
  };
  expect(waits(3, { maxStandbyNamesFromCluster: 1 })).toBe(true);
  expect(waits(3, {})).toBe(false);
  expect(waits(3, { maxStandbyNamesFromCluster: 2 })).toBe(false);
  expect(waits(1, { maxStandbyNamesFromCluster: 0 })).toBe(true);
  expect(isWaitExact(cluster(), parts)).toBe(true);
});

test("what would keep a failover from working is said", () => {
  const reasons = (view: ClusterView): readonly string[] =>
    clusterReasons({ fieldManager: "sovereign-agent", parts }, view);
  expect(reasons(cluster())).toEqual([]);
  const managedFields = [
    {
      manager: "argocd-controller",
      operation: "Apply",
      apiVersion: "postgresql.cnpg.io/v1",
      fieldsV1: { "f:spec": { "f:replica": { "f:primary": {} } } },
    },
  ];
  expect(reasons(cluster({}, { managedFields })).join()).toContain("argocd-controller sets spec.");
  expect(reasons(cluster({ switchoverDelay: 3_600 })).join()).toContain("may take as long");
  expect(reasons(cluster({ replica: { source: "ledger-hel", enabled: true } })).join()).toContain(
    "no part of a distributed topology",
  );
  expect(reasons(cluster({ replica: { source: "other" } })).join()).toContain("follows other");
  const given = { phase: "Cluster is unrecoverable and needs manual intervention" };
  expect(reasons(cluster({}, {}, given)).join()).toContain("gave it up");
});
