/** Endpoints: the addresses of the ready Pods behind each Service. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { isReady, type Pod } from "../built-in/workload-types.ts";
import { fieldAt, isObject, type KubeObject, listOr } from "../objects/kube-object.ts";
import { fitsSelector } from "../objects/selectors.ts";
import { type Acting, change, make, objectOf, objectsOf } from "./acting.ts";

/** Writes who is behind the Service; one without a selector is somebody else's to fill. */
export function stepEndpoints(acting: Acting, service: KubeObject): void {
  const selector = fieldAt(service, "spec", "selector");
  if (!isObject(selector) || service.metadata.deletionTimestamp !== undefined) return;
  const { name = "", namespace = "" } = service.metadata;
  const pods = objectsOf<Pod>(acting.tx, "Pod", namespace).filter(
    (pod) =>
      fitsSelector({ matchLabels: selector }, pod.metadata.labels ?? {}) &&
      pod.status?.podIP !== undefined &&
      pod.metadata.deletionTimestamp === undefined,
  );
  const wanted: KubeObject = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name, namespace },
    ...(pods.length === 0 ? {} : { subsets: [subsetOf(service, pods)] }),
  };
  const live = objectOf<KubeObject>(acting.tx, "Endpoints", service);
  if (live === undefined) make(acting, wanted);
  else change(acting, live, { ...wanted, metadata: live.metadata });
}

function subsetOf(service: KubeObject, pods: readonly Pod[]): JsonObject {
  const address = (pod: Pod): JsonObject => ({
    ip: pod.status?.podIP ?? "",
    targetRef: {
      kind: "Pod",
      name: pod.metadata.name ?? "",
      namespace: pod.metadata.namespace ?? "",
      uid: pod.metadata.uid ?? "",
    },
  });
  const ready = pods.filter(isReady).map(address);
  const others = pods.filter((pod) => !isReady(pod)).map(address);
  const ports = listOr(fieldAt(service, "spec", "ports")).map((port) => portOf(port, pods));
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(others.length === 0 ? {} : { notReadyAddresses: others }),
    ports,
  };
}

/** A port that is named is that of the Pods' containers. */
function portOf(port: Json, [pod]: readonly Pod[]): JsonObject {
  const target = fieldAt(port, "targetPort") ?? fieldAt(port, "port") ?? 0;
  const name = fieldAt(port, "name");
  const named = pod?.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find((one) => one.name === target)?.containerPort;
  return {
    ...(name === undefined ? {} : { name }),
    port: named ?? Number(target),
    protocol: fieldAt(port, "protocol") ?? "TCP",
  };
}
