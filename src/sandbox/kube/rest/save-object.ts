/** Storing a new or changed object: the common end of every write (registry/generic, store.go). All of it happens in one transaction. */
import { randomBytes, randomUUID } from "node:crypto";
import { isSameJson, type Json } from "../../../core/kernel/json.ts";
import { admit } from "../admission/admit.ts";
import { type Asker, keyOf, storeName, type Target } from "../admission/asker.ts";
import { withClusterAddress } from "../built-in/service-address.ts";
import { prepareChanged, prepareNew } from "../built-in/strategies.ts";
import { builtInType } from "../objects/built-in-types.ts";
import {
  fieldAt,
  type KubeObject,
  kubeTime,
  type ObjectMeta,
  withMetadata,
  without,
} from "../objects/kube-object.ts";
import { apiVersionOf, type ResourceType } from "../objects/resource-type.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  modifiedMeanwhile,
  notFound,
  StatusError,
} from "../objects/status-error.ts";
import { ownUpdated, type Writer } from "../ownership/own-fields.ts";
import type { Transaction } from "../store/object-store.ts";
import { checkObject } from "./check-object.ts";

export type Saving = {
  readonly tx: Transaction;
  readonly target: Target;
  readonly asker: Asker;
  /** Managers were settled by an apply already. */
  readonly isOwned?: boolean;
};

/** The writer that a request is, for who owns what. */
export function writerOf(
  { type, subresource }: Target,
  asker: Asker,
  operation: "Apply" | "Update",
): Writer {
  const hasStatus = type.subresources.includes("status");
  return {
    id: { name: asker.manager, operation, apiVersion: apiVersionOf(type), subresource },
    time: kubeTime(asker.nowMs),
    schema: type.schema,
    custom: type.custom,
    ignored: !hasStatus
      ? []
      : subresource === "status"
        ? type.custom
          ? ["f:spec", "f:metadata"]
          : ["f:spec", "f:metadata\nf:labels"]
        : ["f:status"],
  };
}

