/** The kinds as JSON Schema, the plain-data form from which problems, CRDs and the reference are written. */
import { z } from "zod";
import { assert } from "../kernel/assert.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { applicationSchema } from "./application.ts";
import type { JsonPath } from "./document.ts";
import { environmentSchema } from "./environment.ts";
import { failoverGroupSchema } from "./failover-group.ts";
import type { Kind } from "./normalise.ts";
import { organizationSchema } from "./organization.ts";
import { sovereignSchema } from "./sovereign.ts";

export const kindSchemas = {
  Sovereign: sovereignSchema,
  Organization: organizationSchema,
  Environment: environmentSchema,
  Application: applicationSchema,
  FailoverGroup: failoverGroupSchema,
} as const satisfies Readonly<Record<Kind, z.ZodType>>;

export type SchemaTarget = "openapi-3.0" | "draft-2020-12";

/** The JSON Schema of a kind as a user writes it (defaults are optional), without `$ref`. */
export function jsonSchemaOf(kind: Kind, target: SchemaTarget): JsonObject {
  const schema: unknown = z.toJSONSchema(kindSchemas[kind], {
    target,
    io: "input",
    reused: "inline",
  });
  // Through text, because zod's result also carries functions of its own; a schema is plain JSON.
  const plain = JSON.parse(JSON.stringify(schema)) as Json; // JSON.parse gives JSON.
  assert(isSchema(plain), "the JSON Schema of a kind is an object");
  return plain;
}

const cache = new Map<Kind, JsonObject>();

/** The schema of the node at `path` of a document of `kind`; undefined where no field is declared. */
export function schemaAt(kind: Kind, path: JsonPath): JsonObject | undefined {
  const root = cache.get(kind) ?? jsonSchemaOf(kind, "openapi-3.0");
  cache.set(kind, root);
  let here: Json | undefined = root;
  for (const step of path) {
    if (!isSchema(here)) return undefined;
    here =
      typeof step === "number"
        ? here["items"]
        : (fieldOf(here, step) ?? here["additionalProperties"]);
  }
  return isSchema(here) ? here : undefined;
}

/** Names of the fields that may stand at `path` of a document of `kind`. */
export function fieldsAt(kind: Kind, path: JsonPath): readonly string[] {
  const properties = schemaAt(kind, path)?.["properties"];
  return isSchema(properties) ? Object.keys(properties) : [];
}

function fieldOf(schema: JsonObject, name: string): Json | undefined {
  const properties = schema["properties"];
  return isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Whether a value is an object, as every schema is but `true` and `false`. */
export function isSchema(value: Json | undefined): value is JsonObject {
  return (
    value !== undefined && value !== null && typeof value === "object" && !Array.isArray(value)
  );
}
