/** Filling in the defaults of a CRD's schema (apiextensions, structural defaulting): for what is absent, and for null where null may not stand. */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";
import { fieldSchema, itemSchema, type Schema } from "../objects/schema.ts";

/** The value with every default of the schema that applies. */
export function withDefaults(value: Json, schema: Schema): Json {
  if (Array.isArray(value)) {
    if (schema.items === undefined) return value;
    const items = itemSchema(schema);
    return (value as readonly Json[]).map((item) => withDefaults(item, items)); // Array.isArray gives any[].
  }
  if (!isObject(value)) return value;
  const filled: Record<string, Json> = {};
  for (const [field, inner] of Object.entries(value)) {
    const known = fieldSchema(schema, field);
    // Null counts as absent where it may not stand, also without a default: it would be no valid value.
    if (inner === null && known?.default !== undefined && known.nullable !== true) continue;
    filled[field] = known === undefined ? inner : withDefaults(inner, known);
  }
  for (const [field, known] of Object.entries(schema.properties ?? {})) {
    if (known.default === undefined || Object.hasOwn(filled, field)) continue;
    filled[field] = withDefaults(known.default, known);
  }
  return filled;
}
