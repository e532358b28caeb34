/**
 * What the agent says to CloudNativePG's Clusters, on a real kube-apiserver with the CRD of 1.30: each apply is taken, gives back what it leaves out, takes fields
 * over, and says whose they were. An operator can not run there: nobody obeys.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { applyRole, readCluster } from "../../src/adapters/cloudnativepg/cluster-access.ts";
import { rivalsOf } from "../../src/adapters/cloudnativepg/field-holders.ts";
import { type Role, roleOfView } from "../../src/adapters/cloudnativepg/role-patch.ts";
import { areStopped } from "../../src/adapters/cloudnativepg/stopped-servers.ts";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { readSchemaLines } from "../../src/sandbox/kube/objects/schema.ts";
import { startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";

const kind = resourceKinds.postgresCluster;
const place = { name: "ledger-fsn", namespace: "default" };
const parts = { peerCluster: "ledger-hel", switchoverDelaySeconds: 5 };
const policyFile = "deploy/kubernetes/base/epoch-policy.yaml";
const patience = { timeout: 60_000, interval: 200 };

const opened: (() => Promise<void> | void)[] = [];
let agent: KubernetesClient;
let gitops: KubernetesClient;

const spec: JsonObject = {
  instances: 3,
  storage: { size: "1Gi" },
  bootstrap: { initdb: {} },
  replica: { primary: "ledger-fsn", source: "ledger-hel" },
  externalClusters: ["ledger-fsn", "ledger-hel"].map((name) => ({
    name,
    connectionParameters: { host: `${name}.example.org` },
  })),
};

beforeAll(async () => {
  const server = await startKubeApiserver(
    await findPrograms(process.env, (line) => process.stderr.write(`${line}\n`)),
  );
  agent = await openKubernetes({ kubeconfig: server.kubeconfig }, "sovereign-agent");
  gitops = await openKubernetes({ kubeconfig: server.kubeconfig }, "kustomize-controller");
  opened.push(server.stop, agent.close, gitops.close);
  const crd = readSchemaLines("platform-crds.ndjson").find((one) =>
    JSON.stringify(one).includes('"clusters.postgresql.cnpg.io"'),
  ) as unknown as KubeObject; // As the file is written.
  const made = await agent.create(resourceKinds.customResourceDefinition, crd);
  expect(made.kind).toBe("written");
  for (const { value } of parseYaml(policyFile, readFileSync(policyFile, "utf8")).documents) {
    const body = value as JsonObject;
    const { admissionPolicy, admissionPolicyBinding } = resourceKinds;
    const which = body["kind"] === admissionPolicy.kind ? admissionPolicy : admissionPolicyBinding;
    expect((await agent.create(which, body as KubeObject)).kind).toBe("written");
  }
});

afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

function fromGit(as: JsonObject) {
  const body = { apiVersion: "postgresql.cnpg.io/v1", kind: kind.kind, metadata: place, spec: as };
  return gitops.patch(kind, place, { patch: { kind: "apply", body, force: true } });
}

const hands = () => ({
  cluster: { api: agent, ...place },
  clock: systemClock,
  parts,
  limits: { askMs: 30_000 },
});

const give = (change: Partial<Role>) =>
  applyRole(hands(), {
    limitMs: 30_000,
    to: (view) => ({ ...roleOfView(view, parts), ...change }),
  });

test("whoever applies the role from Git is seen, and no more when it lets go; the role stays", async () => {
  // A server knows a new kind a moment after it was told of it.
  const git = (): Promise<string> => fromGit(spec).then((done) => done.kind);
  await expect.poll(git, patience).toBe("written");
  const taken = await give({ epoch: 3, sync: "required" });
  expect(rivalsOf(taken.holders, "sovereign-agent").map(({ manager }) => manager)).toEqual([
    "kustomize-controller",
  ]);
  const { replica: _, ...rest } = spec;
  expect((await fromGit(rest)).kind).toBe("written");
  const view = await readCluster({ api: agent, ...place }, 30_000);
  expect(view).toMatchObject({ writer: "ledger-fsn", source: "ledger-hel", isReplica: false });
  expect(rivalsOf(view?.holders ?? [], "sovereign-agent")).toEqual([]);
});

test("a fence, a demotion, a promotion with a token, and none of it left afterwards", async () => {
  expect(await give({ epoch: 4, sync: "required", isFenced: true })).toMatchObject({
    isFenced: true,
    waitsFor: ["ledger-hel"],
    switchoverDelaySeconds: 5,
    epoch: 4,
  });
  expect(await give({ isReplica: true, isFenced: true })).toMatchObject({
    isReplica: true,
    writer: "ledger-hel",
    isFenced: true,
  });
  expect(await give({ isReplica: false, token: "dG9rZW4=", isFenced: false })).toMatchObject({
    isReplica: false,
    promotionToken: "dG9rZW4=",
    isFenced: false,
  });
  expect(await give({ token: null })).toMatchObject({ promotionToken: null });
  expect(await give({ sync: "relaxed" })).toMatchObject({ waitsFor: [] });
});

test("an older epoch is refused by the server, and an object that is gone is not made anew", async () => {
  const older = async (): Promise<unknown> => {
    await give({ epoch: 9 });
    return give({ epoch: 8 }).catch((thrown: unknown) => thrown);
  };
  // A server takes a policy up a moment after it was written.
  await expect.poll(older, patience).toMatchObject({ code: "PromotionRefused" });
  const gone = { ...hands(), cluster: { api: agent, name: "nobody", namespace: "default" } };
  const made = applyRole(gone, { limitMs: 5_000, to: (view) => roleOfView(view, parts) });
  await expect(made).rejects.toMatchObject({ code: "NotFound" });
});

test("the Pods of a Cluster are found by its labels, and one that listens is no stopped one", async () => {
  const at = { api: agent, ...place };
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(Object(server.address()).port));
  });
  const look = { port, limitMs: 30_000, clock: systemClock };
  // That none is seen says nothing while there is the Cluster.
  expect(await areStopped(at, { ...look, hasPods: true })).toBe(false);
  expect(await areStopped(at, { ...look, hasPods: false })).toBe(true);
  const pod = { name: "ledger-fsn-1", namespace: place.namespace };
  const made = await gitops.create(resourceKinds.pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...pod, labels: { "cnpg.io/cluster": place.name, "cnpg.io/podRole": "instance" } },
    spec: { schedulerName: "nobody", containers: [{ name: "postgres", image: "none" }] },
  });
  expect(made.kind).toBe("written");
  const body = { status: { phase: "Running", podIP: "127.0.0.1", podIPs: [{ ip: "127.0.0.1" }] } };
  const patch = { kind: "merge", body } as const;
  const shown = await gitops.patch(resourceKinds.pod, pod, { patch, subresource: "status" });
  expect(shown.kind).toBe("written");
  expect(await areStopped(at, { ...look, hasPods: true })).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await areStopped(at, { ...look, hasPods: true })).toBe(true);
});
