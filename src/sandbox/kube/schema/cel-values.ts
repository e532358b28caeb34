/** Values as CEL sees them: whole numbers are integers, fields of objects whose names are words of CEL are escaped (Kubernetes, CEL in CRDs). */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, type Schema } from "../objects/schema.ts";

export type CelValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly CelValue[]
  | { readonly [field: string]: CelValue };

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

function escapedName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

/** The value with the types of its schema; without one by its looks. */
export function celValue(value: Json, schema: Schema = {}): CelValue {
  if (typeof value === "number")
    return Number.isInteger(value) && schema.type !== "number" ? BigInt(value) : value;
  if (Array.isArray(value)) {
    const items = itemSchema(schema);
    return (value as readonly Json[]).map((item) => celValue(item, items)); // Array.isArray gives any[].
  }
  if (!isObject(value)) return value as CelValue; // Only null, booleans and strings are left.
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const isProperty = Object.hasOwn(schema.properties ?? {}, field);
      const known = fieldSchema(schema, field);
      return [isProperty ? escapedName(field) : field, celValue(inner, known)];
    }),
  );
}
