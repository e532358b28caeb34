/** Deleting: preconditions, finalizers, grace of Pods, what becomes of what the object owns (registry/generic, store.go). */

import type { Json } from "../../../core/kernel/json.ts";
import { admit } from "../admission/admit.ts";
import { type Asker, keyOf, type Target } from "../admission/asker.ts";
import {
  fieldAt,
  isObject,
  type KubeObject,
  kubeTime,
  objectOr,
  withMetadata,
} from "../objects/kube-object.ts";
import { badRequest, conflict, forbidden } from "../objects/status-error.ts";
import type { Transaction } from "../store/object-store.ts";
import { requireLive } from "./save-object.ts";

export type DeleteOptions = {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  readonly graceSeconds?: number;
  readonly dryRun: boolean;
};

/** The options of a body and of the query; the body wins. */
export function deleteOptions(body: Json | undefined, query: URLSearchParams): DeleteOptions {
  if (body !== undefined && !isObject(body)) throw badRequest("DeleteOptions must be an object");
  const text = (field: string): string | undefined => {
    const value = fieldAt(body, field) ?? query.get(field);
    return value === null || value === undefined ? undefined : String(value);
  };
  const uid = fieldAt(body, "preconditions", "uid");
  const resourceVersion = fieldAt(body, "preconditions", "resourceVersion");
  const propagation = text("propagationPolicy");
  const grace = text("gracePeriodSeconds");
  const dryRun = fieldAt(body, "dryRun") ?? query.getAll("dryRun");
  if (propagation !== undefined && !["Background", "Foreground", "Orphan"].includes(propagation))
    throw badRequest(`invalid propagation policy: ${propagation}`);
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    ...(propagation === undefined
      ? {}
      : { propagation: propagation as "Background" | "Foreground" | "Orphan" }), // It is one of these.
    ...(grace === undefined ? {} : { graceSeconds: Number(grace) }),
    dryRun: Array.isArray(dryRun) && dryRun.includes("All"),
  };
}

export type Deleting = {
  readonly tx: Transaction;
  readonly target: Target;
  readonly asker: Asker;
  readonly options: Omit<DeleteOptions, "dryRun">;
};

export type Deletion = {
  readonly object: KubeObject;
  /** False while finalizers or its grace hold it. */
  readonly isGone: boolean;
};

/** Deletes, or marks what has to wait. Refuses with 404, 409, or what a policy says. */
export function deleteObject({ tx, target, asker, options }: Deleting): Deletion {
  const live = requireLive({ tx, target });
  checkPreconditions(live, target, options);
  admit({ tx, target, asker, operation: "DELETE", object: undefined, oldObject: live });
  const held = heldBy(live, target, options);
  const { deletionTimestamp } = live.metadata;
  const grace = graceOf(live, target, options);
  const waits = held.length > 0 || grace > 0 || mustBeEmptied(live, target);
  if (!waits) return { object: tx.remove(keyOf(target)), isGone: true };
  const isSame =
    deletionTimestamp !== undefined &&
    held.length === (live.metadata.finalizers ?? []).length &&
    grace >= (live.metadata.deletionGracePeriodSeconds ?? 0);
  if (isSame) return { object: live, isGone: false };
  const marked = withMetadata(live, {
    ...(held.length > 0 ? { finalizers: held } : {}),
    deletionTimestamp: deletionTimestamp ?? kubeTime(asker.nowMs + grace * 1_000),
    deletionGracePeriodSeconds: grace,
    ...(deletionTimestamp === undefined && target.type.countsGenerations
      ? { generation: (live.metadata.generation ?? 0) + 1 }
      : {}),
  });
  const stored = tx.put(keyOf(target), terminating(marked, target));
  return { object: stored, isGone: false };
}

function checkPreconditions(
  { metadata }: KubeObject,
  target: Target,
  { uid, resourceVersion }: Deleting["options"],
): void {
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      target,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ""}`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      target,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ""}`,
    );
}

/** Finalizers that hold the object from now on: its own, and one for those who collect what it owns. */
function heldBy(
  { metadata }: KubeObject,
  { type }: Target,
  { propagation }: Deleting["options"],
): readonly string[] {
  const own = (metadata.finalizers ?? []).filter(
    (one) => propagation === undefined || !["orphan", "foregroundDeletion"].includes(one),
  );
  if (propagation === "Orphan") return [...own, "orphan"];
  if (propagation === "Foreground" && type.kind !== "Namespace")
    return [...own, "foregroundDeletion"];
  return own;
}

/** Only a Pod that somebody runs has time to end. */
function graceOf(
  live: KubeObject,
  { type }: Target,
  { graceSeconds }: Deleting["options"],
): number {
  if (type.custom || type.kind !== "Pod") return 0;
  const phase = fieldAt(live, "status", "phase");
  const isRun = typeof fieldAt(live, "spec", "nodeName") === "string";
  if (!isRun || phase === "Succeeded" || phase === "Failed") return 0;
  const own = fieldAt(live, "spec", "terminationGracePeriodSeconds");
  return Math.max(0, graceSeconds ?? (typeof own === "number" ? own : 30));
}

/** A namespace goes when nothing is in it any more. */
function mustBeEmptied(live: KubeObject, { type }: Target): boolean {
  return (
    !type.custom && type.kind === "Namespace" && fieldAt(live, "spec", "finalizers") !== undefined
  );
}

function terminating(object: KubeObject, { type }: Target): KubeObject {
  if (type.custom || type.kind !== "Namespace") return object;
  return { ...object, status: { ...objectOr(object["status"]), phase: "Terminating" } };
}

/** What a deletion answers when the object is gone. */
export function deletedStatus({ metadata }: KubeObject, { type }: Target): KubeObject {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name ?? "",
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.plural,
      uid: metadata.uid ?? "",
    },
  };
}

/** Refuses a namespace that has to stay. */
export function refuseFixedNamespace({ type, name }: Target): void {
  if (type.custom || type.kind !== "Namespace") return;
  if (!["default", "kube-system", "kube-public"].includes(name)) return;
  throw forbidden({ type, name }, "this namespace may not be deleted");
}
