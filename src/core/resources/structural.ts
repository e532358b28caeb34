/**
 * From JSON Schema to the structural schemas that a Kubernetes API server takes in a CRD
 * (apiextensions.k8s.io/v1, "Specifying a structural schema"; facts of the toolchain §2b). What it can not express is our bug.
 */
import { assert, required } from "../kernel/assert.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isSchema } from "./json-schema.ts";

/** Keywords that go over as they are. */
const kept: ReadonlySet<string> = new Set([
  "type",
  "description",
  "default",
  "enum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "required",
]);
/** Keywords that say nothing a CRD could hold; what they say goes to the reference. */
const dropped: ReadonlySet<string> = new Set(["$schema", "title", "examples", "format"]);

/** The structural form of a schema; throws AssertionError on anything that has none. */
export function structural(schema: JsonObject, path = "$"): JsonObject {
  assert(typeof schema["type"] === "string", `${path} has one type`);
  const entries = Object.entries(schema).flatMap(([keyword, value]) =>
    keywordOf(schema, keyword, value, path),
  );
  return Object.fromEntries(entries);
}

type Entry = readonly [string, Json];

function keywordOf(
  schema: JsonObject,
  keyword: string,
  value: Json,
  path: string,
): readonly Entry[] {
  if (dropped.has(keyword)) return [];
  if ((keyword === "minimum" || keyword === "maximum") && isUnbounded(value)) return [];
  if (kept.has(keyword)) return [[keyword, value]];
  switch (keyword) {
    case "pattern":
      return [[keyword, re2(value, path)]];
    case "properties":
      return [[keyword, propertiesOf(value, path)]];
    case "items":
      return [[keyword, structural(schemaOf(value, path), `${path}[]`)]];
    case "additionalProperties":
      // Beside `properties` the API server refuses it (kubernetes#94593); pruning does its work.
      if (value === false && schema["properties"] !== undefined) return [];
      return [[keyword, structural(schemaOf(value, path), `${path}.*`)]];
    default:
      assert(false, `the keyword ${keyword} at ${path} has a structural form`);
  }
}

function propertiesOf(value: Json, path: string): JsonObject {
  const properties = Object.entries(schemaOf(value, path)).map(
    ([name, property]): Entry => [name, structural(schemaOf(property, path), `${path}.${name}`)],
  );
  return Object.fromEntries(properties);
}

function schemaOf(value: Json, path: string): JsonObject {
  return required(isSchema(value) ? value : undefined, `${path} holds a schema`);
}

/** zod bounds every whole number by what JavaScript can count to. */
function isUnbounded(value: Json): boolean {
  return typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER;
}

/** A pattern that RE2 takes: no look-around, no reference back. */
function re2(value: Json, path: string): string {
  assert(typeof value === "string", `the pattern of ${path} is text`);
  const outside = /\(\?(?!:)|\\[1-9]|\\k</.test(value);
  assert(!outside, `the pattern of ${path} is RE2`);
  return value;
}
