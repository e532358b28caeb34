/** One change of one object: what the log keeps, and what watches are told. */
import type { KubeObject } from "../objects/kube-object.ts";

/** Where an object is kept. `resource` is `plural.group`; the namespace of what belongs to the cluster is empty. */
export type ObjectKey = {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
};

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

export type Change = {
  readonly resourceVersion: number;
  readonly type: ChangeType;
  readonly key: ObjectKey;
  /** As it is after the change; what was deleted is as it was, with the version of its deletion. */
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
};

/** One text for a key, in the order in which lists show objects. */
export function keyText({ resource, namespace, name }: ObjectKey): string {
  return `${resource}\u0000${namespace}\u0000${name}`;
}
