/** ReplicaSets: as many Pods as are asked for, made from the blueprint in the set. */

import type { JsonObject } from "../../../core/kernel/json.ts";
import { isReady, type Pod, type ReplicaSet } from "../built-in/workload-types.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import {
  type Acting,
  change,
  drop,
  isOwnedBy,
  make,
  objectOf,
  objectsOf,
  ownerReference,
} from "./acting.ts";

/** What a set makes or ends in one step at most. */
const stepMax = 50;

/** One step towards the number that is asked for. */
export function stepReplicaSet(acting: Acting, set: ReplicaSet): void {
  const { namespace, deletionTimestamp } = set.metadata;
  const all = objectsOf<Pod>(acting.tx, "Pod", namespace).filter((pod) => isOwnedBy(pod, set));
  const living = all.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isOver(pod));
  const { replicas = 1 } = set.spec;
  if (deletionTimestamp === undefined) {
    for (let count = living.length; count < Math.min(replicas, living.length + stepMax); count++)
      makePod(acting, set);
    const over = living.length - replicas;
    for (const pod of [...living].sort(byWorth).slice(0, Math.max(0, Math.min(over, stepMax))))
      drop(acting, pod);
    for (const pod of all) if (isOver(pod)) drop(acting, pod, 0);
  }
  writeStatus(acting, set);
}

const isOver = ({ status }: Pod): boolean =>
  status?.phase === "Failed" || status?.phase === "Succeeded";

/** Those that do not serve go first, then the youngest. */
function byWorth(one: Pod, other: Pod): number {
  if (isReady(one) !== isReady(other)) return isReady(one) ? 1 : -1;
  const [left = "", right = ""] = [one, other].map(({ metadata }) => metadata.creationTimestamp);
  return left < right ? 1 : -1;
}

function makePod(acting: Acting, set: ReplicaSet): void {
  const { template: pods } = set.spec;
  const { name = "", namespace = "" } = set.metadata;
  make(acting, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...pods.metadata,
      generateName: `${name}-`,
      namespace,
      ownerReferences: [ownerReference(set)],
    },
    spec: pods.spec as unknown as JsonObject, // It is JSON.
  });
}

function writeStatus(acting: Acting, set: ReplicaSet): void {
  const live = objectOf<ReplicaSet>(acting.tx, "ReplicaSet", set);
  if (live === undefined) return;
  const pods = objectsOf<Pod>(acting.tx, "Pod", set.metadata.namespace).filter(
    (pod) => isOwnedBy(pod, set) && pod.metadata.deletionTimestamp === undefined && !isOver(pod),
  );
  const ready = pods.filter(isReady).length;
  const status: JsonObject = {
    replicas: pods.length,
    ...(pods.length === 0 ? {} : { fullyLabeledReplicas: pods.length }),
    ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: live.metadata.generation ?? 0,
  };
  const changed: KubeObject = { ...live, status };
  change(acting, live, changed, "status");
}
