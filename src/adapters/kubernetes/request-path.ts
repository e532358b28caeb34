/** Paths and queries of an API server (Kubernetes API concepts, *Resource URIs*). */
import type { Place, ResourceKind } from "../../control/kubernetes/kube-object.ts";
import { assert } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The path of a kind's collection; without a namespace that of all namespaces, or of the cluster. */
export function collectionPath(kind: ResourceKind, namespace: string | undefined): string {
  assert(
    namespace === undefined || kind.scope === "Namespaced",
    `${kind.kind} belongs to the cluster and has no namespace`,
  );
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const within = namespace === undefined ? "" : `/namespaces/${segment(namespace)}`;
  return `${root}${within}/${kind.plural}`;
}

/** The path of one object, or of a part of it. */
export function objectPath(kind: ResourceKind, place: Place, subresource?: string): string {
  assert(
    (place.namespace === undefined) === (kind.scope === "Cluster"),
    `an object of ${kind.kind} is named with its namespace exactly when it has one`,
  );
  const path = `${collectionPath(kind, place.namespace)}/${segment(place.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?a=1&b=2` out of what is set, in order; empty when nothing is. */
export function queryOf(query: Query): string {
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null || value === false
      ? []
      : [`${name}=${encodeURIComponent(value === true ? "true" : value)}`],
  );
  return set.length === 0 ? "" : `?${set.join("&")}`;
}

/**
 * A name as a part of a path. Fails with NameInvalid for what no object can be called (apimachinery's path segment names), so that no
 * name out of a document leads to another path.
 */
function segment(name: string): string {
  const isName =
    name !== "" && name.length <= 253 && name !== "." && name !== ".." && !/[/%]/.test(name);
  if (isName && !/\p{Surrogate}/u.test(name)) return encodeURIComponent(name);
  throw new Failure("NameInvalid", "no object of Kubernetes can have such a name", {
    where: JSON.stringify(name.slice(0, 80)),
  });
}
