/** What every cluster has from its first moment: the namespaces of Kubernetes, and the platform's kinds that are not built in. */

import { keyOf } from "./admission/asker.ts";
import { builtInType } from "./objects/built-in-types.ts";
import type { KubeObject } from "./objects/kube-object.ts";
import type { ResourceType } from "./objects/resource-type.ts";
import { readSchemaLines } from "./objects/schema.ts";
import { StatusError } from "./objects/status-error.ts";
import { decodeObject } from "./rest/decode-object.ts";
import type { KubeApi } from "./rest/kube-api.ts";
import { serverAsker } from "./rest/server-asker.ts";

/** Makes what is missing; what is there stays as it is. */
export async function makeFirstObjects(api: KubeApi, nowMs: number): Promise<void> {
  const namespaces = builtInType("Namespace");
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
    await makeMissing(
      api,
      namespaces,
      { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      nowMs,
    );
  const crds = builtInType("CustomResourceDefinition");
  for (const crd of readSchemaLines("platform-crds.ndjson"))
    await makeMissing(api, crds, crd as KubeObject, nowMs); // As the file is written.
}

async function makeMissing(
  api: KubeApi,
  type: ResourceType,
  object: KubeObject,
  nowMs: number,
): Promise<void> {
  const target = { type, namespace: "", name: object.metadata.name ?? "" };
  if (api.store.get(keyOf(target)) !== undefined) return;
  const asker = serverAsker(nowMs);
  try {
    await api.create(
      { ...target, name: "", subresource: "" },
      decodeObject(object, { type, asker }),
      asker,
    );
  } catch (thrown) {
    if (!(thrown instanceof StatusError)) throw thrown;
    throw new Error(`${type.kind} ${target.name} can not be made: ${thrown.message}`);
  }
}
