/**
 * Sets of fields, as managers own them (structured-merge-diff, fieldpath; KEP-555): `f:spec`, `k:{"name":"web"}`, `v:"x"`. A set is kept as
 * texts of paths; FieldsV1 is its form on the wire.
 */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { canonicalJson } from "../../../core/kernel/json.ts";
import { isObject, listOr, objectOr } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, resolved, type Schema } from "../objects/schema.ts";

/** Elements of a path, joined; an element never holds a line break. */
export type FieldSet = ReadonlySet<string>;

const separator = "\n";

export const joined = (path: string, element: string): string =>
  path === "" ? element : `${path}${separator}${element}`;

export const elementsOf = (path: string): readonly string[] => path.split(separator);

/** The set of a manager. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set = new Set<string>();
  const walk = (tree: JsonObject, path: string): void => {
    for (const [element, inner] of Object.entries(tree)) {
      if (element === ".") {
        set.add(path);
        continue;
      }
      const at = joined(path, element);
      if (!isObject(inner) || Object.keys(inner).length === 0) set.add(at);
      else walk(inner, at);
    }
  };
  walk(fields, "");
  return set;
}

type Tree = { [element: string]: Tree };

/** The set as it stands in `managedFields`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const tree: Tree = {};
  for (const path of [...set].sort()) {
    let here = tree;
    for (const element of elementsOf(path)) {
      here[element] ??= {};
      here = here[element];
    }
  }
  // What is a member and has members below says so with a dot.
  const marked = (node: Tree, path: string): JsonObject => {
    const inner = Object.keys(node)
      .sort()
      .map((element) => [element, marked(node[element] ?? {}, joined(path, element))] as const);
    const isMember = path !== "" && set.has(path) && inner.length > 0;
    return Object.fromEntries(isMember ? [[".", {}], ...inner] : inner);
  };
  return marked(tree, "");
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  return new Set(sets.flatMap((set) => [...set]));
}

export function difference(set: FieldSet, other: FieldSet): FieldSet {
  return new Set([...set].filter((path) => !other.has(path)));
}

export function intersection(set: FieldSet, other: FieldSet): FieldSet {
  return new Set([...set].filter((path) => other.has(path)));
}

/** How a value is owned: as one, field by field, or item by item. */
export type Shape = "scalar" | "atomic" | "fields" | "items";

export function shapeOf(value: Json | undefined, schema: Schema): Shape {
  if (Array.isArray(value)) {
    const type = schema["x-kubernetes-list-type"];
    return type === "set" || type === "map" ? "items" : "atomic";
  }
  if (!isObject(value)) return "scalar";
  if (schema["x-kubernetes-map-type"] === "atomic") return "atomic";
  return "fields";
}

/** The element that names an item of a list. */
export function itemElement(item: Json, schema: Schema): string {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || keys === undefined || !isObject(item))
    return `v:${canonicalJson(item)}`;
  const items = itemSchema(schema);
  const named = keys.flatMap((key): [string, Json][] => {
    const value = item[key] ?? keyDefault(key, items);
    return value === undefined || value === null ? [] : [[key, value]];
  });
  return `k:${canonicalJson(Object.fromEntries(named))}`;
}

/** Keys that may be left out have defaults in Kubernetes itself. */
function keyDefault(key: string, items: Schema): Json | undefined {
  return fieldSchema(items, key)?.default ?? (key === "protocol" ? "TCP" : undefined);
}

/** Every field that a value sets, below `path`. */
export function fieldsOf(value: Json, given: Schema, path = ""): FieldSet {
  const set = new Set<string>();
  collect(value, resolved(given), path, set);
  return set;
}

function collect(value: Json, schema: Schema, path: string, set: Set<string>): void {
  switch (shapeOf(value, schema)) {
    case "fields":
      for (const [field, inner] of Object.entries(objectOr(value))) {
        const at = joined(path, `f:${field}`);
        collect(inner, fieldSchema(schema, field) ?? {}, at, set);
        const isEmpty = inner === null || (isObject(inner) && Object.keys(inner).length === 0);
        if (isEmpty || !Object.hasOwn(schema.properties ?? {}, field)) set.add(at);
      }
      return;
    case "items":
      for (const item of listOr(value)) {
        const at = joined(path, itemElement(item, schema));
        collect(item, itemSchema(schema), at, set);
        set.add(at);
      }
      return;
    default:
      set.add(path);
  }
}
