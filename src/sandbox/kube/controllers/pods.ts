/** Pods: given an address, run, their state written down, ended when they are deleted (what scheduler and kubelet do elsewhere). */
import type { JsonObject } from "../../../core/kernel/json.ts";
import { keyOf } from "../admission/asker.ts";
import type { Pod } from "../built-in/workload-types.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { fieldAt, type KubeObject, kubeTime } from "../objects/kube-object.ts";
import { type Acting, change, objectOf, objectsOf } from "./acting.ts";
import type { ContainerState } from "./pod-runner.ts";

export type PodNetwork = {
  /** `127.10.1`. */
  readonly podNetwork: string;
  readonly firstHost: number;
  readonly lastHost: number;
  /** Name of the only node. */
  readonly node: string;
};

/** Whether this server's own scheduler has to find a place for it. */
export const isOurs = (pod: KubeObject): boolean =>
  fieldAt(pod, "spec", "schedulerName") === "default-scheduler";

/** Gives the Pod an address and binds it to the node; says so when none is free. */
export function placePod(acting: Acting, pod: Pod, network: PodNetwork): void {
  const live = objectOf<Pod>(acting.tx, "Pod", pod);
  if (live === undefined || live.spec.nodeName !== undefined) return;
  const taken = new Set(objectsOf<Pod>(acting.tx, "Pod").map(({ status }) => status?.podIP));
  const address = freeAddress(network, taken);
  const now = kubeTime(acting.nowMs);
  if (address === undefined) {
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "no address is free",
      lastTransitionTime: null,
    };
    change(
      acting,
      live,
      { ...live, status: { ...live.status, conditions: [condition] } },
      "status",
    );
    return;
  }
  const bound: KubeObject = {
    ...live,
    spec: { ...live.spec, nodeName: network.node } as unknown as JsonObject, // It is JSON.
    status: {
      ...live.status,
      phase: "Pending",
      hostIP: address,
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: now,
      conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: now }],
    },
  };
  // Binding is the scheduler's own way of writing; an update could not set the node.
  acting.tx.put(placeOf(live), bound);
}

const placeOf = ({ metadata }: Pod) =>
  keyOf({
    type: builtInType("Pod"),
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
  });

function freeAddress(
  { podNetwork, firstHost, lastHost }: PodNetwork,
  taken: ReadonlySet<string | undefined>,
): string | undefined {
  for (let host = firstHost; host <= lastHost; host++) {
    const address = `${podNetwork}.${host}`;
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** Writes what the runner says of a Pod. */
export function notePod(acting: Acting, pod: Pod, states: readonly ContainerState[]): void {
  const live = objectOf<Pod>(acting.tx, "Pod", pod);
  if (live === undefined || live.metadata.uid !== pod.metadata.uid) return;
  const isReady = states.every(({ ready }) => ready);
  const isRunning = states.some(({ state, restarts }) => state.kind === "running" || restarts > 0);
  const waiting = states.find(({ state }) => state.kind === "waiting");
  const conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => {
    const isGood = type === "Ready" || type === "ContainersReady" ? isReady : true;
    return conditionOf(live, { type, status: isGood ? "True" : "False" }, acting.nowMs);
  });
  const status: JsonObject = {
    ...live.status,
    phase: isRunning ? "Running" : waiting === undefined ? "Running" : "Pending",
    conditions,
    containerStatuses: states.map((state) => containerStatus(live, state)),
  } as unknown as JsonObject; // It is JSON.
  change(acting, live, { ...live, status }, "status");
}

function conditionOf(
  pod: Pod,
  { type, status }: { readonly type: string; readonly status: string },
  nowMs: number,
): JsonObject {
  const before = pod.status?.conditions?.find((one) => one.type === type);
  const kept = before?.status === status ? before.lastTransitionTime : undefined;
  const lastTransitionTime = kept ?? kubeTime(nowMs);
  if (status === "True") return { type, status, lastTransitionTime };
  const reason = "ContainersNotReady";
  return { type, status, lastTransitionTime, reason, message: "containers with unready status" };
}

function containerStatus(pod: Pod, { name, ready, restarts, state }: ContainerState): JsonObject {
  const image = pod.spec.containers.find((one) => one.name === name)?.image ?? "";
  const isRunning = state.kind === "running";
  return {
    name,
    image,
    imageID: "",
    ready,
    started: isRunning,
    restartCount: restarts,
    state: isRunning
      ? { running: { startedAt: kubeTime(state.sinceMs) } }
      : { waiting: { reason: state.reason, message: state.message } },
    lastState: {},
  };
}

/** Takes a Pod away whose processes have ended. */
export function removePod(acting: Acting, pod: Pod): void {
  const live = objectOf<Pod>(acting.tx, "Pod", pod);
  if (live === undefined || live.metadata.uid !== pod.metadata.uid) return;
  const { finalizers = [] } = live.metadata;
  if (finalizers.length === 0) acting.tx.remove(placeOf(live));
}