/** Stores a new object. Refuses with 404 (namespace), 409, 422, or what a policy says. */
export function saveNew(given: KubeObject, saving: Saving): KubeObject {
  const { tx, target, asker, isOwned = false } = saving;
  const { type } = target;
  const { name: wanted = "", generateName = "" } = given.metadata;
  const name = wanted === "" && generateName !== "" ? generateName + suffix() : wanted;
  checkNames(given, { ...target, name: target.name === "" ? name : target.name });
  requireNamespace(saving, name);
  const metadata: ObjectMeta = {
    ...without(given.metadata, "resourceVersion", "deletionTimestamp", "generation"),
    ...(name === "" ? {} : { name }),
    ...(type.namespaced ? { namespace: target.namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: kubeTime(asker.nowMs),
    ...(type.countsGenerations ? { generation: 1 } : {}),
  };
  if (given.metadata.resourceVersion !== undefined && given.metadata.resourceVersion !== "")
    throw new StatusError({
      code: 500,
      message: "resourceVersion should not be set on objects to be created",
    });
  const named = { ...given, metadata };
  const owned = isOwned ? named : ownUpdated(undefined, named, writerOf(target, asker, "Update"));
  const prepared = addressed(prepareNew(owned, type), type, tx);
  checkObject(prepared, undefined, type);
  admit({ ...saving, operation: "CREATE", object: prepared, oldObject: undefined });
  const key = keyOf({ ...target, name });
  if (tx.get(key) !== undefined) throw alreadyExists({ type, name });
  return tx.put(key, prepared);
}

/** Letters and digits that make no words. */
const letters = "bcdfghjklmnpqrstvwxz2456789";

const suffix = (): string =>
  [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join("");

function addressed(object: KubeObject, type: ResourceType, tx: Transaction): KubeObject {
  if (type.custom || type.kind !== "Service") return object;
  return withClusterAddress(object, tx.list(storeName(type)));
}

/** Name and namespace of a body are those of the path. */
function checkNames({ metadata }: KubeObject, target: Target): void {
  const { name, namespace } = metadata;
  if (target.type.namespaced && namespace !== undefined && namespace !== target.namespace)
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  if (target.name !== "" && name !== undefined && name !== target.name)
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
}

function requireNamespace({ tx, target }: Saving, name: string): void {
  const { type, namespace } = target;
  if (!type.namespaced) return;
  const namespaces = builtInType("Namespace");
  const found = tx.get(keyOf({ type: namespaces, namespace: "", name: namespace }));
  if (found === undefined) throw notFound({ type: namespaces, name: namespace });
  if (found.metadata.deletionTimestamp === undefined) return;
  const because = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  throw forbidden({ type, name }, because, [
    { reason: "NamespaceTerminating", message, field: "metadata.namespace" },
  ]);
}

/** The present object. Refuses with 404. */
export function requireLive({ tx, target }: Pick<Saving, "tx" | "target">): KubeObject {
  const live = tx.get(keyOf(target));
  if (live === undefined) throw notFound(target);
  return live;
}

/** Kinds of which nothing is overwritten unseen. */
const neverBlind = ["Lease", "PodDisruptionBudget", "CustomResourceDefinition"];

/** Stores a changed object; one that says the same changes nothing. Refuses with 409, 422, or what a policy says. */
export function saveChanged(given: KubeObject, live: KubeObject, saving: Saving): KubeObject {
  const { tx, target, asker, isOwned = false } = saving;
  const { type } = target;
  checkNames(given, target);
  checkVersion(given, live, target);
  const metadata: ObjectMeta = {
    ...given.metadata,
    ...keptMetadata(live.metadata),
    ...(type.namespaced ? { namespace: target.namespace } : {}),
    name: target.name,
  };
  const restored = { ...given, metadata: withoutUnset(metadata, live.metadata) };
  const owned = isOwned ? restored : ownUpdated(live, restored, writerOf(target, asker, "Update"));
  const prepared = prepareChanged(owned, live, target);
  const changed = withMetadata(prepared, generationOf(prepared, live, target));
  checkFinalizers(changed, live, target);
  checkObject(changed, live, type);
  admit({ ...saving, operation: "UPDATE", object: changed, oldObject: live });
  if (isSameJson(changed, live)) return live;
  const stored = tx.put(keyOf(target), changed);
  const { deletionTimestamp, finalizers = [] } = stored.metadata;
  const isHeld = finalizers.length > 0 || !isEmptyNamespace(stored, type);
  if (deletionTimestamp === undefined || isHeld || isGraceful(stored, type)) return stored;
  return tx.remove(keyOf(target));
}

const isEmptyNamespace = (object: KubeObject, type: ResourceType): boolean =>
  type.custom || type.kind !== "Namespace" || fieldAt(object, "spec", "finalizers") === undefined;

/** A Pod that has time to end is removed by whoever runs it. */
const isGraceful = ({ metadata }: KubeObject, type: ResourceType): boolean =>
  !type.custom && type.kind === "Pod" && (metadata.deletionGracePeriodSeconds ?? 0) > 0;

function checkVersion({ metadata }: KubeObject, live: KubeObject, { type, name }: Target): void {
  const { resourceVersion = "", uid } = metadata;
  if (resourceVersion === "" && (type.custom || neverBlind.includes(type.kind)))
    throw invalid({ type, name }, [
      {
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
        field: "metadata.resourceVersion",
      },
    ]);
  if (uid !== undefined && uid !== live.metadata.uid)
    throw conflict(
      { type, name },
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ""}`,
    );
  if (resourceVersion !== "" && resourceVersion !== live.metadata.resourceVersion)
    throw conflict({ type, name }, modifiedMeanwhile);
}

/** What only the server sets; the rest is as the body says. */
function keptMetadata(live: ObjectMeta): ObjectMeta {
  const { uid, creationTimestamp, resourceVersion, generation } = live;
  const { deletionTimestamp, deletionGracePeriodSeconds, generateName } = live;
  const kept = {
    ...{ uid, creationTimestamp, resourceVersion, generation },
    ...{ deletionTimestamp, deletionGracePeriodSeconds, generateName },
  };
  const set = Object.entries(kept).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as ObjectMeta; // Its own fields, those that are there.
}

function withoutUnset(metadata: ObjectMeta, live: ObjectMeta): ObjectMeta {
  const serverOnly = ["generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];
  return without(metadata, ...serverOnly.filter((field) => live[field] === undefined));
}

function generationOf(
  changed: KubeObject,
  live: KubeObject,
  { type, subresource }: Target,
): ObjectMeta {
  if (!type.countsGenerations || subresource === "status") return {};
  const asked = (object: KubeObject): Json =>
    type.custom
      ? without(object, "metadata", ...(type.subresources.includes("status") ? ["status"] : []))
      : (object["spec"] ?? null);
  const isSame = isSameJson(asked(changed), asked(live));
  return { generation: (live.metadata.generation ?? 0) + (isSame ? 0 : 1) };
}

function checkFinalizers(changed: KubeObject, live: KubeObject, target: Target): void {
  if (live.metadata.deletionTimestamp === undefined) return;
  const before = live.metadata.finalizers ?? [];
  const added = (changed.metadata.finalizers ?? []).filter((one) => !before.includes(one));
  if (added.length === 0) return;
  const shown = `[]string{${added.map((one) => JSON.stringify(one)).join(", ")}}`;
  throw invalid(target, [
    {
      reason: "FieldValueForbidden",
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
      field: "metadata.finalizers",
    },
  ]);
}
