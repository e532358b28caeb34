/**
 * A Service that Cilium ClusterMesh merges over clusters, by its annotations (facts of failover §2.2, ADR 45). Written by server-side apply under a
 * name of our own, so that the server itself knows which annotations are ours.
 */

import { epochAnnotations, epochOf } from "../../control/kubernetes/epoch.ts";
import type { KubeObject, Place } from "../../control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { MeshReading, MeshService, MeshVersion } from "../../control/mesh/mesh-service.ts";
import { annotationsOf, meshValuesOf } from "../../core/mesh/mesh-annotations.ts";
import { foreignOwners } from "../../core/mesh/mesh-owners.ts";
import type { MeshStep } from "../../core/mesh/mesh-plan.ts";

/** Under which name the server remembers what the mesh reads: other things of ours own other fields. */
export const meshManager = "sovereign-mesh";

/** The Service at a place of this region's cluster. */
export function ciliumService(api: KubernetesApi, place: Required<Place>): MeshService {
  const kind = resourceKinds.service;
  return {
    id: `${place.namespace}/${place.name}`,
    async read(signal) {
      const read = await api.get(kind, place, { signal });
      return read.kind === "found" ? seen(read.object) : refused(read);
    },
    async write(step, version, signal) {
      const patch = { kind: "apply", body: bodyOf(place, step, version), force: true } as const;
      const done = await api.patch(kind, place, { patch, fieldManager: meshManager, signal });
      if (done.kind === "written") return { ...seen(done.object), warnings: done.warnings };
      // An apply makes what is not there: with the uid of what was seen it is a conflict instead.
      if (done.kind === "conflict" || done.kind === "notFound") return { kind: "moved" };
      return refused(done);
    },
  };
}

function bodyOf(place: Required<Place>, { values, epoch }: MeshStep, version: MeshVersion) {
  const annotations = { ...annotationsOf(values), ...epochAnnotations(epoch) };
  return { apiVersion: "v1", kind: "Service", metadata: { ...place, ...version, annotations } };
}

function seen(object: KubeObject): Extract<MeshReading, { readonly kind: "seen" }> {
  const { annotations = {}, managedFields = [], uid = "", resourceVersion = "" } = object.metadata;
  return {
    kind: "seen",
    facts: { ...meshValuesOf(annotations), epoch: epochOf(object) },
    owners: foreignOwners(managedFields, meshManager),
    version: { uid, resourceVersion },
  };
}

function refused(refusal: Refusal): Extract<MeshReading, { readonly kind: "refused" }> {
  return { kind: "refused", because: refusal.because };
}
