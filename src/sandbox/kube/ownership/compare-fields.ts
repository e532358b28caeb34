/** What differs between two values, field by field as managers own them (structured-merge-diff, typed/compare.go). */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { isSameJson } from "../../../core/kernel/json.ts";
import { isObject, listOr } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, resolved, type Schema } from "../objects/schema.ts";
import { type FieldSet, itemElement, joined, shapeOf } from "./field-set.ts";

export type Comparison = {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
};

type Sets = { readonly [kind in keyof Comparison]: Set<string> };

/** From `before` to `after`. */
export function compareFields(before: Json, after: Json, schema: Schema): Comparison {
  const sets = {
    added: new Set<string>(),
    modified: new Set<string>(),
    removed: new Set<string>(),
  };
  compare(before, after, { schema: resolved(schema), path: "", sets });
  return sets;
}

type Place = { readonly schema: Schema; readonly path: string; readonly sets: Sets };

function compare(before: Json | undefined, after: Json | undefined, place: Place): void {
  const { schema, path, sets } = place;
  // Null takes the form of the other one.
  const shapes = [before, after].flatMap((value) =>
    value === undefined || value === null ? [] : [shapeOf(value, schema)],
  );
  const isGranular = (shape: string): boolean => shape === "fields" || shape === "items";
  const isLeaf =
    !shapes.every(isGranular) || new Set(shapes).size > 1 || (isNone(before) && isNone(after));
  if (isLeaf) {
    if (before === undefined) sets.added.add(path);
    else if (after === undefined) sets.removed.add(path);
    else if (!isSameJson(before, after)) sets.modified.add(path);
    return;
  }
  if (shapes.includes("fields")) compareObjects(before, after, place);
  else compareItems(before, after, place);
  if (path === "") return;
  if (before === undefined) sets.added.add(path);
  else if (after === undefined) sets.removed.add(path);
}

const isNone = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

function compareObjects(before: Json | undefined, after: Json | undefined, place: Place): void {
  const [old, now]: JsonObject[] = [before, after].map((value) => (isObject(value) ? value : {}));
  for (const field of new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]))
    compare(old?.[field], now?.[field], {
      ...place,
      schema: fieldSchema(place.schema, field) ?? {},
      path: joined(place.path, `f:${field}`),
    });
}

function compareItems(before: Json | undefined, after: Json | undefined, place: Place): void {
  const [old, now] = [before, after].map((value) => itemsByElement(value, place.schema));
  const schema = itemSchema(place.schema);
  for (const element of new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]))
    compare(old?.get(element), now?.get(element), {
      ...place,
      schema,
      path: joined(place.path, element),
    });
}

/** The items of a list by what names them. */
export function itemsByElement(value: Json | undefined, schema: Schema): ReadonlyMap<string, Json> {
  return new Map(listOr(value).map((item) => [itemElement(item, schema), item]));
}
