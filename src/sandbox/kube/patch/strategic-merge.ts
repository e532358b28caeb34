/**
 * Strategic merge of built-in kinds (apimachinery, util/strategicpatch): lists with a merge key are merged by it, with the directives
 * `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder`.
 */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { canonicalJson } from "../../../core/kernel/json.ts";
import { isObject, listOr } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, resolved, type Schema } from "../objects/schema.ts";
import { badRequest } from "../objects/status-error.ts";

const order = "$setElementOrder/";
const deletion = "$deleteFromPrimitiveList/";

/** The object with the patch applied by the strategies of its schema. */
export function strategicMerge(value: Json, patch: Json, given: Schema): Json {
  if (!isObject(patch)) return patch;
  return mergeObject(isObject(value) ? value : {}, patch, resolved(given));
}

function mergeObject(value: JsonObject, patch: JsonObject, schema: Schema): Json {
  const directive = patch["$patch"];
  if (directive === "delete") return {};
  if (directive === "replace") return withoutDirectives(patch);
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`Unknown patch type: ${String(directive)}`);
  const merged: Record<string, Json> = { ...retained(value, patch) };
  for (const [field, wanted] of Object.entries(patch)) {
    if (field.startsWith("$")) continue;
    if (wanted === null) {
      delete merged[field];
      continue;
    }
    merged[field] = mergeField(merged[field], wanted, schema, field);
  }
  return withElementOrders(withDeletions(merged, patch), { value, patch, schema });
}

function mergeField(old: Json | undefined, wanted: Json, schema: Schema, field: string): Json {
  const known = fieldSchema(schema, field) ?? {};
  if (Array.isArray(wanted)) return mergeList(listOr(old), listOr(wanted), known);
  if (!isObject(wanted)) return wanted;
  const strategy = known["x-kubernetes-patch-strategy"] ?? "";
  if (strategy.split(",").includes("replace")) return withoutDirectives(wanted);
  return mergeObject(isObject(old) ? old : {}, wanted, known);
}

function mergeList(old: readonly Json[], wanted: readonly Json[], schema: Schema): Json {
  const strategy = (schema["x-kubernetes-patch-strategy"] ?? "").split(",");
  const replacement = wanted.find((item) => isObject(item) && item["$patch"] === "replace");
  if (replacement !== undefined) return wanted.filter((item) => item !== replacement);
  if (!strategy.includes("merge")) return wanted.map(withoutDirectives);
  const key = schema["x-kubernetes-patch-merge-key"];
  if (key === undefined) {
    const known = new Set(old.map((item) => canonicalJson(item)));
    const all = [...old, ...wanted.filter((item) => !known.has(canonicalJson(item)))];
    return ordered(all, {
      names: wanted.map(canonicalJson),
      old: old.map(canonicalJson),
      nameOf: canonicalJson,
    });
  }
  const items = itemSchema(schema);
  const merged = [...old];
  for (const item of wanted) {
    if (!isObject(item) || item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = merged.findIndex((one) => isObject(one) && one[key] === item[key]);
    if (item["$patch"] === "delete") {
      if (index >= 0) merged.splice(index, 1);
    } else if (index < 0) {
      merged.push(mergeObject({}, item, items));
    } else {
      merged[index] = strategicMerge(merged[index] ?? {}, item, items);
    }
  }
  const nameOf = (item: Json): string => nameByKey(item, key);
  return ordered(merged, { names: wanted.map(nameOf), old: old.map(nameOf), nameOf });
}

function retained(value: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch["$retainKeys"];
  if (keys === undefined) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([field]) => listOr(keys).includes(field)),
  );
}

function withDeletions(merged: Readonly<Record<string, Json>>, patch: JsonObject) {
  const changed: Record<string, Json> = { ...merged };
  for (const [directive, values] of Object.entries(patch)) {
    if (!directive.startsWith(deletion)) continue;
    const field = directive.slice(deletion.length);
    changed[field] = listOr(changed[field]).filter((item) => !listOr(values).includes(item));
  }
  return changed;
}

function withElementOrders(
  merged: Readonly<Record<string, Json>>,
  { value, patch, schema }: { value: JsonObject; patch: JsonObject; schema: Schema },
): JsonObject {
  const changed: Record<string, Json> = { ...merged };
  for (const [directive, wanted] of Object.entries(patch)) {
    if (!directive.startsWith(order)) continue;
    const field = directive.slice(order.length);
    const list = changed[field];
    if (!Array.isArray(list)) continue;
    const key = fieldSchema(schema, field)?.["x-kubernetes-patch-merge-key"];
    const nameOf = (item: Json): string => nameByKey(item, key);
    const names = listOr(wanted).map(nameOf);
    changed[field] = ordered(listOr(list), {
      names,
      old: listOr(value[field]).map(nameOf),
      nameOf,
    });
  }
  return changed;
}

const nameByKey = (item: Json, key: string | undefined): string =>
  canonicalJson(key === undefined ? item : isObject(item) ? (item[key] ?? null) : null);

type Order = {
  /** What the patch names, in its order. */
  readonly names: readonly string[];
  /** What was there, in its order. */
  readonly old: readonly string[];
  readonly nameOf: (item: Json) => string;
};

/** What the patch names in its order; what it does not name stays before what it stood before. */
function ordered(list: readonly Json[], { names, old, nameOf }: Order): readonly Json[] {
  const named = names.flatMap((name) => list.find((item) => nameOf(item) === name) ?? []);
  const others = list.filter((item) => !names.includes(nameOf(item)));
  const result: Json[] = [];
  while (named.length > 0 && others.length > 0) {
    const [left, right] = [others[0], named[0]].map((item) => old.indexOf(nameOf(item ?? null)));
    const isBefore = (left ?? -1) >= 0 && (right ?? -1) >= 0 && (left ?? 0) < (right ?? 0);
    result.push(...(isBefore ? others : named).splice(0, 1));
  }
  return [...result, ...others, ...named];
}

function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) return listOr(value).map(withoutDirectives);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !field.startsWith("$"))
      .map(([field, inner]) => [field, withoutDirectives(inner)]),
  );
}
