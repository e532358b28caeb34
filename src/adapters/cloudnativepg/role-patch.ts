/**
 * The role of a Cluster as one apply: all of our fields each time, so that what is left out is given back. Each is made for exactly the
 * version that was looked at, and carries the epoch (ADR 41).
 */
import { epochAnnotations } from "../../control/kubernetes/epoch.ts";
import { apiVersionOf } from "../../control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type ClusterView, fenceAnnotation, fencedAll, writerField } from "./cluster-view.ts";

export type Role = {
  /** Follows the other Cluster. */
  readonly isReplica: boolean;
  /** What the Cluster that wrote before said of its end; only without `isReplica`. */
  readonly token: string | null;
  readonly sync: "required" | "relaxed";
  readonly isFenced: boolean;
  /** Null only where nobody ever wrote one. */
  readonly epoch: number | null;
};

export type RoleParts = {
  /** `metadata.name` of the peer's Cluster, which is also the name under which it streams. */
  readonly peerCluster: string;
  readonly switchoverDelaySeconds: number;
};

/** The role that a Cluster has by its specification. */
export function roleOfView(view: ClusterView, { peerCluster }: RoleParts): Role {
  return {
    isReplica: view.isReplica,
    token: view.isReplica ? null : view.promotionToken,
    sync: view.waitsFor.includes(peerCluster) ? "required" : "relaxed",
    isFenced: view.isFenced,
    epoch: view.epoch,
  };
}

/** Body of an apply with force. */
export function rolePatch(view: ClusterView, role: Role, parts: RoleParts): JsonObject {
  const { peerCluster, switchoverDelaySeconds } = parts;
  const { apiVersion, kind } = {
    apiVersion: apiVersionOf(resourceKinds.postgresCluster),
    kind: resourceKinds.postgresCluster.kind,
  };
  const synchronous = synchronousOf(view, role, peerCluster);
  return {
    apiVersion,
    kind,
    metadata: {
      name: view.name,
      namespace: view.namespace,
      uid: view.uid,
      resourceVersion: view.resourceVersion,
      annotations: {
        ...(role.epoch === null ? {} : epochAnnotations(role.epoch)),
        ...(role.isFenced ? { [fenceAnnotation]: fencedAll } : {}),
      },
    },
    spec: {
      switchoverDelay: switchoverDelaySeconds,
      replica: {
        [writerField]: role.isReplica ? peerCluster : view.self,
        source: peerCluster,
        ...(role.token === null || role.isReplica ? {} : { promotionToken: role.token }),
      },
      ...(synchronous === null ? {} : { postgresql: { synchronous } }),
    },
  };
}

/**
 * Where a Cluster has standbys of its own, a commit waits for the peer's and for one of them: else a failover within the Cluster could
 * lose what the peer has already (cloudnative-pg#8701). `FIRST` lets none of its own stand for the peer's.
 */
function synchronousOf(view: ClusterView, { sync }: Role, peerCluster: string): JsonObject | null {
  const hasOwn = view.size > 1;
  if (sync === "relaxed") {
    return hasOwn ? { method: "any", number: 1, dataDurability: "required" } : null;
  }
  return {
    method: "first",
    number: hasOwn ? 2 : 1,
    standbyNamesPre: [peerCluster],
    dataDurability: "required",
    ...(hasOwn ? {} : { maxStandbyNamesFromCluster: 0 }),
  };
}

/** What `synchronous_standby_names` is to be: whether it makes commits wait for the peer's Cluster, before any other. */
export function namesWaitFor(syncNames: string, peerCluster: string): boolean {
  return new RegExp(`^FIRST \\d+ \\("?${peerCluster}"?[,)]`, "i").test(syncNames);
}
