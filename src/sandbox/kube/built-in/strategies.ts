/** What the server itself sets when a built-in object is made or changed (pkg/registry, the strategies of each kind). */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import {
  fieldAt,
  isObject,
  type KubeObject,
  listOr,
  objectOr,
  withMetadata,
  without,
} from "../objects/kube-object.ts";
import type { ResourceType } from "../objects/resource-type.ts";

/** The new object, with what only the server may say. */
export function prepareNew(object: KubeObject, type: ResourceType): KubeObject {
  if (type.custom)
    return type.subresources.includes("status") ? withStatus(object, undefined) : object;
  switch (object.kind) {
    case "Namespace":
      return {
        ...object,
        spec: { ...objectOr(object["spec"]), finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      };
    case "Pod":
      return { ...object, status: { phase: "Pending", qosClass: qualityOf(object) } };
    case "Service":
      return { ...object, status: { loadBalancer: {} } };
    case "PodDisruptionBudget":
      return withStatus(object, {
        currentHealthy: 0,
        desiredHealthy: 0,
        disruptionsAllowed: 0,
        expectedPods: 0,
      });
    case "ReplicaSet":
      return withStatus(object, { replicas: 0 });
    case "StatefulSet":
      return withStatus(object, { availableReplicas: 0, replicas: 0 });
    case "Deployment":
    case "ValidatingAdmissionPolicy":
      return withStatus(object, {});
    case "Secret":
      return withSecretText(object);
    default:
      return object;
  }
}

/** The changed object, with what this request can not change as it was. */
export function prepareChanged(
  object: KubeObject,
  live: KubeObject,
  { type, subresource }: { readonly type: ResourceType; readonly subresource: string },
): KubeObject {
  if (subresource === "status") return onlyStatus(object, live, type);
  const changed = type.subresources.includes("status")
    ? withStatus(object, live["status"])
    : object;
  switch (type.custom ? "" : object.kind) {
    case "Secret":
      return withSecretText(changed);
    case "Namespace":
      return { ...changed, spec: live["spec"] ?? {} };
    case "Service":
      return keepAddresses(changed, live);
    default:
      return changed;
  }
}

/** Status is written apart: of a custom kind nothing else is, of a built-in one metadata too, but for labels. */
function onlyStatus(object: KubeObject, live: KubeObject, type: ResourceType): KubeObject {
  const written = withStatus(live, object["status"]);
  const { managedFields } = object.metadata;
  if (type.custom)
    return withMetadata(written, managedFields === undefined ? {} : { managedFields });
  const { labels } = live.metadata;
  const bare = without(object.metadata, "labels");
  return { ...written, metadata: labels === undefined ? bare : { ...bare, labels } };
}

export function withStatus(object: KubeObject, status: Json | undefined): KubeObject {
  const { status: _, ...rest } = object;
  const bare = rest as KubeObject; // Only status is taken away.
  return status === undefined ? bare : { ...bare, status };
}

/** `stringData` is written into `data` and never read back. */
function withSecretText(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  const kept = rest as KubeObject; // Only stringData is taken away.
  if (!isObject(stringData)) return kept;
  const data = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString("base64"),
  ]);
  return { ...kept, data: { ...objectOr(kept["data"]), ...Object.fromEntries(data) } };
}

function keepAddresses(service: KubeObject, live: KubeObject): KubeObject {
  const spec = objectOr(service["spec"]);
  const before = objectOr(live["spec"]);
  const kept = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].flatMap((field) => {
    const value = spec[field] ?? before[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  return { ...service, spec: { ...spec, ...Object.fromEntries(kept) } };
}

function qualityOf(pod: KubeObject): string {
  const needs = listOr(fieldAt(pod, "spec", "containers")).map((one) =>
    objectOr(fieldAt(one, "resources")),
  );
  const hasAny = needs.some((one) => one["requests"] !== undefined || one["limits"] !== undefined);
  if (!hasAny) return "BestEffort";
  const isWhole = (need: JsonObject): boolean =>
    ["cpu", "memory"].every((what) => {
      const limit = fieldAt(need, "limits", what);
      return limit !== undefined && (fieldAt(need, "requests", what) ?? limit) === limit;
    });
  return needs.every(isWhole) ? "Guaranteed" : "Burstable";
}
