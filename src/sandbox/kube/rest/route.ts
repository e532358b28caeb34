/** From a path to what it means: a kind and a place, or a document about the API itself. */

import type { Target } from "../admission/asker.ts";
import type { ResourceType } from "../objects/resource-type.ts";
import type { TypesRegistry } from "../objects/types-registry.ts";

export type Route =
  | { readonly kind: "resource"; readonly target: Target }
  /** The path is below an API group; its kind is unknown. */
  | { readonly kind: "unknown" }
  | { readonly kind: "document"; readonly path: string };

/** What the path means, by the kinds that there are. */
export function routeOf(path: string, registry: TypesRegistry): Route {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const isCore = parts[0] === "api" && parts[1] === "v1";
  const isGroup = parts[0] === "apis";
  const rest = parts.slice(isCore ? 2 : 3);
  if ((!isCore && !isGroup) || rest.length === 0)
    return { kind: "document", path: `/${parts.join("/")}` };
  const [group = "", version = ""] = isCore ? ["", "v1"] : parts.slice(1, 3);
  const find = (plural: string): ResourceType | undefined => registry.find(group, version, plural);
  return resourceRoute(rest, find) ?? { kind: "unknown" };
}

function resourceRoute(
  rest: readonly string[],
  find: (plural: string) => ResourceType | undefined,
): Route | undefined {
  const [first = "", second, third] = rest;
  // Below a namespace, unless it is the namespace itself or its status.
  if (first === "namespaces" && second !== undefined && third !== undefined) {
    const type = find(third);
    if (type?.namespaced === true) return placed(type, second, rest.slice(3));
  }
  const type = find(first);
  return type === undefined ? undefined : placed(type, "", rest.slice(1));
}

function placed(type: ResourceType, namespace: string, rest: readonly string[]): Route | undefined {
  const [name = "", subresource = "", ...more] = rest;
  if (more.length > 0) return undefined;
  // A kind of namespaces is found below one, or all of them are listed.
  if (type.namespaced && namespace === "" && name !== "") return undefined;
  return { kind: "resource", target: { type, namespace, name, subresource } };
}
