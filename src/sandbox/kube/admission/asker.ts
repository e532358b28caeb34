/** Who asks for what: the parts of a request that every verb needs. */
import type { ResourceType } from "../objects/resource-type.ts";
import type { ObjectKey } from "../store/change.ts";

export type User = {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
};

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export type Asker = {
  readonly user: User;
  /** Field manager: as the request says, else what its user agent begins with. */
  readonly manager: string;
  readonly fieldValidation: FieldValidation;
  readonly dryRun: boolean;
  readonly nowMs: number;
  /** Takes warnings for whoever asked. */
  readonly warn: (text: string) => void;
};

export type Target = {
  readonly type: ResourceType;
  /** Empty for what belongs to the cluster, and for all namespaces. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
  readonly subresource: string;
};

/** Where objects of a kind are kept. */
export function storeName({ group, plural }: Pick<ResourceType, "group" | "plural">): string {
  return `${plural}.${group}`;
}

export function keyOf({ type, namespace, name }: Omit<Target, "subresource">): ObjectKey {
  return { resource: storeName(type), namespace, name };
}
