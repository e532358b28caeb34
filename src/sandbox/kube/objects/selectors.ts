/** Label and field selectors, as queries and as objects write them (apimachinery, labels and fields). */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { fieldAt, isObject, type KubeObject, listOr } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";
import { badRequest } from "./status-error.ts";

export type Matches = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

const key = String.raw`(?:[A-Za-z0-9][-A-Za-z0-9.]*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`;
const setForm = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`);
const equalForm = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const existsForm = new RegExp(String.raw`^(!?)\s*(${key})$`);

/** What a query's `labelSelector` asks for. Refuses what is none with 400. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  const tests = parts.filter((part) => part !== "").map(labelTest);
  return (labels) => tests.every((test) => test(labels));
}

function labelTest(part: string): (labels: Labels) => boolean {
  const inSet = setForm.exec(part);
  if (inSet !== null) {
    const [, name = "", how, list = ""] = inSet;
    const values = list.split(",").map((value) => value.trim());
    return (labels) =>
      how === "in"
        ? values.includes(labels[name] ?? "\u0000")
        : !values.includes(labels[name] ?? "\u0000");
  }
  const equal = equalForm.exec(part);
  if (equal !== null) {
    const [, name = "", how, value] = equal;
    return (labels) => (how === "!=" ? labels[name] !== value : labels[name] === value);
  }
  const exists = existsForm.exec(part);
  if (exists !== null) {
    const [, not, name = ""] = exists;
    return (labels) => Object.hasOwn(labels, name) === (not === "");
  }
  throw badRequest(
    `unable to parse requirement: found '${part}', expected: label selector requirement`,
  );
}

/** Whether labels fit a selector object: `matchLabels` and `matchExpressions`. An empty one fits all. */
export function fitsSelector(selector: Json | undefined, labels: Labels): boolean {
  const wanted = Object.entries((fieldAt(selector, "matchLabels") ?? {}) as JsonObject); // By its schema.
  return (
    wanted.every(([name, value]) => labels[name] === value) &&
    listOr(fieldAt(selector, "matchExpressions")).every((one) => fitsExpression(one, labels))
  );
}

function fitsExpression(expression: Json, labels: Labels): boolean {
  if (!isObject(expression)) return false;
  const { key: name, operator: how, values } = expression;
  const label = labels[String(name)];
  switch (how) {
    case "In":
      return label !== undefined && listOr(values).includes(label);
    case "NotIn":
      return label === undefined || !listOr(values).includes(label);
    case "Exists":
      return label !== undefined;
    default:
      return label === undefined;
  }
}

/** A selector object as the text that scale shows. */
export function selectorText(selector: Json | undefined): string {
  const labels = Object.entries((fieldAt(selector, "matchLabels") ?? {}) as JsonObject); // By its schema.
  return labels
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join(",");
}

/** What a query's `fieldSelector` asks for; a field that the kind does not offer is refused with 400. */
export function fieldSelector(text: string, type: ResourceType): Matches {
  const tests = text
    .split(",")
    .filter((part) => part !== "")
    .map((part): Matches => {
      const [, field, how, value = ""] = /^([^!=]+)(==|!=|=)(.*)$/.exec(part) ?? [];
      if (field === undefined)
        throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const known = ["metadata.name", "metadata.namespace", ...type.selectableFields];
      if (!known.includes(field)) {
        const said = `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
        throw badRequest(
          type.custom ? `field label not supported: ${field}` : fieldProblem(type, field, said),
        );
      }
      return (object) => {
        const found = fieldAt(object, ...field.split("."));
        const is = found === undefined || found === null ? "" : String(found);
        return how === "!=" ? is !== value : is === value;
      };
    });
  return (object) => tests.every((test) => test(object));
}

function fieldProblem(
  { kind, selectableFields }: ResourceType,
  field: string,
  said: string,
): string {
  if (selectableFields.length === 0) return said;
  return kind === "Event" || kind === "Pod" || kind === "Secret" || kind === "Namespace"
    ? `field label not supported: ${field}`
    : said;
}

/** Both selectors of a query as one. */
export function querySelector(
  labelText: string | undefined,
  fieldText: string | undefined,
  type: ResourceType,
): Matches {
  const byLabels = labelSelector(labelText ?? "");
  const byFields = fieldSelector(fieldText ?? "", type);
  return (object) => byLabels(object.metadata.labels ?? {}) && byFields(object);
}
