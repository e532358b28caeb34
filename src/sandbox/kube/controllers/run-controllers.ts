/** The controllers of a region, in the API server's own process: round after round whenever something changed, until they are closed. */
import type { Deployment, DisruptionBudget, Pod, ReplicaSet } from "../built-in/workload-types.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { StatusError } from "../objects/status-error.ts";
import type { KubeApi } from "../rest/kube-api.ts";
import { type Acting, objectOf, objectsOf } from "./acting.ts";
import { stepDeployment } from "./deployment.ts";
import { stepBudget } from "./disruption-budget.ts";
import { stepEndpoints } from "./endpoints.ts";
import { collectGarbage } from "./garbage.ts";
import type { PodRunner } from "./pod-runner.ts";
import { isOurs, notePod, type PodNetwork, placePod, removePod } from "./pods.ts";
import { stepReplicaSet } from "./replica-set.ts";

export type ControllersOptions = {
  readonly api: KubeApi;
  readonly runner: PodRunner;
  readonly network: PodNetwork;
  readonly nowMs: () => number;
  readonly onBug: (thrown: unknown) => void;
};

export type RunningControllers = { close(): Promise<void> };

/** Also without a change they look again: deadlines pass by themselves. */
const roundEveryMs = 2_000;

type Run = (name: string, work: (acting: Acting) => void) => Promise<void>;

/** Starts them. */
export function runControllers(options: ControllersOptions): RunningControllers {
  const { api, runner, nowMs, onBug } = options;
  let isClosed = false;
  let wake: () => void = () => undefined;
  let isDue = true;
  const due = (): void => {
    isDue = true;
    wake();
  };
  const stopListening = api.store.listen(due);
  runner.onChange(due);
  const run: Run = async (name, work) => {
    if (isClosed) return;
    try {
      await api.store.write((tx) => work({ tx, name, nowMs: nowMs() }));
    } catch (thrown) {
      // What a policy or another writer refuses is tried again with the next round.
      if (!(thrown instanceof StatusError) && !isClosed) onBug(thrown);
    }
  };
  const rounds = async (): Promise<void> => {
    while (!isClosed) {
      isDue = false;
      try {
        await round(options, run);
      } catch (thrown) {
        // Our bug, and no reason to end the API server; the next round comes after a pause.
        isDue = false;
        if (!isClosed) onBug(thrown);
      }
      if (isDue || isClosed) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, roundEveryMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const ended = rounds();
  return {
    async close() {
      isClosed = true;
      stopListening();
      wake();
      await ended;
      await runner.close();
    },
  };
}

async function round(options: ControllersOptions, run: Run): Promise<void> {
  const { api, nowMs } = options;
  const { store } = api;
  /** A step for each object, as it is at the moment of the step. */
  const each = async <T extends KubeObject>(
    kind: string,
    name: string,
    step: (acting: Acting, object: T) => void,
  ): Promise<void> => {
    for (const object of objectsOf<T>(store, kind))
      await run(name, (acting) => {
        const live = objectOf<T>(acting.tx, kind, object);
        if (live !== undefined) step(acting, live);
      });
  };
  await each<Deployment>("Deployment", "deployment-controller", stepDeployment);
  await each<ReplicaSet>("ReplicaSet", "replicaset-controller", stepReplicaSet);
  await stepPods(options, run);
  await each<DisruptionBudget>("PodDisruptionBudget", "disruption-controller", stepBudget);
  await each<KubeObject>("Service", "endpoint-controller", stepEndpoints);
  const types = api.registry.all();
  await run("garbage-collector", ({ tx }) => collectGarbage({ tx, types, nowMs: nowMs() }));
}

/** Ends of Pods that are under way, so that none is asked twice. */
const ending = new WeakMap<PodRunner, Set<string>>();

async function stepPods({ api, runner, network }: ControllersOptions, run: Run): Promise<void> {
  const pods = objectsOf<Pod>(api.store, "Pod");
  const present = new Set(pods.map(({ metadata }) => metadata.uid));
  // It was deleted without grace; there is nobody to tell.
  for (const uid of runner.uids()) if (!present.has(uid)) void runner.end(uid, 0);
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (pod.spec.nodeName === network.node) endPod(pod, runner, run);
    } else if (pod.spec.nodeName === undefined) {
      if (isOurs(pod)) await run("default-scheduler", (acting) => placePod(acting, pod, network));
    } else if (pod.spec.nodeName === network.node) {
      await runPod(pod, runner, run);
    }
  }
}

async function runPod(pod: Pod, runner: PodRunner, run: Run): Promise<void> {
  const { uid = "", name = "", namespace = "" } = pod.metadata;
  const { podIP = "" } = pod.status ?? {};
  runner.run({ uid, name, namespace, address: podIP, containers: pod.spec.containers });
  const states = runner.states(uid);
  if (states !== undefined) await run("kubelet", (acting) => notePod(acting, pod, states));
}

function endPod(pod: Pod, runner: PodRunner, run: Run): void {
  const { uid = "", deletionGracePeriodSeconds = 30 } = pod.metadata;
  const known = ending.get(runner) ?? new Set<string>();
  ending.set(runner, known);
  if (known.has(uid)) return;
  known.add(uid);
  const end = async (): Promise<void> => {
    await runner.end(uid, deletionGracePeriodSeconds * 1_000);
    await run("kubelet", (acting) => removePod(acting, pod));
    known.delete(uid);
  };
  void end(); // `run` never rejects, and neither does ending a process.
}
