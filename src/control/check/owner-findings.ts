/** Who else sets the fields that a failover moves, out of `managedFields` (Kubernetes, *Server-Side Apply*): what GitOps owns, it puts back. */
import {
  globalAnnotation,
  meshAnnotations,
  meshValuesOf,
} from "../../core/mesh/mesh-annotations.ts";
import { at } from "../../core/stretch/deployed.ts";
import type { KubeObject, ManagedFields } from "../kubernetes/kube-object.ts";
import { documentOf } from "./deployed-objects.ts";
import { type Finding, fine } from "./finding.ts";
import { objectsOf, type PlatformReading } from "./read-platform.ts";

type Moved = { readonly field: string; readonly path: readonly string[] };

/** What moves with the role of a CloudNativePG Cluster (facts of failover §2). */
const roleFields: readonly Moved[] = ["primary", "source", "promotionToken"].map((name) => ({
  field: `spec.replica.${name}`,
  path: ["f:spec", "f:replica", `f:${name}`],
}));

/** What moves with a Service of a mesh; that it is global stays. */
const meshFields: readonly Moved[] = meshAnnotations
  .filter((name) => name !== globalAnnotation)
  .map((name) => ({
    field: `metadata.annotations[${name}]`,
    path: ["f:metadata", "f:annotations", `f:${name}`],
  }));

/** Controllers that write again what somebody else changed. */
const gitOps = /^(?:kustomize-controller|helm-controller|flux|argocd|argo-cd|fleet|config-sync)/i;

/** Findings about every Cluster and every global Service that was read; `managed` are the documents that a failover group of this region has. */
export function ownerFindings(
  reading: PlatformReading,
  managed: ReadonlySet<string>,
): readonly Finding[] {
  const ownersOf = (one: KubeObject, moved: readonly Moved[]): readonly Finding[] =>
    ownersOfOne(one, moved, managed.has(documentOf(one)));
  const isGlobal = ({ metadata }: KubeObject): boolean =>
    meshValuesOf(metadata.annotations ?? {}).global;
  return [
    ...objectsOf(reading, "postgresCluster").flatMap((one) => ownersOf(one, roleFields)),
    ...objectsOf(reading, "service")
      .filter(isGlobal)
      .flatMap((one) => ownersOf(one, meshFields)),
  ];
}

function ownersOfOne(
  object: KubeObject,
  moved: readonly Moved[],
  isManaged: boolean,
): readonly Finding[] {
  const document = documentOf(object);
  const entries = (object.metadata.managedFields ?? []).filter(
    ({ manager, subresource }) => subresource === undefined && !manager.startsWith("sovereign-"),
  );
  const owned = entries.flatMap((entry) =>
    moved
      .filter(({ path }) => at(entry.fieldsV1, ...path) !== undefined)
      .map(({ field }) => ownedBy({ document, field, isManaged }, entry)),
  );
  if (owned.length > 0) return owned;
  const managers = [...new Set(entries.map(({ manager }) => manager))];
  const whole = managers.some((manager) => gitOps.test(manager));
  const because = `nobody else owns the fields that a failover moves${whole ? `; the rest is of ${managers.join(", ")}` : ""}`;
  return [fine("owners", "FieldsFree", { document, because })];
}

type Place = { readonly document: string; readonly field: string; readonly isManaged: boolean };

function ownedBy({ document, field, isManaged }: Place, entry: ManagedFields): Finding {
  const { manager, operation } = entry;
  // Whoever applies applies again; whoever updated by hand once does not.
  const comesAgain = operation === "Apply" || gitOps.test(manager);
  return {
    area: "owners",
    // What no group has is moved by nobody.
    level: comesAgain && isManaged ? "stop" : "look",
    reason: "FieldOwned",
    document,
    field,
    because: comesAgain
      ? `${manager} owns it (${operation}) and puts it back after a failover${isManaged ? "" : "; no failover group that is known here has it"}`
      : `${manager} wrote it (${operation})`,
    remedy: remedyOf(manager, comesAgain, isManaged),
  };
}

function remedyOf(manager: string, comesAgain: boolean, isManaged: boolean): string {
  if (!comesAgain) return "Nothing, when that was by hand: Sovereign takes the field over.";
  const free = `Take the field out of what ${manager} applies; Sovereign sets it.`;
  return isManaged ? free : `Nothing, unless an agent's configuration names it. Then: ${free}`;
}
