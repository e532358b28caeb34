/** What a bare API server lacks to be a platform: Gateway API's CRDs as they are published, and the policy of epochs. */

import { systemClock } from "../../src/adapters/clock.ts";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { readSchemaLines } from "../../src/sandbox/kube/objects/schema.ts";
import { installEpochPolicy } from "./kubernetes-admission.ts";
import { freshNamespace } from "./platform-objects.ts";

const { customResourceDefinition: kind } = resourceKinds;

/** Resolves when objects of Gateway API can be made and the policy is kept. */
export async function preparePlatform(api: KubernetesClient): Promise<void> {
  const lines = readSchemaLines("platform-crds.ndjson") as readonly KubeObject[]; // As the file is written.
  for (const crd of lines.filter(({ metadata }) => metadata.name.includes(".gateway."))) {
    const { name } = crd.metadata;
    const made = await api.create(kind, crd);
    if (made.kind !== "written" && made.kind !== "alreadyExists") {
      throw new Error(`${name}: ${JSON.stringify(made)}`);
    }
  }
  for (const served of [resourceKinds.httpRoute, resourceKinds.gateway]) {
    // A server serves a new kind a moment after it is established.
    while ((await api.list(served)).kind !== "listed") await systemClock.sleep(100);
  }
  await installEpochPolicy({ api, namespace: await freshNamespace(api, "policy") });
}
