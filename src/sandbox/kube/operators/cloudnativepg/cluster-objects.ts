/** What the fake CloudNativePG reads and writes at its API server, under the name of the real one's manager. */
import { randomBytes } from "node:crypto";
import type { KubeObject, Place } from "../../../../control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../../../control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../../../control/kubernetes/resource-kinds.ts";
import { Failure } from "../../../../core/kernel/failure.ts";
import type { JsonObject } from "../../../../core/kernel/json.ts";
import { type Condition, type SandboxCluster, sandboxCluster } from "./sandbox-cluster.ts";
import type { Upstream } from "./sandbox-server.ts";

const { postgresCluster, pod, secret } = resourceKinds;

const placeOf = ({ name, namespace }: SandboxCluster): Place => ({ name, namespace });

/** Changes its status, by a merge; `isLocked`: only while it is the version that was looked at. */
export async function writeStatus(
  api: KubernetesApi,
  cluster: SandboxCluster,
  status: JsonObject,
  isLocked = false,
): Promise<SandboxCluster> {
  const { resourceVersion } = cluster;
  const body = isLocked ? { metadata: { resourceVersion }, status } : { status };
  const patch = { kind: "merge", body } as const;
  const done = await api.patch(postgresCluster, placeOf(cluster), { patch, subresource: "status" });
  return written(cluster, done);
}

export function withConditions(
  { status }: SandboxCluster,
  changes: Readonly<Record<string, readonly [Condition["status"], string] | null>>,
): readonly Condition[] {
  const kept = status.conditions.filter(({ type }) => !(type in changes));
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const made = Object.entries(changes).flatMap(([type, change]) =>
    change === null
      ? []
      : [
          {
            type,
            status: change[0],
            reason: change[1],
            message: change[1],
            lastTransitionTime: now,
          },
        ],
  );
  return [...kept, ...made];
}

/** Sets or takes away the fence of all its servers. */
export async function writeFence(
  api: KubernetesApi,
  cluster: SandboxCluster,
  isFenced: boolean,
): Promise<SandboxCluster> {
  const annotations = { "cnpg.io/fencedInstances": isFenced ? '["*"]' : null };
  const patch = { kind: "merge", body: { metadata: { annotations } } } as const;
  return written(cluster, await api.patch(postgresCluster, placeOf(cluster), { patch }));
}

function written(
  cluster: SandboxCluster,
  done: { readonly kind: string; readonly object?: KubeObject; readonly because?: string },
): SandboxCluster {
  const next = done.object === undefined ? undefined : sandboxCluster(done.object);
  if (next !== undefined) return next;
  throw new Failure("KubernetesRefused", `${cluster.name}: ${done.because ?? "not readable"}`);
}

/** The Pod of its server: it is there to be seen, and nobody schedules it. */
export async function showPod(
  api: KubernetesApi,
  cluster: SandboxCluster,
  { address, isReady }: { readonly address: string; readonly isReady: boolean },
): Promise<void> {
  const { namespace } = cluster;
  const place = { name: cluster.pod, namespace };
  const found = await api.get(pod, place);
  if (found.kind === "notFound") await api.create(pod, podOf(cluster));
  const status = {
    phase: "Running",
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
  };
  const patch = { kind: "merge", body: { status } } as const;
  await api.patch(pod, place, { patch, subresource: "status" });
}

function podOf(cluster: SandboxCluster): KubeObject {
  const { name, namespace, uid } = cluster;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: cluster.pod,
      namespace,
      labels: {
        "cnpg.io/cluster": name,
        "cnpg.io/podRole": "instance",
        "cnpg.io/instanceName": cluster.pod,
        "cnpg.io/instanceRole": "primary",
      },
      ownerReferences: [
        { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", name, uid, controller: true },
      ],
    },
    spec: {
      schedulerName: "cloudnativepg-sandbox",
      containers: [{ name: "postgres", image: "ghcr.io/cloudnative-pg/postgresql:sandbox" }],
    },
  };
}

/** Of the Secret that the Cluster names, or of one that is made here. */
export async function superuserPassword(
  api: KubernetesApi,
  { name, namespace, spec }: SandboxCluster,
): Promise<string> {
  const place = { name: spec.superuserSecret?.name ?? `${name}-superuser`, namespace };
  const known = await secretText(api, place, "password");
  if (known !== null) return known;
  if (spec.superuserSecret !== undefined) throw missing(place);
  const password = randomBytes(16).toString("hex");
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const made = await api.create(secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: place,
    type: "kubernetes.io/basic-auth",
    data: { username: base64("postgres"), password: base64(password) },
  });
  if (made.kind === "written") return password;
  throw new Failure("KubernetesRefused", `Secret ${place.name}: ${made.because}`);
}

export async function upstreamOf(
  api: KubernetesApi,
  { namespace, spec }: SandboxCluster,
  source: string,
): Promise<Upstream> {
  const external = spec.externalClusters.find(({ name }) => name === source);
  if (external === undefined) {
    throw new Failure("NotFound", `externalClusters has no ${source}`, { where: source });
  }
  const { connectionParameters: parameters, password } = external;
  if (password === undefined) return { parameters, password: "" };
  const place = { name: password.name, namespace };
  const text = await secretText(api, place, password.key);
  if (text === null) throw missing(place);
  return { parameters, password: text };
}

async function secretText(api: KubernetesApi, place: Place, key: string): Promise<string | null> {
  const found = await api.get(secret, place);
  if (found.kind !== "found") return null;
  const data = found.object["data"];
  const value = data !== null && typeof data === "object" && key in data ? Object(data)[key] : null;
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : null;
}

function missing({ name }: Place): Failure {
  return new Failure("NotFound", `there is no Secret ${name}`, { where: name });
}
