/** Eviction (policy/v1): a Pod is deleted unless a disruption budget forbids it (pkg/registry/core/pod, eviction.go). */

import { keyOf, storeName } from "../admission/asker.ts";
import { type DisruptionBudget, isReady, type Pod } from "../built-in/workload-types.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { type KubeObject, kubeTime } from "../objects/kube-object.ts";
import { fitsSelector } from "../objects/selectors.ts";
import { StatusError } from "../objects/status-error.ts";
import { type Deleting, deleteObject } from "./delete-object.ts";
import { requireLive } from "./save-object.ts";

const budgets = builtInType("PodDisruptionBudget");

/** Evicts, or refuses with 429 (a budget says no), 500 (several budgets), 404 or 409. */
export function evictPod(deleting: Deleting): KubeObject {
  const { tx, target, asker } = deleting;
  const pod = requireLive(deleting) as Pod; // Only Pods have evictions.
  const matching = budgetsOf(pod, deleting);
  const mayGo =
    pod.metadata.deletionTimestamp !== undefined || isOver(pod) || pod.status?.phase === "Pending";
  if (!mayGo && matching.length > 1)
    throw new StatusError({
      code: 500,
      reason: "InternalError",
      message:
        "Internal error occurred: this pod has more than one PodDisruptionBudget, which the eviction subresource does not support",
      details: {
        causes: [
          {
            message:
              "this pod has more than one PodDisruptionBudget, which the eviction subresource does not support",
          } as never, // Its cause has a message only.
        ],
      },
    });
  const [budget] = matching;
  if (budget !== undefined && !mayGo) take(budget, pod, deleting);
  deleteObject({ tx, target: { ...target, subresource: "" }, asker, options: deleting.options });
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

const isOver = ({ status }: Pod): boolean =>
  status?.phase === "Succeeded" || status?.phase === "Failed";

function budgetsOf(pod: Pod, { tx, target }: Deleting): readonly DisruptionBudget[] {
  const all = tx.list(storeName(budgets), target.namespace) as readonly DisruptionBudget[]; // By their schema.
  return all.filter(
    ({ spec }) =>
      spec.selector !== undefined && fitsSelector(spec.selector, pod.metadata.labels ?? {}),
  );
}

/** Takes one of the disruptions that the budget allows. */
function take(budget: DisruptionBudget, pod: Pod, { tx, target, asker }: Deleting): void {
  const { status = {}, metadata } = budget;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status;
  const name = metadata.name ?? "";
  // What does not serve anyway may go while enough others do.
  if (!isReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0) return;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed <= 0)
    throw refused(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      0,
    );
  const changed: KubeObject = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name ?? ""]: kubeTime(asker.nowMs) },
    },
  };
  tx.put(keyOf({ type: budgets, namespace: target.namespace, name }), changed);
}

function refused(because: string, retryAfterSeconds: number): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError({
    code: 429,
    reason: "TooManyRequests",
    message,
    details: {
      causes: [{ reason: "DisruptionBudget", message: because } as never], // It names no field.
      ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
    },
  });
}
