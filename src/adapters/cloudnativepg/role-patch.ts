/**
 * The role of a Cluster as one apply: all of our fields each time, so that what is left out is given back. Each is made for exactly the
 * version that was looked at, and carries the epoch (ADR 41).
 */
import { epochAnnotations } from "../../control/kubernetes/epoch.ts";
import { apiVersionOf } from "../../control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import {
  type ClusterView,
  fenceAnnotation,
  fencedAll,
  lookedAtAnnotation,
  writerField,
} from "./cluster-view.ts";

export type Role = {
  /** Follows the other Cluster. */
  readonly isReplica: boolean;
  /** What the Cluster that wrote before said of its end; only without `isReplica`. */
  readonly token: string | null;
  readonly sync: "required" | "relaxed";
  readonly isFenced: boolean;
  /** Null only where nobody ever wrote one. */
  readonly epoch: number | null;
  /** The version that a fence looked at; the next write gives it back. */
  readonly lookedAt?: string;
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
        ...(role.lookedAt === undefined ? {} : { [lookedAtAnnotation]: role.lookedAt }),
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
 * lose what the peer has already (cloudnative-pg#8701). `FIRST` prefers names and demands none: while the peer's is away, the next ones of
 * the list stand for it. So the list has as many names as have to confirm, and of its own names CloudNativePG adds one, not all (`explicit.go`).
 */
function synchronousOf(view: ClusterView, { sync }: Role, peerCluster: string): JsonObject | null {
  const hasOwn = view.size > 1;
  if (sync === "relaxed") {
    return hasOwn ? { method: "any", number: 1, dataDurability: "required" } : null;
  }
  return {
    method: "first",
    number: 1 + ownNamesOf(view),
    standbyNamesPre: [peerCluster],
    dataDurability: "required",
    maxStandbyNamesFromCluster: ownNamesOf(view),
  };
}

const ownNamesOf = ({ size }: ClusterView): number => (size > 1 ? 1 : 0);

/** Whether a Cluster whose commits wait for the peer's says so in exactly our words; others may let its own stand for it. */
export function isWaitExact(view: ClusterView, { peerCluster }: RoleParts): boolean {
  const { waitsFor, ownNamesMax } = view;
  return !waitsFor.includes(peerCluster) || ownNamesMax === ownNamesOf(view);
}

/** What `synchronous_standby_names` is: whether no commit is confirmed without the peer's Cluster, since every name of the list has to. */
export function namesWaitFor(syncNames: string, peerCluster: string): boolean {
  const [, number = "", list = ""] = /^FIRST (\d+) \(([^()]*)\)$/i.exec(syncNames) ?? [];
  const names = list.split(",").map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  return names[0] === peerCluster && names.length <= Number(number);
}
