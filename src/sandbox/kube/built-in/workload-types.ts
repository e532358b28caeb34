/** The parts of built-in objects that this server and its controllers read. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { KubeObject, ObjectMeta } from "../objects/kube-object.ts";

export type LabelSelector = {
  readonly matchLabels?: { readonly [key: string]: string };
  readonly matchExpressions?: readonly JsonObject[];
};

export type Probe = {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly host?: string;
    readonly scheme?: string;
  };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
};

export type Container = {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
};

export type PodSpec = {
  readonly containers: readonly Container[];
  readonly nodeName?: string;
  readonly terminationGracePeriodSeconds?: number;
};

export type PodCondition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
};

export type PodStatus = {
  readonly phase?: string;
  readonly podIP?: string;
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly reason?: string;
  readonly conditions?: readonly PodCondition[];
  readonly containerStatuses?: readonly JsonObject[];
};

export type Pod = KubeObject & { readonly spec: PodSpec; readonly status?: PodStatus };

export type PodTemplate = { readonly metadata?: ObjectMeta; readonly spec: PodSpec };

export type ReplicaSet = KubeObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
  };
  readonly status?: {
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly observedGeneration?: number;
  };
};

export type DeploymentCondition = PodCondition & { readonly lastUpdateTime?: string };

export type Deployment = KubeObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly paused?: boolean;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: {
        readonly maxSurge?: number | string;
        readonly maxUnavailable?: number | string;
      };
    };
  };
  readonly status?: {
    readonly conditions?: readonly DeploymentCondition[];
    readonly [field: string]: Json;
  };
};

export type DisruptionBudget = KubeObject & {
  readonly spec: {
    readonly selector?: LabelSelector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly expectedPods?: number;
    readonly disruptedPods?: { readonly [pod: string]: string };
    readonly [field: string]: Json;
  };
};

/** Whether the Pod may get requests. */
export function isReady(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
    false
  );
}

/** A number, or a share of `total` such as `25%`. */
export function countOf(
  value: number | string | undefined,
  total: number,
  round: (share: number) => number,
): number {
  if (value === undefined) return 0;
  if (typeof value === "number") return value;
  return round((Number.parseInt(value, 10) / 100) * total);
}
