/** The rules `x-kubernetes-validations` of a CRD's schema, over an object and, for rules of changes, the one before. */
import type { Json } from "../../../core/kernel/json.ts";
import { isObject, listOr } from "../objects/kube-object.ts";
import { type CelRule, fieldSchema, itemSchema, type Schema } from "../objects/schema.ts";
import type { StatusCause } from "../objects/status-error.ts";
import { evaluateCel } from "./cel.ts";
import { celValue } from "./cel-values.ts";

/** What the rules say against `value`; `old` is undefined for what is new. */
export function ruleCauses(
  value: Json,
  old: Json | undefined,
  schema: Schema,
  path = "",
): readonly StatusCause[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  const own = rules.flatMap((rule) => brokenRule(rule, { value, old, schema, path }));
  if (Array.isArray(value)) {
    if (schema.items === undefined) return own;
    const items = itemSchema(schema);
    const inner = listOr(value).flatMap((item, index) => {
      // Items of a list are the same ones only by their keys.
      const before = matchingItem(item, old, schema);
      return ruleCauses(item, before, items, `${path}[${index}]`);
    });
    return [...own, ...inner];
  }
  if (!isObject(value)) return own;
  const inner = Object.entries(value).flatMap(([field, below]) => {
    const known = fieldSchema(schema, field);
    if (known === undefined) return [];
    const at = path === "" ? field : `${path}.${field}`;
    return ruleCauses(below, isObject(old) ? old[field] : undefined, known, at);
  });
  return [...own, ...inner];
}

function matchingItem(item: Json, old: Json | undefined, schema: Schema): Json | undefined {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (keys === undefined || !isObject(item) || !Array.isArray(old)) return undefined;
  const isSame = (other: Json): boolean =>
    isObject(other) && keys.every((key) => other[key] === item[key]);
  return listOr(old).find(isSame);
}

type Subject = {
  readonly value: Json;
  readonly old: Json | undefined;
  readonly schema: Schema;
  readonly path: string;
};

function brokenRule(rule: CelRule, { value, old, schema, path }: Subject): readonly StatusCause[] {
  const comparesWithOld = /\boldSelf\b/.test(rule.rule);
  if (comparesWithOld && old === undefined && rule.optionalOldSelf !== true) return [];
  const variables = {
    self: celValue(value, schema),
    oldSelf: old === undefined ? undefined : celValue(old, schema),
  };
  const result = evaluateCel(rule.rule, variables);
  if (result.ok && result.value === true) return [];
  const field = path + (rule.fieldPath ?? "");
  const shown = kindOfValue(value);
  const why = result.ok ? messageOf(rule, variables) : `rule evaluation error: ${result.error}`;
  return [
    {
      reason: rule.reason ?? "FieldValueInvalid",
      message: causeMessage(rule.reason, shown, why),
      field: field === "" ? "<nil>" : field.replace(/^\./, ""),
    },
  ];
}

/** A rule's finding shows the type, never the value. */
function kindOfValue(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return value === null ? "null" : typeof value;
}

function causeMessage(reason: string | undefined, shown: Json, why: string): string {
  switch (reason) {
    case "FieldValueRequired":
      return `Required value: ${why}`;
    case "FieldValueForbidden":
      return `Forbidden: ${why}`;
    case "FieldValueDuplicate":
      return `Duplicate value: ${JSON.stringify(shown)}`;
    default:
      return `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  }
}

function messageOf(rule: CelRule, variables: Parameters<typeof evaluateCel>[1]): string {
  if (rule.messageExpression !== undefined) {
    const said = evaluateCel(rule.messageExpression, variables);
    if (said.ok && typeof said.value === "string" && said.value.trim() !== "") return said.value;
  }
  return rule.message ?? `failed rule: ${rule.rule}`;
}
