/** The numbers of disruption budgets: how many of their Pods may go now (pkg/controller/disruption). */
import type { JsonObject } from "../../../core/kernel/json.ts";
import { countOf, type DisruptionBudget, isReady, type Pod } from "../built-in/workload-types.ts";
import { fitsSelector } from "../objects/selectors.ts";
import { type Acting, change, objectsOf } from "./acting.ts";

/** A disruption that was allowed and never happened is forgotten after this. */
const disruptionLimitMs = 120_000;

/** Writes what is true of the Pods now. */
export function stepBudget(acting: Acting, budget: DisruptionBudget): void {
  const { spec, metadata, status = {} } = budget;
  const pods = objectsOf<Pod>(acting.tx, "Pod", metadata.namespace).filter(
    (pod) => spec.selector !== undefined && fitsSelector(spec.selector, pod.metadata.labels ?? {}),
  );
  const going = stillGoing(status.disruptedPods ?? {}, pods, acting.nowMs);
  const staying = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined && going[pod.metadata.name ?? ""] === undefined,
  );
  const expected = pods.length;
  const healthy = staying.filter(isReady).length;
  const desired =
    spec.maxUnavailable === undefined
      ? countOf(spec.minAvailable ?? 1, expected, Math.ceil)
      : Math.max(0, expected - countOf(spec.maxUnavailable, expected, Math.ceil));
  const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
  const numbers: JsonObject = {
    ...status,
    observedGeneration: metadata.generation ?? 0,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    disruptedPods: going,
  };
  const isEmpty = Object.keys(going).length === 0;
  const { disruptedPods: _, ...without } = numbers;
  change(acting, budget, { ...budget, status: isEmpty ? without : numbers }, "status");
}

function stillGoing(
  disrupted: Readonly<Record<string, string>>,
  pods: readonly Pod[],
  nowMs: number,
): Readonly<Record<string, string>> {
  const isStill = ([name, at]: readonly [string, string]): boolean => {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const isRecent = nowMs - Date.parse(at) < disruptionLimitMs;
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && isRecent;
  };
  return Object.fromEntries(Object.entries(disrupted).filter(isStill));
}
