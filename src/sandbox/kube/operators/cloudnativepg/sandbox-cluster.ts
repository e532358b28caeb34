/** A fake of CloudNativePG 1.30: the parts of a `Cluster` that it obeys. What is set beside them it leaves alone. */
import { z } from "zod";
import type { KubeObject } from "../../../../control/kubernetes/kube-object.ts";

const secretKey = z.object({ name: z.string(), key: z.string() });

const conditionShape = z.looseObject({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});

export type Condition = z.infer<typeof conditionShape>;

const clusterShape = z.object({
  spec: z.object({
    instances: z.number().int(),
    switchoverDelay: z.number().default(3_600),
    superuserSecret: z.object({ name: z.string() }).optional(),
    bootstrap: z
      .object({
        initdb: z.looseObject({}).optional(),
        pg_basebackup: z.looseObject({ source: z.string() }).optional(),
      })
      .optional(),
    postgresql: z
      .object({
        parameters: z.record(z.string(), z.string()).default({}),
        synchronous: z
          .object({
            method: z.enum(["first", "any"]),
            number: z.number().int(),
            standbyNamesPre: z.array(z.string()).default([]),
            standbyNamesPost: z.array(z.string()).default([]),
            maxStandbyNamesFromCluster: z.number().int().optional(),
          })
          .optional(),
      })
      .default({ parameters: {} }),
    replica: z
      .object({
        self: z.string().optional(),
        ["primary"]: z.string().optional(),
        source: z.string(),
        enabled: z.boolean().optional(),
        promotionToken: z.string().optional(),
      })
      .optional(),
    externalClusters: z
      .array(
        z.object({
          name: z.string(),
          connectionParameters: z.record(z.string(), z.string()).default({}),
          password: secretKey.optional(),
        }),
      )
      .default([]),
  }),
  status: z
    .looseObject({
      conditions: z.array(conditionShape).default([]),
      demotionToken: z.string().optional(),
      lastPromotionToken: z.string().optional(),
      currentPrimary: z.string().optional(),
      targetPrimary: z.string().optional(),
      phase: z.string().optional(),
      switchReplicaClusterStatus: z.object({ inProgress: z.boolean().optional() }).optional(),
    })
    .default({ conditions: [] }),
});

export type SandboxCluster = z.infer<typeof clusterShape> & {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isReplica: boolean;
  readonly isFenced: boolean;
  /** Its only server, which is also the name of its Pod. */
  readonly pod: string;
};

/** Undefined for one that this fake can not run. */
export function sandboxCluster(object: KubeObject): SandboxCluster | undefined {
  const read = clusterShape.safeParse(object);
  if (!read.success) return undefined;
  const { metadata } = object;
  const { replica } = read.data.spec;
  const self = replica?.self || metadata.name;
  return {
    ...read.data,
    name: metadata.name,
    namespace: metadata.namespace ?? "default",
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    isReplica: replica !== undefined && (replica.enabled ?? replica["primary"] !== self),
    isFenced: (metadata.annotations?.["cnpg.io/fencedInstances"] ?? "").includes('"*"'),
    pod: `${metadata.name}-1`,
  };
}

/** A new token that was not used yet. */
export function shouldPromote({ spec, status }: SandboxCluster): boolean {
  const token = spec.replica?.promotionToken ?? "";
  return token !== "" && token !== status.lastPromotionToken;
}

export function conditionIs(
  { status }: SandboxCluster,
  type: string,
  value: Condition["status"],
): boolean {
  return status.conditions.some((one) => one.type === type && one.status === value);
}
