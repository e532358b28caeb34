/**
 * Reading a body by its schema: fields that the kind does not have are taken out and named, values of a wrong type are refused as Go's decoder
 * does for built-in kinds. Of a custom kind types are judged later, by the CRD's schema.
 */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";
import { itemSchema, resolved, type Schema } from "../objects/schema.ts";

export type Decoded = {
  readonly value: Json;
  /** As `spec.containers[0].imge`. */
  readonly unknown: readonly string[];
  /** What Go's decoder would say; the first one counts. */
  readonly typeProblem: string | undefined;
};

type Walk = {
  readonly unknown: string[];
  readonly problems: string[];
  readonly custom: boolean;
};

/** Keeps what the schema knows; `custom` also keeps what it is told to preserve. */
export function decodeBySchema(value: Json, schema: Schema, custom: boolean): Decoded {
  const walk: Walk = { unknown: [], problems: [], custom };
  const kept = keep(value, schema, walk, { path: "", fields: "", struct: nameOf(schema) });
  return { value: kept, unknown: walk.unknown.sort(), typeProblem: walk.problems[0] };
}

type Place = { readonly path: string; readonly fields: string; readonly struct: string };

function nameOf({ $ref }: Schema): string {
  return $ref?.slice($ref.lastIndexOf(".") + 1) ?? "";
}

function keep(value: Json, given: Schema, walk: Walk, place: Place): Json {
  const schema = resolved(given);
  const struct = given.$ref === undefined ? place.struct : nameOf(given);
  if (!walk.custom && value !== null && !isOfType(value, schema)) {
    walk.problems.push(
      `json: cannot unmarshal ${jsonName(value)} into Go struct field ${place.struct}.${place.fields} of type ${goType(given)}`,
    );
    return value;
  }
  if (Array.isArray(value)) {
    if (schema.items === undefined) return value;
    const items = itemSchema(schema);
    const referenced = schema.items;
    // Array.isArray gives any[].
    return (value as readonly Json[]).map((item, index) =>
      keep(item, referenced.$ref === undefined ? items : referenced, walk, {
        path: `${place.path}[${index}]`,
        fields: place.fields,
        struct,
      }),
    );
  }
  if (!isObject(value)) return value;
  return keepFields(value, schema, walk, { ...place, struct });
}

function keepFields(value: JsonObject, schema: Schema, walk: Walk, place: Place): Json {
  const { properties, additionalProperties } = schema;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (properties === undefined && additionalProperties === undefined && isOpaque(schema, walk))
    return value;
  const entries: [string, Json][] = [];
  for (const [field, inner] of Object.entries(value)) {
    const path = place.path === "" ? field : `${place.path}.${field}`;
    const fields = place.fields === "" ? field : `${place.fields}.${field}`;
    const known =
      properties !== undefined && Object.hasOwn(properties, field)
        ? properties[field]
        : typeof additionalProperties === "object"
          ? additionalProperties
          : undefined;
    if (known !== undefined) {
      entries.push([field, keep(inner, known, walk, { path, fields, struct: place.struct })]);
    } else if (open || additionalProperties === true || isEmbedded(schema, field)) {
      entries.push([field, inner]);
    } else {
      walk.unknown.push(path);
    }
  }
  return Object.fromEntries(entries);
}

const isEmbedded = (schema: Schema, field: string): boolean =>
  schema["x-kubernetes-embedded-resource"] === true &&
  ["apiVersion", "kind", "metadata"].includes(field);

/** Built-in raw values, such as the fields of a manager, have no properties and keep what they hold. */
function isOpaque(schema: Schema, { custom }: Walk): boolean {
  return (
    !custom || schema.type !== "object" || schema["x-kubernetes-preserve-unknown-fields"] === true
  );
}

function isOfType(value: Json, { type, format }: Schema): boolean {
  if (format === "int-or-string") return typeof value === "number" || typeof value === "string";
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return true;
  }
}

function jsonName(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "number" : `number ${value}`;
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

function goType(given: Schema): string {
  const schema = resolved(given);
  if (given.$ref !== undefined && schema.type === "object") return `v1.${nameOf(given)}`;
  switch (schema.type) {
    case "integer":
      return schema.format ?? "int64";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "array":
      return `[]${goType(schema.items ?? {})}`;
    case "object": {
      const values = schema.additionalProperties;
      return typeof values === "object"
        ? `map[string]${goType(values)}`
        : "map[string]interface {}";
    }
    default:
      return "string";
  }
}
