/** `docs/reference/resources.md`: every field of every kind, with an example. */
import { assert } from "../../core/kernel/assert.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { crdName, kindFacts } from "../../core/resources/crd.ts";
import { apiVersion } from "../../core/resources/fields.ts";
import { isSchema, jsonSchemaOf } from "../../core/resources/json-schema.ts";
import { type Kind, kinds } from "../../core/resources/normalise.ts";
import { patternWords } from "../../core/resources/patterns.ts";
import { banner, cell, code, table } from "./markdown.ts";

const exampleOf: Readonly<Record<Kind, string>> = {
  Sovereign: "examples/two-regions/sovereign.yaml",
  Organization: "examples/two-regions/organization.yaml",
  Environment: "examples/two-regions/environment.yaml",
  Application: "examples/two-regions/applications/ledger.yaml",
  FailoverGroup: "examples/two-regions/failover-group.yaml",
};

/** The page; `readFile` gives the examples. */
export function resourceReference(readFile: (path: string) => string): string {
  return [
    banner,
    "# Resources",
    "",
    `Everything a User declares is a YAML document of the API version \`${apiVersion}\`. Documents in the handbook's form,`,
    "`catalyst.openova.io/v1alpha1` with the same fields, are taken as well. `npx sovereign validate <folder>` checks them;",
    "JSON Schemas for editors are in `deploy/schemas`, CRDs in `deploy/crds`.",
    "",
    ...kinds.map((kind) => `- [${kind}](#${kind.toLowerCase()})`),
    ...kinds.flatMap((kind) => kindSection(kind, readFile(exampleOf[kind]))),
    "",
  ].join("\n");
}

function kindSection(kind: Kind, example: string): readonly string[] {
  const schema = jsonSchemaOf(kind, "openapi-3.0");
  const { scope, shortName } = kindFacts[kind];
  return [
    "",
    `## ${kind}`,
    "",
    cell(textOf(schema["description"])),
    "",
    `In Kubernetes: \`${crdName(kind)}\`, short name \`${shortName}\`, ${scope === "Cluster" ? "one for the whole cluster" : "in a namespace"}.`,
    "",
    ...table(
      ["field", "type", "required", "default", "description"],
      fieldRows(schema, "").map(({ path, type, required, fallback, words }) => [
        code(path),
        cell(type),
        required ? "yes" : "",
        code(fallback),
        cell(words),
      ]),
    ),
    "",
    "```yaml",
    example.trimEnd(),
    "```",
  ];
}

type FieldRow = {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string;
  readonly words: string;
};

/** Every field below a schema, in the order of declaration, parents before what is in them. */
function fieldRows(schema: JsonObject, prefix: string): readonly FieldRow[] {
  const properties = schema["properties"];
  if (!isSchema(properties)) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).flatMap(([name, field]) => {
    assert(isSchema(field), `the field ${prefix}${name} has a schema`);
    const path = `${prefix}${name}`;
    const fallback = field["default"];
    const row = {
      path,
      type: typeOf(field),
      required: required.includes(name),
      fallback: fallback === undefined ? "" : JSON.stringify(fallback),
      words: textOf(field["description"]),
    };
    assert(row.words !== "", `the field ${path} is described`);
    const items = field["items"];
    return [
      row,
      ...fieldRows(field, `${path}.`),
      ...(isSchema(items) ? fieldRows(items, `${path}[].`) : []),
    ];
  });
}

/** The type in words, with its limits. */
function typeOf(schema: JsonObject): string {
  const values = schema["enum"];
  if (Array.isArray(values)) return values.map((value) => `\`${String(value)}\``).join(" or ");
  const items = schema["items"];
  const named = schema["additionalProperties"];
  const limits = limitsOf(schema);
  const limited = limits === "" ? "" : `, ${limits}`;
  switch (schema["type"]) {
    case "string":
      return `text${limited}`;
    case "integer":
      return `whole number${limited}`;
    case "array":
      return `list of ${isSchema(items) ? typeOf(items) : "anything"}${limited}`;
    case "object":
      return isSchema(named) ? `${typeOf(named)} by name` : "mapping";
    default:
      return textOf(schema["type"]);
  }
}

function limitsOf(schema: JsonObject): string {
  const range = (least: Json | undefined, most: Json | undefined, unit: string): string => {
    const [from, to] = [bound(least), bound(most)];
    if (from !== undefined && to !== undefined) return `${from} to ${to}${unit}`;
    if (to !== undefined) return `at most ${to}${unit}`;
    return from === undefined ? "" : `at least ${from}${unit}`;
  };
  const pattern = schema["pattern"];
  return [
    range(schema["minLength"], schema["maxLength"], " characters"),
    range(schema["minItems"], schema["maxItems"], " entries"),
    range(schema["minimum"], schema["maximum"], ""),
    typeof pattern === "string" ? (patternWords(pattern) ?? `matching ${pattern}`) : "",
  ]
    .filter((limit) => limit !== "")
    .join(", ");
}

function bound(value: Json | undefined): number | undefined {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
