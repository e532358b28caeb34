/** The status of a Deployment, as `kubectl rollout status` and `kubectl wait` read it. */
import { isSameJson, type JsonObject } from "../../../core/kernel/json.ts";
import {
  countOf,
  type Deployment,
  type DeploymentCondition,
  type ReplicaSet,
} from "../built-in/workload-types.ts";
import { kubeTime } from "../objects/kube-object.ts";

type Sets = {
  readonly owned: readonly ReplicaSet[];
  /** The one whose Pods have the present form. */
  readonly current: ReplicaSet | undefined;
  readonly nowMs: number;
};

/** Counts of zero are left out, as Kubernetes does. */
export function deploymentStatus(deployment: Deployment, sets: Sets): JsonObject {
  const { owned, current } = sets;
  const { replicas = 1 } = deployment.spec;
  const total = (of: (set: ReplicaSet) => number | undefined): number =>
    owned.reduce((sum, set) => sum + (of(set) ?? 0), 0);
  const counts = {
    replicas: total(({ status }) => status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: total(({ status }) => status?.readyReplicas),
    availableReplicas: total(({ status }) => status?.availableReplicas),
  };
  const missing = Math.max(0, replicas - counts.availableReplicas);
  const shown = Object.entries({ ...counts, unavailableReplicas: missing }).filter(
    ([, count]) => count > 0,
  );
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(shown),
    conditions: conditionsOf(deployment, { ...sets, counts }),
  };
}

type Counts = {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
};

function conditionsOf(
  deployment: Deployment,
  { current, nowMs, counts }: Sets & { readonly counts: Counts },
): readonly JsonObject[] {
  const { replicas = 1, strategy, progressDeadlineSeconds = 600 } = deployment.spec;
  const spare = countOf(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor);
  const isAvailable = counts.availableReplicas >= replicas - spare;
  const name = current?.metadata.name ?? "";
  const isDone =
    counts.updatedReplicas === replicas &&
    counts.replicas === replicas &&
    counts.availableReplicas === replicas;
  const available = isAvailable
    ? condition(
        "Available",
        "True",
        "MinimumReplicasAvailable",
        "Deployment has minimum availability.",
      )
    : condition(
        "Available",
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
      );
  const before = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  const updatedAtMs = Date.parse(before?.lastUpdateTime ?? "") || nowMs;
  const isLate =
    !isDone &&
    before?.reason !== "NewReplicaSetAvailable" &&
    nowMs - updatedAtMs > progressDeadlineSeconds * 1_000;
  const progressing = isDone
    ? condition(
        "Progressing",
        "True",
        "NewReplicaSetAvailable",
        `ReplicaSet "${name}" has successfully progressed.`,
      )
    : isLate
      ? condition(
          "Progressing",
          "False",
          "ProgressDeadlineExceeded",
          `ReplicaSet "${name}" has timed out progressing.`,
        )
      : condition(
          "Progressing",
          "True",
          "ReplicaSetUpdated",
          `ReplicaSet "${name}" is progressing.`,
        );
  const known = deployment.status?.conditions ?? [];
  return [available, progressing].map((one) => timed(one, known, nowMs));
}

type NewCondition = Pick<DeploymentCondition, "type" | "status"> & {
  readonly reason: string;
  readonly message: string;
};

function condition(type: string, status: string, reason: string, message: string): NewCondition {
  return { type, status, reason, message };
}

/** A condition keeps its instants while it says the same. */
function timed(
  now: NewCondition,
  known: readonly DeploymentCondition[],
  nowMs: number,
): JsonObject {
  const before = known.find(({ type }) => type === now.type);
  const time = kubeTime(nowMs);
  const { lastUpdateTime, lastTransitionTime } = before ?? {};
  const said = {
    type: before?.type,
    status: before?.status,
    reason: before?.reason,
    message: before?.message,
  };
  const isSame = before !== undefined && isSameJson(said as JsonObject, now); // Those four are there.
  return {
    ...now,
    lastUpdateTime: isSame ? (lastUpdateTime ?? time) : time,
    lastTransitionTime: before?.status === now.status ? (lastTransitionTime ?? time) : time,
  };
}
