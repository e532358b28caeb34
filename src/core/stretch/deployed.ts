/** What runs on one Kubernetes cluster, as far as the rule *no stretched clusters* (SRE handbook §2.2) asks about it. */
import type { Json, JsonObject } from "../kernel/json.ts";
import { isSchema as isObject } from "../resources/json-schema.ts";

export type DeployedObject = {
  /** Group alone, empty for the core one. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** null for what belongs to the whole cluster. */
  readonly namespace: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Who made it, such as the StatefulSet of a Pod. */
  readonly owner: { readonly kind: string; readonly name: string } | null;
  readonly spec: JsonObject;
};

/** A region of the Sovereign, and by what a member there is known. */
export type KnownRegion = { readonly cluster: string; readonly addresses: readonly string[] };

export type Deployed = {
  /** Name of the cluster that was read; null when nobody said. */
  readonly cluster: string | null;
  readonly objects: readonly DeployedObject[];
  readonly regions: readonly KnownRegion[];
};

/** What Kubernetes calls the region of a node. */
export const regionLabel = "topology.kubernetes.io/region";

/** `StatefulSet vault/openbao`. */
export function nameOf({ kind, namespace, name }: DeployedObject): string {
  return `${kind} ${namespace === null ? "" : `${namespace}/`}${name}`;
}

/** The value at a path, undefined where there is none. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (here, key) => (isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined),
    value,
  );
}

/** The objects of a list; none where there is no list. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json) => isObject(item)) : [];
}
