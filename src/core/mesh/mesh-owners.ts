/** Who else sets what the mesh reads: a GitOps controller that owns an annotation puts it back after a failover, in the middle of the night. */
import type { JsonObject } from "../kernel/json.ts";
import { affinityAnnotation, type MeshAnnotation, sharedAnnotation } from "./mesh-annotations.ts";

/** The part of an entry of `metadata.managedFields` that is looked at. */
export type ManagedEntry = {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1?: JsonObject;
};

export type AnnotationOwner = { readonly annotation: MeshAnnotation; readonly manager: string };

/** What changes with every failover; whether a Service is global does not, and may be anybody's. */
const moving = [sharedAnnotation, affinityAnnotation] as const;

/** Owners other than us of what has to move, in the order of the annotations. */
export function foreignOwners(
  entries: readonly ManagedEntry[],
  ourManager: string,
): readonly AnnotationOwner[] {
  const others = entries.filter(({ manager }) => manager !== ourManager);
  return moving.flatMap((annotation) =>
    others
      .filter(({ fieldsV1 }) => owns(fieldsV1, annotation))
      .map(({ manager }) => ({ annotation, manager })),
  );
}

function owns(fields: JsonObject | undefined, annotation: MeshAnnotation): boolean {
  const path = ["f:metadata", "f:annotations", `f:${annotation}`];
  let at: unknown = fields;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !(key in at)) return false;
    at = (at as JsonObject)[key]; // Managed fields are an object of objects.
  }
  return true;
}

/** What a person is told of it. */
export function ownersText(service: string, owners: readonly AnnotationOwner[]): string | null {
  const [first] = owners;
  if (first === undefined) return null;
  const managers = [...new Set(owners.map(({ manager }) => manager))].join(", ");
  const names = [...new Set(owners.map(({ annotation }) => annotation))].join(", ");
  return `${names} of the Service ${service} belongs to ${managers}, which puts it back after a failover: take it out of what that applies`;
}
