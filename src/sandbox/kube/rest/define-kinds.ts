/** What follows from a CRD being made, changed or deleted: its kind is served, or its objects go. Run on every change, in one transaction. */

import { keyOf, storeName } from "../admission/asker.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { customType, isEstablished } from "../objects/custom-types.ts";
import {
  fieldAt,
  type KubeObject,
  kubeTime,
  listOr,
  withMetadata,
} from "../objects/kube-object.ts";
import { type TypesRegistry, takenNames } from "../objects/types-registry.ts";
import type { Transaction } from "../store/object-store.ts";

const crds = builtInType("CustomResourceDefinition");
const finalizer = "customresourcecleanup.apiextensions.k8s.io";

/** Whether anything about the CRD is still to be done. */
export function isUnsettled(crd: KubeObject): boolean {
  return crd.metadata.deletionTimestamp !== undefined || !isSettled(crd);
}

function isSettled(crd: KubeObject): boolean {
  return (
    isEstablished(crd) &&
    fieldAt(crd, "status", "acceptedNames", "kind") === fieldAt(crd, "spec", "names", "kind")
  );
}

/** Accepts the names of a new CRD, or removes a deleted one with all of its objects. */
export function settleCrd(
  tx: Transaction,
  name: string,
  { registry, nowMs }: { readonly registry: TypesRegistry; readonly nowMs: number },
): void {
  const key = keyOf({ type: crds, namespace: "", name });
  const crd = tx.get(key);
  if (crd === undefined || !isUnsettled(crd)) return;
  if (crd.metadata.deletionTimestamp !== undefined) {
    removeDefined(tx, crd);
    return;
  }
  const type = customType(crd);
  if (type === undefined) return;
  const taken = takenNames(type, registry.all());
  tx.put(key, withNames(crd, taken, kubeTime(nowMs)));
}

function withNames(crd: KubeObject, taken: readonly string[], now: string): KubeObject {
  const accepted = taken.length === 0;
  const status = accepted ? "True" : "False";
  const condition = (type: string, reason: string, message: string) => ({
    lastTransitionTime: now,
    message,
    reason,
    status,
    type,
  });
  const stored = listOr(fieldAt(crd, "spec", "versions")).filter(
    (version) => fieldAt(version, "storage") === true,
  );
  const held = withMetadata(crd, {
    finalizers: [...new Set([...(crd.metadata.finalizers ?? []), finalizer])],
  });
  return {
    ...held,
    status: {
      acceptedNames: accepted ? (fieldAt(crd, "spec", "names") ?? {}) : { kind: "", plural: "" },
      conditions: accepted
        ? [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition(
              "Established",
              "InitialNamesAccepted",
              "the initial names have been accepted",
            ),
          ]
        : [
            condition("NamesAccepted", "NameConflict", `${taken.join(", ")} already in use`),
            condition("Established", "NotAccepted", "not all names are accepted"),
          ],
      storedVersions: stored.map((version) => fieldAt(version, "name") ?? ""),
    },
  };
}

function removeDefined(tx: Transaction, crd: KubeObject): void {
  const type = customType(crd);
  const isOurs = crd.metadata.finalizers?.includes(finalizer) === true;
  let left = 0;
  for (const object of type === undefined || !isOurs ? [] : tx.list(storeName(type))) {
    const { name = "", namespace = "", finalizers = [] } = object.metadata;
    const key = { resource: crd.metadata.name ?? "", namespace, name };
    if (finalizers.length === 0) {
      tx.remove(key);
      continue;
    }
    left += 1;
    if (object.metadata.deletionTimestamp === undefined)
      tx.put(
        key,
        withMetadata(object, {
          deletionTimestamp: crd.metadata.deletionTimestamp ?? "",
          deletionGracePeriodSeconds: 0,
        }),
      );
  }
  if (left > 0) return;
  const rest = (crd.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  const key = keyOf({ type: crds, namespace: "", name: crd.metadata.name ?? "" });
  if (rest.length === 0) tx.remove(key);
  else if (isOurs) tx.put(key, withMetadata(crd, { finalizers: rest }));
}
