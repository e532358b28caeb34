/** Objects as a Kubernetes API gives and takes them: metadata is known here, everything else is whoever reads it to parse. */
import type { Json, JsonObject } from "../../core/kernel/json.ts";

/** A kind of resource, as a request names it. */
export type ResourceKind = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  /** Built into Kubernetes: only those take strategic merge patches, all others answer 415 (facts of remediation §5.2). */
  readonly isBuiltIn: boolean;
};

export type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

export type ManagedFields = {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** The fields as a tree of keys such as `f:spec`. */
  readonly fieldsV1?: JsonObject;
};

export type ObjectMeta = {
  readonly name: string;
  /** Absent for what belongs to the whole cluster. */
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: two may be compared for being the same, and for nothing else. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
};

export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  /** `spec`, `status`, `data` and whatever else the kind has. */
  readonly [field: string]: Json | ObjectMeta;
};

/** Where an object is; `namespace` exactly where the kind is namespaced. */
export type Place = { readonly name: string; readonly namespace?: string };

/** A part of an object with rights and rules of its own. */
export type Subresource = "status" | "scale";

/** `group/version`, or the version alone in the core group. */
export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === "" ? version : `${group}/${version}`;
}
