/**
 * Who else sets the fields by which a role moves, out of `managedFields` (Kubernetes, *Server-Side Apply*). What GitOps applies it applies
 * again: a promotion whose field stands in Git is taken back within minutes (facts of failover §0.8).
 */
import type { ManagedFields } from "../../control/kubernetes/kube-object.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";

export type FieldHolder = {
  readonly field: string;
  readonly manager: string;
  readonly does: string;
};

/** The path of each in `fieldsV1`. */
const roleFields: Readonly<Record<string, readonly string[]>> = {
  "spec.replica.primary": ["f:spec", "f:replica", "f:primary"],
  "spec.replica.promotionToken": ["f:spec", "f:replica", "f:promotionToken"],
  "spec.postgresql.synchronous": ["f:spec", "f:postgresql", "f:synchronous"],
  "spec.switchoverDelay": ["f:spec", "f:switchoverDelay"],
};

/** Everybody who holds one of them, us included. */
export function holdersOf(managed: readonly ManagedFields[]): readonly FieldHolder[] {
  return managed.flatMap(({ manager, operation, fieldsV1, subresource }) =>
    fieldsV1 === undefined || subresource !== undefined
      ? []
      : Object.entries(roleFields)
          .filter(([, path]) => holds(fieldsV1, path))
          .map(([field]) => ({ field, manager, does: operation })),
  );
}

function holds(fields: JsonObject, path: readonly string[]): boolean {
  let at: Json | undefined = fields;
  for (const key of path) {
    if (at === null || typeof at !== "object" || Array.isArray(at)) return false;
    // Lists are excluded above, which the compiler does not see for readonly ones.
    at = (at as JsonObject)[key];
    if (at === undefined) return false;
  }
  return true;
}

/** Who writes by update and comes again: what these wrote once they write again. Everybody who applies does too. */
const comesAgain =
  /^(?:argocd|helm|flux|kustomize-controller|source-controller|kubectl-client-side-apply|terraform|pulumi)/i;

/** Who would take a role back, without us. */
export function rivalsOf(holders: readonly FieldHolder[], ours: string): readonly FieldHolder[] {
  return holders.filter(
    ({ manager, does }) => manager !== ours && (does === "Apply" || comesAgain.test(manager)),
  );
}

/** Whether we hold the role itself, so that who lets go of it does not take it away. */
export function isHeldBy(holders: readonly FieldHolder[], manager: string): boolean {
  return holders.some(
    (one) =>
      one.manager === manager && one.does === "Apply" && one.field === "spec.replica.primary",
  );
}
