/** Deployments: one ReplicaSet for each form of Pods, the new one grown and the old ones shrunk within the limits of the strategy. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../../core/kernel/json.ts";
import { countOf, type Deployment, type ReplicaSet } from "../built-in/workload-types.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type Acting, change, drop, isOwnedBy, make, objectsOf, ownerReference } from "./acting.ts";
import { deploymentStatus } from "./deployment-status.ts";

const hashLabel = "pod-template-hash";
const revision = "deployment.kubernetes.io/revision";

/** One step towards what the Deployment asks for. */
export function stepDeployment(acting: Acting, deployment: Deployment): void {
  if (deployment.metadata.deletionTimestamp !== undefined) return;
  const { namespace } = deployment.metadata;
  const owned = objectsOf<ReplicaSet>(acting.tx, "ReplicaSet", namespace).filter((set) =>
    isOwnedBy(set, deployment),
  );
  const hash = hashOf(deployment);
  const present = owned.find((set) => set.metadata.labels?.[hashLabel] === hash);
  const isPaused = deployment.spec.paused === true;
  const fresh = present ?? (isPaused ? undefined : makeSet(acting, deployment, { hash, owned }));
  const old = owned.filter((set) => set.metadata.uid !== fresh?.metadata.uid);
  if (fresh !== undefined && !isPaused) {
    noteRevision(acting, deployment, { fresh, old });
    scaleSets(acting, deployment, { fresh, old });
    forgetOld(acting, deployment, old);
  }
  writeStatus(acting, deployment, fresh);
}

function hashOf({ spec }: Deployment): string {
  const text = canonicalJson(spec.template as unknown as KubeObject); // It is JSON.
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

type Sets = { readonly fresh: ReplicaSet; readonly old: readonly ReplicaSet[] };

function makeSet(
  acting: Acting,
  deployment: Deployment,
  { hash, owned }: { readonly hash: string; readonly owned: readonly ReplicaSet[] },
): ReplicaSet {
  const { spec, metadata } = deployment;
  const { template: pods, selector } = spec;
  const labels = { ...pods.metadata?.labels, [hashLabel]: hash };
  const made = make(acting, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name ?? ""}-${hash}`,
      namespace: metadata.namespace ?? "",
      labels,
      annotations: { [revision]: String(latest(owned) + 1) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...pods, metadata: { ...pods.metadata, labels } },
    } as unknown as KubeObject, // Parts of a Deployment are JSON.
  });
  return made as ReplicaSet; // It passed the schema.
}

const revisionOf = ({ metadata }: KubeObject): number =>
  Number(metadata.annotations?.[revision] ?? 0);

const latest = (sets: readonly ReplicaSet[]): number => Math.max(0, ...sets.map(revisionOf));

/** A form of Pods that comes back is the newest revision again. */
function noteRevision(acting: Acting, deployment: Deployment, { fresh, old }: Sets): void {
  const wanted = String(Math.max(latest(old) + 1, revisionOf(fresh)));
  note(acting, fresh, wanted);
  note(acting, deployment, wanted);
}

function note(acting: Acting, object: KubeObject, wanted: string): void {
  if (object.metadata.annotations?.[revision] === wanted) return;
  const annotations = { ...object.metadata.annotations, [revision]: wanted };
  const { resourceVersion: _, ...metadata } = object.metadata;
  change(acting, object, { ...object, metadata: { ...metadata, annotations } });
}

const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);

const wantedOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 0;
const availableOf = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;

function scaleSets(acting: Acting, deployment: Deployment, { fresh, old }: Sets): void {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === "Recreate") {
    for (const set of old) scaleTo(acting, set, 0);
    const isOver = old.every((set) => (set.status?.replicas ?? 0) === 0 && wantedOf(set) === 0);
    if (isOver) scaleTo(acting, fresh, replicas);
    return;
  }
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
  const surge = countOf(maxSurge, replicas, Math.ceil);
  const spare = countOf(maxUnavailable, replicas, Math.floor);
  // Neither may be nothing: then nothing could move.
  const unavailable = surge === 0 && spare === 0 ? 1 : spare;
  const room = replicas + surge - sum([fresh, ...old], wantedOf);
  const grown = Math.min(replicas, wantedOf(fresh) + Math.max(0, room));
  scaleTo(acting, fresh, grown);
  let mayGo = sum([fresh, ...old], availableOf) - (replicas - unavailable);
  for (const set of old) {
    // What does not serve may always go.
    const idle = Math.max(0, wantedOf(set) - availableOf(set));
    const serving = Math.max(0, Math.min(wantedOf(set) - idle, mayGo));
    mayGo -= serving;
    scaleTo(acting, set, wantedOf(set) - idle - serving);
  }
}

function scaleTo(acting: Acting, set: ReplicaSet, replicas: number): void {
  const live = objectsOf<ReplicaSet>(acting.tx, "ReplicaSet", set.metadata.namespace).find(
    (one) => one.metadata.uid === set.metadata.uid,
  );
  if (live === undefined || wantedOf(live) === replicas) return;
  change(acting, live, { ...live, spec: { ...live.spec, replicas } });
}

function forgetOld(acting: Acting, { spec }: Deployment, old: readonly ReplicaSet[]): void {
  const over = old
    .filter((set) => wantedOf(set) === 0 && (set.status?.replicas ?? 0) === 0)
    .sort((one, other) => revisionOf(other) - revisionOf(one))
    .slice(spec.revisionHistoryLimit ?? 10);
  for (const set of over) drop(acting, set);
}

function writeStatus(acting: Acting, deployment: Deployment, fresh: ReplicaSet | undefined): void {
  const { namespace, uid } = deployment.metadata;
  const live = objectsOf<Deployment>(acting.tx, "Deployment", namespace).find(
    (one) => one.metadata.uid === uid,
  );
  if (live === undefined) return;
  const owned = objectsOf<ReplicaSet>(acting.tx, "ReplicaSet", namespace).filter((set) =>
    isOwnedBy(set, live),
  );
  const current = owned.find((set) => set.metadata.uid === fresh?.metadata.uid);
  const status = deploymentStatus(live, { owned, current, nowMs: acting.nowMs });
  change(acting, live, { ...live, status }, "status");
}
