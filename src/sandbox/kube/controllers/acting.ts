/** How a controller writes: with its own name as field manager, in a transaction in which it has also read what it decides on. */

import { type Asker, keyOf, storeName, type Target } from "../admission/asker.ts";
import { builtInDefaults } from "../built-in/defaults.ts";
import { builtInType } from "../objects/built-in-types.ts";
import type { KubeObject, OwnerReference } from "../objects/kube-object.ts";
import { apiVersionOf } from "../objects/resource-type.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { saveChanged, saveNew } from "../rest/save-object.ts";
import { administrators } from "../rest/users.ts";
import type { Transaction } from "../store/object-store.ts";

export type Acting = {
  readonly tx: Transaction;
  readonly nowMs: number;
  /** `deployment-controller`. */
  readonly name: string;
};

function askerOf({ name, nowMs }: Acting): Asker {
  return {
    user: { name: `system:serviceaccount:kube-system:${name}`, groups: [administrators] },
    manager: name,
    fieldValidation: "Ignore",
    dryRun: false,
    nowMs,
    warn: () => undefined,
  };
}

const targetOf = (kind: string, { metadata }: KubeObject, subresource = ""): Target => ({
  type: builtInType(kind),
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  subresource,
});

/** All objects of a built-in kind. */
export function objectsOf<T extends KubeObject>(
  tx: Pick<Transaction, "list">,
  kind: string,
  namespace?: string,
): readonly T[] {
  return tx.list(storeName(builtInType(kind)), namespace) as readonly T[]; // They passed the kind's schema.
}

export function objectOf<T extends KubeObject>(
  tx: Pick<Transaction, "get">,
  kind: string,
  { metadata }: KubeObject,
): T | undefined {
  const { namespace = "", name = "" } = metadata;
  return tx.get(keyOf({ type: builtInType(kind), namespace, name })) as T | undefined; // As above.
}

/** Makes an object; its defaults are filled in. */
export function make(acting: Acting, object: KubeObject): KubeObject {
  const target = { ...targetOf(object.kind, object), name: "" };
  return saveNew(builtInDefaults(object), { tx: acting.tx, target, asker: askerOf(acting) });
}

/** Changes an object, or its status; one that says the same changes nothing. */
export function change(
  acting: Acting,
  live: KubeObject,
  changed: KubeObject,
  subresource: "" | "status" = "",
): KubeObject {
  const target = targetOf(live.kind, live, subresource);
  return saveChanged(changed, live, { tx: acting.tx, target, asker: askerOf(acting) });
}

/** Deletes an object, with what it owns in the background. */
export function drop(acting: Acting, live: KubeObject, graceSeconds?: number): void {
  const options = graceSeconds === undefined ? {} : { graceSeconds };
  deleteObject({
    tx: acting.tx,
    target: targetOf(live.kind, live),
    asker: askerOf(acting),
    options,
  });
}

/** What an owner writes into what it owns. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name = "", uid = "" } = owner.metadata;
  const apiVersion = apiVersionOf(builtInType(owner.kind));
  return { apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => controller === true && uid === owner.metadata.uid,
  );
}
