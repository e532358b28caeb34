/** Schemas as OpenAPI 3 and CRDs have them, with the keywords that Kubernetes adds; references of built-in ones are resolved here. */
import { readFileSync } from "node:fs";
import { required } from "../../../core/kernel/assert.ts";
import type { Json } from "../../../core/kernel/json.ts";
import { dataFile } from "../../../daemon/data-file.ts";

export type CelRule = {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
};

export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-validations"?: readonly CelRule[];
};

/** The lines of a data file beside this code, which the compiler does not carry to `dist`. */
export function readSchemaLines(name: string): readonly Json[] {
  const text = readFileSync(dataFile(`sandbox/kube/schemas/${name}`), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json); // JSON.parse gives JSON.
}

let definitions: ReadonlyMap<string, Schema> | undefined;

/** Definitions of Kubernetes 1.34 by their names, those that our built-in kinds need. */
export function builtInDefinitions(): ReadonlyMap<string, Schema> {
  definitions ??= new Map(
    readSchemaLines("kubernetes-1.34.ndjson").map((line) => {
      const { name, schema } = line as { name: string; schema: Schema }; // As the file is written.
      return [name, schema] as const;
    }),
  );
  return definitions;
}

/** The schema that is meant, its reference followed; keywords beside a reference are kept. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const named = required(builtInDefinitions().get($ref), `definition ${$ref} is in the file`);
  return { ...named, ...beside };
}

/** The schema of a field of an object; undefined where the object may not have it. */
export function fieldSchema(schema: Schema, field: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, field)) {
    const found = properties[field];
    return found === undefined ? undefined : resolved(found);
  }
  return typeof additionalProperties === "object" ? resolved(additionalProperties) : undefined;
}

/** The schema of a list's items. */
export function itemSchema(schema: Schema): Schema {
  return schema.items === undefined ? {} : resolved(schema.items);
}

/** Metadata of any object; a CRD's schema leaves it to the server. */
export const metadataSchema: Schema = { $ref: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };

/** A CRD's schema with the fields that every object has. */
export function withObjectFields(schema: Schema): Schema {
  const text: Schema = { type: "string" };
  return {
    ...schema,
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata: metadataSchema },
  };
}
