/** Merging a declared object into the present one, and taking fields out (structured-merge-diff, typed/merge.go and remove.go). */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject, listOr, objectOr } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, resolved, type Schema } from "../objects/schema.ts";
import { itemsByElement } from "./compare-fields.ts";
import { elementsOf, type FieldSet, itemElement, joined, shapeOf } from "./field-set.ts";

/** What is declared wins; what is not stays. */
export function mergeDeclared(live: Json | undefined, declared: Json, given: Schema): Json {
  const schema = resolved(given);
  const shape = shapeOf(declared, schema);
  if (shape === "fields" && isObject(live)) {
    const merged: Record<string, Json> = { ...live };
    for (const [field, value] of Object.entries(objectOr(declared)))
      merged[field] = mergeDeclared(live[field], value, fieldSchema(schema, field) ?? {});
    return merged;
  }
  if (shape !== "items" || !Array.isArray(live)) return declared;
  return mergeItems(listOr(live), listOr(declared), schema);
}

function mergeItems(live: readonly Json[], declared: readonly Json[], schema: Schema): Json {
  const wanted = itemsByElement(declared, schema);
  const known = itemsByElement(live, schema);
  const items = itemSchema(schema);
  const kept = live.map((item) => {
    const over = wanted.get(itemElement(item, schema));
    return over === undefined ? item : mergeDeclared(item, over, items);
  });
  return [...kept, ...declared.filter((item) => !known.has(itemElement(item, schema)))];
}

/** The value without the fields of the set, and without what holds nothing any more because of that. */
export function removeFields(value: Json, remove: FieldSet, given: Schema): Json {
  if (remove.size === 0) return value;
  const touched = new Set([...remove].flatMap(ancestorsOf));
  return strip(value, { schema: resolved(given), path: "", remove, touched }) ?? {};
}

/** A path and all above it. */
export function ancestorsOf(path: string): readonly string[] {
  const elements = elementsOf(path);
  return elements.map((_, index) => elements.slice(0, index + 1).join("\n"));
}

type Stripping = {
  readonly schema: Schema;
  readonly path: string;
  readonly remove: FieldSet;
  readonly touched: FieldSet;
};

function strip(value: Json, at: Stripping): Json | undefined {
  const { schema, path, remove, touched } = at;
  if (remove.has(path)) return undefined;
  if (path !== "" && !touched.has(path)) return value;
  const shape = shapeOf(value, schema);
  if (shape === "fields") {
    const left = Object.entries(objectOr(value)).flatMap(([field, inner]) => {
      const below = {
        ...at,
        schema: fieldSchema(schema, field) ?? {},
        path: joined(path, `f:${field}`),
      };
      const kept = strip(inner, below);
      return kept === undefined ? [] : [[field, kept] as const];
    });
    return left.length === 0 ? undefined : Object.fromEntries(left);
  }
  if (shape !== "items") return value;
  const left = listOr(value).flatMap((item) => {
    const below = {
      ...at,
      schema: itemSchema(schema),
      path: joined(path, itemElement(item, schema)),
    };
    const kept = strip(item, below);
    return kept === undefined ? [] : [kept];
  });
  return left.length === 0 ? undefined : left;
}
