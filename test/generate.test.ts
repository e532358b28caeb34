/** What is generated is in the tree as it is generated, CRDs are structural, and the examples say what they promise. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../src/adapters/sources/yaml.ts";
import { generatedFiles, generatedFolders } from "../src/cli/generate/files.ts";
import type { Json, JsonObject } from "../src/core/kernel/json.ts";
import { crdOf } from "../src/core/resources/crd.ts";
import { isSchema } from "../src/core/resources/json-schema.ts";
import { type Kind, kinds } from "../src/core/resources/normalise.ts";
import { patternWords } from "../src/core/resources/patterns.ts";
import { readCatalogue } from "../src/core/resources/read.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const readText = (path: string): string => readFileSync(join(root, path), "utf8");
const listFiles = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

describe("generated files", async () => {
  const generated = await generatedFiles(readText);

  test("are the same each time", async () => {
    expect(await generatedFiles(readText)).toEqual(generated);
  });

  test.each(generated.map((file) => [file.path, file.contents]))(
    "%s is in the tree as `npm run generate` writes it",
    (path, contents) => {
      expect(readText(path)).toBe(contents);
    },
  );

  test("stand alone in their folders", () => {
    const wanted = generated.map(({ path }) => path);
    for (const path of generatedFolders.flatMap(listFiles)) expect(wanted).toContain(path);
  });

  test("end with a line break and have no path of this machine", () => {
    for (const { contents } of generated) {
      expect(contents).toMatch(/[^\n]\n$/);
      expect(contents).not.toContain(root);
    }
  });
});

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((here, step) => {
    if (Array.isArray(here)) return here[Number(step)];
    return isSchema(here) ? here[step] : undefined;
  }, value);
}

function schemaOfCrd(kind: Kind): JsonObject {
  const schema = at(crdOf(kind), "spec", "versions", 0, "schema", "openAPIV3Schema");
  if (!isSchema(schema)) throw new Error(`${kind} has no schema`);
  return schema;
}

/** Keywords that an API server refuses in a structural schema, or that JSON Schema has and it does not. */
const forbidden = [
  "$ref",
  "$schema",
  "definitions",
  "const",
  "examples",
  "oneOf",
  "anyOf",
  "allOf",
  "not",
  "uniqueItems",
  "patternProperties",
  "dependencies",
  "id",
];

/** Every violation of the rules for structural schemas below `schema`. */
function violations(schema: JsonObject, path: string): readonly string[] {
  const own: string[] = [];
  if (typeof schema["type"] !== "string") own.push(`${path} has no type`);
  for (const keyword of forbidden) if (keyword in schema) own.push(`${path} has ${keyword}`);
  const { properties, items, additionalProperties, pattern } = schema;
  if (properties !== undefined && additionalProperties !== undefined) {
    own.push(`${path} has properties and additionalProperties`);
  }
  if (typeof additionalProperties === "boolean") own.push(`${path} is free or closed`);
  if (typeof pattern === "string" && /\(\?[^:]|\\[1-9]/.test(pattern))
    own.push(`${path} is not RE2`);
  for (const bound of ["minimum", "maximum"] as const) {
    if (Math.abs(Number(schema[bound] ?? 0)) >= Number.MAX_SAFE_INTEGER)
      own.push(`${path} ${bound}`);
  }
  if (schema["type"] === "array" && !isSchema(items)) own.push(`${path} has no items`);
  const below: [string, Json | undefined][] = [
    ...Object.entries(isSchema(properties) ? properties : {}).map(
      ([name, property]): [string, Json] => [`${path}.${name}`, property],
    ),
    [`${path}[]`, items],
    [`${path}.*`, isSchema(additionalProperties) ? additionalProperties : undefined],
  ];
  return [
    ...own,
    ...below.flatMap(([where, value]) => (isSchema(value) ? violations(value, where) : [])),
  ];
}

/** Fields of `value` that pruning by `schema` would take away. */
function pruned(value: Json, schema: Json | undefined, path: string): readonly string[] {
  if (!isSchema(schema)) return [path];
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => pruned(item, schema["items"], `${path}[${index}]`));
  }
  if (!isSchema(value)) return [];
  return Object.entries(value).flatMap(([name, below]) => {
    const field = at(schema, "properties", name) ?? at(schema, "additionalProperties");
    return pruned(below, field, `${path}.${name}`);
  });
}

describe.each(kinds)("the CRD of %s", (kind) => {
  test("is structural", () => {
    expect(violations(schemaOfCrd(kind), "$")).toEqual([]);
  });

  test("restricts nothing of metadata but the name, and lets status hold conditions", () => {
    const schema = schemaOfCrd(kind);
    expect(
      Object.keys((at(schema, "properties", "metadata", "properties") ?? {}) as object),
    ).toEqual(["name"]);
    const item = at(schema, "properties", "status", "properties", "conditions", "items");
    expect(at(item, "required")).toEqual([
      "type",
      "status",
      "reason",
      "message",
      "lastTransitionTime",
    ]);
  });

  test("explains every pattern in words", () => {
    const patterns = [
      ...JSON.stringify(at(schemaOfCrd(kind), "properties", "spec")).matchAll(
        /"pattern":("(?:[^"\\]|\\.)*")/g,
      ),
    ];
    for (const [, written = '""'] of patterns) {
      expect(patternWords(String(JSON.parse(written))), written).toBeDefined();
    }
  });
});

const exampleFiles = listFiles("examples/two-regions");
const parsedExamples = exampleFiles.map((path) => ({ path, ...parseYaml(path, readText(path)) }));
const exampleDocuments = parsedExamples.flatMap(({ documents }) => documents);

describe("the examples", () => {
  test("of two regions are right, one Application for each placement", () => {
    const catalogue = readCatalogue(exampleDocuments, []);
    expect(catalogue.problems).toEqual([]);
    expect(
      catalogue.applications.map(({ application }) => application.spec.placement).sort(),
    ).toEqual(["active-active", "active-hotstandby", "single-region"]);
  });

  test("keep all their fields when an API server prunes them", () => {
    for (const { value, file } of exampleDocuments) {
      const kind = kinds.find((known) => known === at(value, "kind"));
      if (kind === undefined) throw new Error(`${file} is of no known kind`);
      const { metadata: _, ...rest } = value as JsonObject; // An example is a mapping.
      expect(pruned(rest, schemaOfCrd(kind), "$"), file).toEqual([]);
    }
  });

  const wrongFiles = listFiles("examples/wrong");
  test("of mistakes are at least a dozen", () => {
    expect(wrongFiles.length).toBeGreaterThanOrEqual(12);
  });

  test.each(wrongFiles)("%s gives exactly the problems that its first lines name", (path) => {
    const text = readText(path);
    const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map(([, problem]) => problem);
    expect(expected.length).toBeGreaterThan(0);
    const wrong = parseYaml(path, text);
    // There is one Sovereign: an example that declares it stands in place of the right one.
    const replaces = wrong.documents.some(({ value }) => at(value, "kind") === "Sovereign");
    const beside = exampleDocuments.filter(
      ({ value }) => !(replaces && at(value, "kind") === "Sovereign"),
    );
    const { problems } = readCatalogue([...beside, ...wrong.documents], wrong.problems);
    expect(problems.map(({ reason, path: at }) => `${reason} ${at}`)).toEqual(expected);
    for (const problem of problems) expect(problem.file).toBe(path);
  });
});
