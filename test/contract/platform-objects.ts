/** Objects of a platform that the suites of the mesh and of gateways work with, made by somebody who is not us. */
import { randomUUID } from "node:crypto";
import {
  apiVersionOf,
  type KubeObject,
  type Place,
  type ResourceKind,
} from "../../src/control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../src/control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";

/** Makes an object and gives it as it was stored; throws with the refusal otherwise. */
export async function put(
  api: KubernetesApi,
  kind: ResourceKind,
  place: Place,
  rest: JsonObject,
): Promise<KubeObject> {
  const metadata = { ...(rest["metadata"] as JsonObject | undefined), ...place };
  const object = { ...rest, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  const made = await api.create(kind, object);
  if (made.kind !== "written") throw new Error(`not made: ${JSON.stringify(made)}`);
  return made.object;
}

/** A namespace that nothing has had yet. */
export async function freshNamespace(api: KubernetesApi, prefix: string): Promise<string> {
  const name = `${prefix}-${randomUUID().slice(0, 8)}`;
  await put(api, resourceKinds.namespace, { name }, {});
  return name;
}

/** A Service with one port. */
export function servicePort(port: number): JsonObject {
  return { spec: { ports: [{ port }] } };
}
