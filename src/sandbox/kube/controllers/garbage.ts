/** What nobody owns any more is deleted, and what was in a namespace that goes (pkg/controller/garbagecollector and namespace, simplified). */

import { keyOf, storeName } from "../admission/asker.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { fieldAt, type KubeObject, without } from "../objects/kube-object.ts";
import type { ResourceType } from "../objects/resource-type.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { serverAsker } from "../rest/server-asker.ts";
import type { Transaction } from "../store/object-store.ts";

type Collecting = {
  readonly tx: Transaction;
  readonly types: readonly ResourceType[];
  readonly nowMs: number;
};

const kept = ["orphan", "foregroundDeletion"];

/** One pass over everything. */
export function collectGarbage(collecting: Collecting): void {
  const { tx, types } = collecting;
  const everything = types.flatMap((type) =>
    tx.list(storeName(type)).map((object) => ({ type, object })),
  );
  const known = new Set(everything.map(({ object }) => object.metadata.uid));
  for (const { type, object } of everything) {
    const { ownerReferences = [], deletionTimestamp, finalizers = [] } = object.metadata;
    const isOrphaned =
      ownerReferences.length > 0 && ownerReferences.every(({ uid }) => !known.has(uid));
    if (isOrphaned && deletionTimestamp === undefined) remove(collecting, type, object);
    if (deletionTimestamp !== undefined && finalizers.some((one) => kept.includes(one)))
      releaseOwner(collecting, { type, object, everything });
  }
  emptyNamespaces(collecting);
}

type Typed = { readonly type: ResourceType; readonly object: KubeObject };

function remove({ tx, nowMs }: Collecting, type: ResourceType, { metadata }: KubeObject): void {
  const { name = "", namespace = "" } = metadata;
  const target = { type, name, namespace, subresource: "" };
  if (tx.get(keyOf(target)) === undefined) return;
  deleteObject({ tx, target, asker: serverAsker(nowMs, "garbage-collector"), options: {} });
}

/** An owner that waits goes when what it owns is let go, or is gone. */
function releaseOwner(
  collecting: Collecting,
  { type, object, everything }: Typed & { readonly everything: readonly Typed[] },
): void {
  const { tx } = collecting;
  const { finalizers = [], uid = "" } = object.metadata;
  const owned = everything.filter(({ object: other }) =>
    (other.metadata.ownerReferences ?? []).some((one) => one.uid === uid),
  );
  if (finalizers.includes("orphan")) for (const one of owned) letGo(tx, one, uid);
  else if (owned.length > 0) {
    for (const one of owned)
      if (one.object.metadata.deletionTimestamp === undefined)
        remove(collecting, one.type, one.object);
    return;
  }
  const left = finalizers.filter((one) => !kept.includes(one));
  const key = keyOf({
    type,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
  });
  if (left.length === 0) tx.remove(key);
  else tx.put(key, { ...object, metadata: { ...object.metadata, finalizers: left } });
}

function letGo(tx: Transaction, { type, object }: Typed, uid: string): void {
  const { name = "", namespace = "", ownerReferences = [] } = object.metadata;
  const left = ownerReferences.filter((one) => one.uid !== uid);
  const bare = without(object.metadata, "ownerReferences");
  const metadata = left.length === 0 ? bare : { ...bare, ownerReferences: left };
  tx.put(keyOf({ type, namespace, name }), { ...object, metadata });
}

function emptyNamespaces(collecting: Collecting): void {
  const { tx, types } = collecting;
  const namespaces = builtInType("Namespace");
  for (const namespace of tx.list(storeName(namespaces))) {
    const { deletionTimestamp, name = "", finalizers = [] } = namespace.metadata;
    if (deletionTimestamp === undefined) continue;
    const inside = types
      .filter(({ namespaced }) => namespaced)
      .flatMap((type) => tx.list(storeName(type), name).map((object) => ({ type, object })));
    for (const { type, object } of inside)
      if (object.metadata.deletionTimestamp === undefined) remove(collecting, type, object);
    const isEmpty = types
      .filter(({ namespaced }) => namespaced)
      .every((type) => tx.list(storeName(type), name).length === 0);
    if (isEmpty && finalizers.length === 0 && fieldAt(namespace, "metadata", "name") === name)
      tx.remove(keyOf({ type: namespaces, namespace: "", name }));
  }
}
