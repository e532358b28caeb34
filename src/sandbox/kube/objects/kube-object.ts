/** Objects as the API server keeps them: plain JSON whose metadata has a known form. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";

export type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

export type ManagedFieldsEntry = {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
};

export type ObjectMeta = {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
  readonly [other: string]: Json;
};

export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: Json;
};

/** Whether it is an object of JSON: no list, no scalar, not null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object itself, or an empty one. */
export function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The list itself, or an empty one. */
export function listOr(value: Json | undefined): readonly Json[] {
  // Array.isArray does not narrow readonly lists.
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The value at a path of fields; undefined where one of them is missing. */
export function fieldAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value;
  for (const field of path) {
    if (!isObject(here) || !Object.hasOwn(here, field)) return undefined;
    here = here[field];
  }
  return here;
}

/** The object without some of its fields. */
export function without<T extends JsonObject>(object: T, ...fields: readonly string[]): T {
  const left = Object.entries(object).filter(([field]) => !fields.includes(field));
  return Object.fromEntries(left) as T; // Only optional fields are taken away by callers.
}

/** The object with other metadata. */
export function withMetadata(object: KubeObject, changed: ObjectMeta): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...changed } };
}

/** `2026-11-21T23:45:01Z`, as Kubernetes writes instants. */
export function kubeTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}
