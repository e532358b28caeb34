/**
 * Holding a value against the structural schema of a CRD, with the words of Kubernetes (kube-openapi, validation/validate): people and our
 * client see from the sandbox what a real server says. No general JSON Schema library words its findings so.
 */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { canonicalJson } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";
import { resolved, type Schema } from "../objects/schema.ts";
import {
  invalidValue,
  requiredValue,
  type StatusCause,
  unsupportedValue,
} from "../objects/status-error.ts";
import { formatProblem } from "./formats.ts";

/** Everything that is wrong with the value, with its place below `path`. */
export function schemaCauses(value: Json, given: Schema, path: string): readonly StatusCause[] {
  const schema = resolved(given);
  if (value === null && schema.nullable === true) return [];
  const wrongType = typeCause(value, schema, path);
  if (wrongType !== undefined) return [wrongType];
  return [
    ...enumCauses(value, schema, path),
    ...(typeof value === "string" ? stringCauses(value, schema, path) : []),
    ...(typeof value === "number" ? numberCauses(value, schema, path) : []),
    ...(Array.isArray(value) ? listCauses(value as readonly Json[], schema, path) : []), // Array.isArray gives any[].
    ...(isObject(value) ? objectCauses(value, schema, path) : []),
    ...combinedCauses(value, schema, path),
  ];
}

const fits = (value: Json, schema: Schema): boolean => schemaCauses(value, schema, "").length === 0;

function typeCause(value: Json, schema: Schema, path: string): StatusCause | undefined {
  if (schema["x-kubernetes-int-or-string"] === true)
    return typeof value === "string" || Number.isInteger(value)
      ? undefined
      : wrongType(path, value, "integer,string");
  const { type } = schema;
  if (type === undefined || type === "" || isType(value, type)) return undefined;
  return wrongType(path, value, type);
}

function wrongType(path: string, value: Json, wanted: string): StatusCause {
  const found = jsonType(value);
  const named = path === "" ? "" : `${path} in body `;
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: "${found}": ${named}must be of type ${wanted}: "${found}"`,
    field: path === "" ? "<nil>" : path,
  };
}

function jsonType(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function isType(value: Json, type: string): boolean {
  const found = jsonType(value);
  return found === type || (type === "number" && found === "integer");
}

function enumCauses(value: Json, schema: Schema, path: string): readonly StatusCause[] {
  const allowed = schema.enum;
  if (allowed === undefined || allowed.some((one) => canonicalJson(one) === canonicalJson(value)))
    return [];
  return [unsupportedValue(path, value, allowed)];
}

function stringCauses(value: string, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const characters = [...value].length;
  const { maxLength, minLength, pattern, format } = schema;
  if (maxLength !== undefined && characters > maxLength)
    causes.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${maxLength} bytes`,
      field: path,
    });
  if (minLength !== undefined && characters < minLength)
    causes.push(
      invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`),
    );
  if (pattern !== undefined && !patternOf(pattern).test(value))
    causes.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  const wrongFormat = format === undefined ? undefined : formatProblem(value, format);
  if (wrongFormat !== undefined)
    causes.push({
      ...invalidValue(path, value, `${path} in body must be of type ${wrongFormat}: "${value}"`),
      reason: "FieldValueTypeInvalid",
    });
  return causes;
}

const patterns = new Map<string, RegExp>();

/** The pattern; one that is none in the strict form of JavaScript is read in the old one. */
export function patternOf(text: string): RegExp {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  let made: RegExp;
  try {
    made = new RegExp(text, "u");
  } catch {
    made = new RegExp(text);
  }
  if (patterns.size > 5_000) patterns.clear();
  patterns.set(text, made);
  return made;
}

function numberCauses(value: number, schema: Schema, path: string): readonly StatusCause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const causes: StatusCause[] = [];
  const say = (what: string): void =>
    void causes.push(invalidValue(path, value, `${path} in body should be ${what}`));
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    say(`less than ${exclusiveMaximum === true ? "" : "or equal to "}${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    say(`greater than ${exclusiveMinimum === true ? "" : "or equal to "}${minimum}`);
  if (multipleOf !== undefined && value % multipleOf !== 0) say(`a multiple of ${multipleOf}`);
  return causes;
}

function listCauses(list: readonly Json[], schema: Schema, path: string): readonly StatusCause[] {
  const { maxItems, minItems, items } = schema;
  const causes: StatusCause[] = [];
  if (maxItems !== undefined && list.length > maxItems)
    causes.push({
      reason: "FieldValueTooMany",
      message: `Too many: ${list.length}: must have at most ${maxItems} items`,
      field: path,
    });
  if (minItems !== undefined && list.length < minItems)
    causes.push(
      invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`),
    );
  if (items !== undefined)
    for (const [index, item] of list.entries())
      causes.push(...schemaCauses(item, items, `${path}[${index}]`));
  return [...causes, ...duplicateCauses(list, schema, path)];
}

/** Items of sets, and keys of lists that are maps, stand once. */
function duplicateCauses(
  list: readonly Json[],
  schema: Schema,
  path: string,
): readonly StatusCause[] {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return [];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  return list.flatMap((item, index): readonly StatusCause[] => {
    const key: Json =
      type === "set" || !isObject(item)
        ? item
        : Object.fromEntries(
            keys.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])),
          );
    const text = canonicalJson(key);
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [
      {
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${text}`,
        field: `${path}[${index}]`,
      },
    ];
  });
}

function objectCauses(object: JsonObject, schema: Schema, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const below = (field: string): string => (path === "" ? field : `${path}.${field}`);
  const { properties = {}, additionalProperties, maxProperties, minProperties } = schema;
  const count = Object.keys(object).length;
  if (maxProperties !== undefined && count > maxProperties)
    causes.push({
      reason: "FieldValueTooMany",
      message: `Too many: ${count}: must have at most ${maxProperties} items`,
      field: path,
    });
  if (minProperties !== undefined && count < minProperties)
    causes.push(
      invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`),
    );
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(object, name)) causes.push(requiredValue(below(name)));
  for (const [field, value] of Object.entries(object)) {
    const known = Object.hasOwn(properties, field) ? properties[field] : additionalProperties;
    if (typeof known !== "object") continue;
    causes.push(...schemaCauses(value, known, below(field)));
  }
  return causes;
}

function combinedCauses(value: Json, schema: Schema, path: string): readonly StatusCause[] {
  const { allOf = [], anyOf, oneOf, not } = schema;
  const causes: StatusCause[] = allOf.flatMap((part) => [...schemaCauses(value, part, path)]);
  const say = (what: string): void =>
    void causes.push(
      invalidValue(path, jsonType(value), `${path === "" ? "" : `${path} in body `}${what}`),
    );
  if (anyOf !== undefined && !anyOf.some((part) => fits(value, part)))
    say("must validate at least one schema (anyOf)");
  if (oneOf !== undefined && oneOf.filter((part) => fits(value, part)).length !== 1)
    say("must validate one and only one schema (oneOf)");
  if (not !== undefined && fits(value, not)) say("must not validate the schema (not)");
  return causes;
}
