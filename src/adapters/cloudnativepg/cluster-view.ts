/** A `Cluster` of CloudNativePG as far as a failover rests on it (`api/v1/cluster_types.go` of 1.30; facts of failover §2.3). */
import { z } from "zod";
import { epochOf } from "../../control/kubernetes/epoch.ts";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type FieldHolder, holdersOf } from "./field-holders.ts";

/** The field of `spec.replica` that names the Cluster which takes writes. */
export const writerField = "primary";
export const fenceAnnotation = "cnpg.io/fencedInstances";
/** The version that a fence looked at, so that writing it makes a promotion that is still on its way come too late (ADR 44). */
export const lookedAtAnnotation = "sre.catalyst.openova.io/fence-looked-at";
const hibernationAnnotation = "cnpg.io/hibernation";
/** Value of the annotation that stops every server of a Cluster. */
export const fencedAll = '["*"]';
/** In seconds; so long a fast shutdown may take where nothing else is said. */
const usualSwitchoverDelay = 3_600;

const text = z.string().optional();
/** Bootstraps that copy a server which is there. */
const copies = ["pg_basebackup", "recovery"];

const clusterShape = z.object({
  spec: z.object({
    instances: z.number().int(),
    switchoverDelay: z.number().optional(),
    bootstrap: z.record(z.string(), z.unknown()).optional(),
    replica: z
      .object({
        self: text,
        [writerField]: text,
        source: text,
        enabled: z.boolean().optional(),
        promotionToken: text,
        minApplyDelay: text,
      })
      .optional(),
    postgresql: z
      .object({
        synchronous: z.looseObject({
          standbyNamesPre: z.array(z.string()).optional(),
          maxStandbyNamesFromCluster: z.number().optional(),
        }),
      })
      .partial()
      .optional(),
  }),
  status: z
    .object({
      demotionToken: text,
      lastPromotionToken: text,
      currentPrimary: text,
      phase: text,
      phaseReason: text,
      switchReplicaClusterStatus: z.object({ inProgress: z.boolean().optional() }).optional(),
    })
    .optional(),
});

export type ClusterView = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly size: number;
  /** As what it stands in `spec.replica`. */
  readonly self: string;
  /** The Cluster that takes writes by the specification; null where it is not said. */
  readonly writer: string | null;
  /** Null: it is no part of a distributed topology. */
  readonly source: string | null;
  /** By the specification it follows its source. */
  readonly isReplica: boolean;
  /** Standalone mode, in which a role can not be handed over. */
  readonly isStandalone: boolean;
  readonly isDelayed: boolean;
  readonly promotionToken: string | null;
  /** Every server of it is stopped, or is about to be. */
  readonly isFenced: boolean;
  /** It has Pods: it was not put to sleep, in which only its volumes are left. */
  readonly hasPods: boolean;
  readonly epoch: number | null;
  /** It was made as a copy of another Cluster, or of a backup. */
  readonly isCopy: boolean;
  /** Names that commits have to wait for, before those of this Cluster. */
  readonly waitsFor: readonly string[];
  /** How many of this Cluster's own names come after them at most; null: all. */
  readonly ownNamesMax: number | null;
  readonly switchoverDelaySeconds: number;
  readonly demotionToken: string | null;
  readonly lastPromotionToken: string | null;
  /** It is being demoted, and takes no other role until that is over. */
  readonly isSwitching: boolean;
  readonly phase: string;
  readonly phaseReason: string;
  readonly holders: readonly FieldHolder[];
};

/** Fails with KubernetesRefused for what is no such Cluster. */
export function viewOf(object: KubeObject): ClusterView {
  const { metadata } = object;
  const read = clusterShape.safeParse(object);
  if (!read.success || metadata.uid === undefined || metadata.resourceVersion === undefined) {
    throw new Failure("KubernetesRefused", `${metadata.name} is no Cluster that can be read`, {
      where: metadata.name,
    });
  }
  const { spec, status = {} } = read.data;
  const { replica } = spec;
  const self = replica?.self || metadata.name;
  const writer = replica?.[writerField] || null;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    size: spec.instances,
    self,
    writer,
    source: replica?.source ?? null,
    isReplica: replica !== undefined && (replica.enabled ?? writer !== self),
    isStandalone: replica?.enabled !== undefined,
    isDelayed: replica?.minApplyDelay !== undefined && !/^0\D*$/.test(replica.minApplyDelay),
    promotionToken: replica?.promotionToken || null,
    isFenced: isFencedBy(metadata.annotations?.[fenceAnnotation]),
    hasPods: spec.instances > 0 && metadata.annotations?.[hibernationAnnotation] !== "on",
    epoch: epochOf(object),
    isCopy: copies.some((way) => spec.bootstrap?.[way] !== undefined),
    waitsFor: spec.postgresql?.synchronous?.standbyNamesPre ?? [],
    ownNamesMax: spec.postgresql?.synchronous?.maxStandbyNamesFromCluster ?? null,
    switchoverDelaySeconds: spec.switchoverDelay || usualSwitchoverDelay,
    demotionToken: status.demotionToken || null,
    lastPromotionToken: status.lastPromotionToken || null,
    isSwitching: status.switchReplicaClusterStatus?.inProgress ?? false,
    phase: status.phase ?? "",
    phaseReason: status.phaseReason ?? "",
    holders: holdersOf(metadata.managedFields ?? []),
  };
}

/**
 * Whether it follows by more than its specification, which anybody may change while its server goes on writing: CloudNativePG made a follower of it, whose
 * token it takes away from whoever writes, or it is a copy that nobody ever promoted.
 */
export function hasFollowed({ isReplica, demotionToken, isCopy, epoch }: ClusterView): boolean {
  return isReplica && (demotionToken !== null || (isCopy && epoch === null));
}

/** Whether all servers are meant; a list of single ones fences nothing for sure. */
function isFencedBy(annotation: string | undefined): boolean {
  const list = z.array(z.string()).safeParse(parsed(annotation ?? "[]"));
  return list.success && list.data.includes("*");
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
