/** Puts the rules of `cel-rules.ts` into their places in the schema of a CRD. */
import { required } from "../kernel/assert.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { CelRule, FormatRule } from "./cel-rule.ts";
import { celRules } from "./cel-rules.ts";
import { isSchema } from "./json-schema.ts";
import type { Kind } from "./normalise.ts";

/** The schema of a whole document with the rules of its kind in their places. */
export function withRules(kind: Kind, schema: JsonObject): JsonObject {
  return celRules[kind].reduce((grown, rule) => placed(grown, rule.at, rule), schema);
}

function placed(
  schema: JsonObject,
  at: readonly string[],
  added: CelRule | FormatRule,
): JsonObject {
  const [step, ...rest] = at;
  if (step === undefined) return withRule(schema, added);
  if (step === "[]") return { ...schema, items: placed(child(schema, "items"), rest, added) };
  const properties = child(schema, "properties");
  return {
    ...schema,
    properties: { ...properties, [step]: placed(child(properties, step), rest, added) },
  };
}

function withRule(schema: JsonObject, added: CelRule | FormatRule): JsonObject {
  if ("format" in added) return { ...schema, format: added.format };
  const before = schema["x-kubernetes-validations"];
  const { rule, message, fieldPath } = added;
  const validation = { rule, message, ...(fieldPath === undefined ? {} : { fieldPath }) };
  return {
    ...schema,
    "x-kubernetes-validations": [...(Array.isArray(before) ? before : []), validation],
  };
}

function child(schema: JsonObject, name: string): JsonObject {
  const value: Json | undefined = schema[name];
  return required(isSchema(value) ? value : undefined, `the schema has ${name}`);
}
