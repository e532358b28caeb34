/** A kind of resource that the server knows: built in, or by a CRD. */
import type { Schema } from "./schema.ts";

export type PrinterColumn = {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
};

export type Subresource = "status" | "scale" | "eviction";

export type ResourceType = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly subresources: readonly Subresource[];
  readonly schema: Schema;
  /** Defined by a CRD. */
  readonly custom: boolean;
  /** Whether `metadata.generation` counts changes of what is asked for. */
  readonly countsGenerations: boolean;
  /** Of a CRD; built-in kinds have a renderer. */
  readonly columns: readonly PrinterColumn[];
  /** Where scale finds its numbers, as `.spec.replicas`. */
  readonly scalePaths?: {
    readonly spec: string;
    readonly status: string;
    readonly selector?: string;
  };
  /** Fields that a field selector may name beside name and namespace. */
  readonly selectableFields: readonly string[];
};

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf({ group, version }: Pick<ResourceType, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `deployments.apps`, as messages name it. */
export function qualifiedResource({
  group,
  plural,
}: Pick<ResourceType, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** `Deployment.apps`, as messages of wrong objects name it. */
export function qualifiedKind({ group, kind }: Pick<ResourceType, "group" | "kind">): string {
  return group === "" ? kind : `${kind}.${group}`;
}
