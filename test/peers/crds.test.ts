/** The generated CRDs and every right example on a real kube-apiserver (docs/guides/peers.md). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import { crdName, kindFacts } from "../../src/core/resources/crd.ts";
import { isSchema, kindSchemas } from "../../src/core/resources/json-schema.ts";
import { type Kind, kinds } from "../../src/core/resources/normalise.ts";
import { valueAt } from "../../src/core/resources/problem.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import {
  applyFolder,
  deleteFolder,
  examplesIn,
  getJson,
  root,
  startServerWithCrds,
  stored,
  succeed,
} from "./server-with-crds.ts";

let server: KubeApiserver;
beforeAll(async () => {
  server = await startServerWithCrds();
  return () => server.stop();
});

/** The CRD as it is installed; test/generate.test.ts holds it against the schemas. */
function generatedCrd(kind: Kind): Json {
  const path = `deploy/crds/${crdName(kind)}.yaml`;
  const [document] = parseYaml(path, readFileSync(join(root, path), "utf8")).documents;
  if (document === undefined) throw new Error(`${path} is not there`);
  return document.value;
}

type Condition = { readonly type: string; readonly status: string; readonly message?: string };

/** Places of `wanted` that `found` does not hold alike; what the server adds, or leaves out as empty, is its own business. */
function lost(wanted: Json, found: Json | undefined, path: string): readonly string[] {
  if (Array.isArray(wanted)) {
    const items = Array.isArray(found) ? found : [];
    if (items.length !== wanted.length) return [path];
    return wanted.flatMap((item: Json, i) => lost(item, items[i], `${path}[${i}]`));
  }
  if (isSchema(wanted)) {
    if (!isSchema(found)) return Object.keys(wanted).length === 0 ? [] : [path];
    return Object.entries(wanted).flatMap(([key, value]) =>
      lost(value, found[key], `${path}.${key}`),
    );
  }
  return wanted === found ? [] : [path];
}

describe.each(kinds)("the CRD of %s", (kind) => {
  test("is established, and the server finds nothing wrong with it", async () => {
    const crd = await getJson(server, ["crd", crdName(kind)]);
    const conditions = valueAt(crd, ["status", "conditions"]) as unknown as readonly Condition[]; // As Kubernetes declares it.
    const byType = Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
    expect(byType).toMatchObject({ Established: "True", NamesAccepted: "True" });
    expect(byType, "the schema is structural").not.toHaveProperty("NonStructuralSchema");
  });

  test("is stored as it was generated, no keyword dropped", async () => {
    const crd = await getJson(server, ["crd", crdName(kind)]);
    expect(lost(generatedCrd(kind), crd, "$")).toEqual([]);
  });
});

/** `platform/` holds documents of the platform's own kinds, whose CRDs are not ours; `wrong/` is refusals.test.ts. */
const folders = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["platform", "wrong"].includes(entry.name))
  .map(({ name }) => `examples/${name}`)
  .sort();

test("the folders of right examples are found", () => {
  expect(folders).toEqual(expect.arrayContaining(["examples/placements", "examples/two-regions"]));
});

describe.each(folders)("every document of %s", (folder) => {
  const examples = examplesIn(folder);
  let output = "";
  beforeAll(async () => {
    output = await applyFolder(server, folder);
  });
  afterAll(() => deleteFolder(server, folder));

  test("is applied with strict validation and without a warning", () => {
    expect(output.trimEnd().split("\n").sort()).toEqual(
      examples
        .map(({ kind, name }) => `${kind.toLowerCase()}.sre.catalyst.openova.io/${name} created`)
        .sort(),
    );
  });

  test.each(examples.map((example) => [`${example.kind}/${example.name}`, example] as const))(
    "%s is stored with nothing pruned and the defaults that we fill in ourselves",
    async (_, example) => {
      const schema = kindSchemas[example.kind];
      expect((await stored(server, example))["spec"]).toEqual(
        schema.parse(example.document.value).spec,
      );
    },
  );

  test("is read back from the server as what it was", async () => {
    const before = readCatalogue(
      examples.map(({ document }) => document),
      [],
    );
    const documents = await Promise.all(
      examples.map(async (example) => ({
        ...example.document,
        value: await stored(server, example),
      })),
    );
    const after = readCatalogue(documents, []);
    expect(after.problems).toEqual([]);
    const specs = (catalogue: typeof after) => ({
      sovereign: catalogue.sovereign?.spec,
      placed: catalogue.applications.map(({ application }) => application.spec),
    });
    expect(specs(after)).toEqual(specs(before));
  });
});

/** Paths of the objects below `spec`, which `kubectl explain` answers with their fields. */
function objectsBelow(schema: JsonObject, path: string): readonly string[] {
  const inside = schema["type"] === "array" ? schema["items"] : schema;
  if (!isSchema(inside) || !isSchema(inside["properties"])) return [];
  const below = Object.entries(inside["properties"]).flatMap(([name, property]) =>
    isSchema(property) ? objectsBelow(property, `${path}.${name}`) : [],
  );
  return [path, ...below];
}

describe("what people see with kubectl", () => {
  const folder = "examples/two-regions";
  const examples = examplesIn(folder);
  beforeAll(async () => {
    await applyFolder(server, folder);
  });
  afterAll(() => deleteFolder(server, folder));

  const schemaPath = ["spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "spec"];
  test.each(kinds)("explain has words for every field of %s", async (kind) => {
    const spec = valueAt(generatedCrd(kind), schemaPath);
    if (!isSchema(spec)) throw new Error(`${kind} has no spec`);
    const api = ["--api-version=sre.catalyst.openova.io/v1alpha1"];
    const explain = (path: string) => server.kubectl(["explain", path, ...api]);
    const paths = objectsBelow(spec, `${kindFacts[kind].plural}.spec`);
    // The server publishes its description of a new kind a moment after it is established.
    await expect
      .poll(async () => (await explain(paths[0] ?? "")).stderr, { timeout: 60_000, interval: 250 })
      .toBe("");
    for (const path of paths) {
      const { ok, stdout, stderr } = await explain(path);
      expect(ok, `${path}: ${stderr}`).toBe(true);
      expect(stdout, path).toContain("DESCRIPTION:");
      expect(stdout, path).not.toMatch(/<no description>|<empty>/);
    }
  });

  const shown: Readonly<Record<Kind, readonly string[]>> = {
    Sovereign: ["acme", "acme.example"],
    Organization: ["payments", "Payments"],
    Environment: ["payments-prod", "payments", "prod"],
    Application: ["shop", "payments-prod", "active-active"],
    FailoverGroup: ["payments-prod", "automatic"],
  };
  test.each(kinds)("get by the short name shows the columns of %s", async (kind) => {
    const { shortName, columns, scope } = kindFacts[kind];
    const lines = (await succeed(server, ["get", shortName, "-A"])).trimEnd().split("\n");
    const cells = lines.map((line) => line.trimEnd().split(/\s{2,}/));
    const columnNames = columns.map(({ name }) => name.toUpperCase());
    const scopeColumn = scope === "Namespaced" ? ["NAMESPACE"] : [];
    expect(cells[0]).toEqual([...scopeColumn, "NAME", ...columnNames, "READY", "AGE"]);
    const [name] = shown[kind];
    const row = cells.find((line) => line[scopeColumn.length] === name);
    expect(row).toEqual(expect.arrayContaining([...shown[kind]]));
  });

  test("the category catalyst lists all of them", async () => {
    const listed = await succeed(server, ["get", "catalyst", "-A", "-o", "name"]);
    expect(listed.trimEnd().split("\n").sort()).toEqual(
      examples
        .map(({ kind, name }) => `${kind.toLowerCase()}.sre.catalyst.openova.io/${name}`)
        .sort(),
    );
  });

  const ready = {
    type: "Ready",
    status: "True",
    reason: "Placed",
    message: "Both regions answer.",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    observedGeneration: 1,
  };
  const patch = (kind: Kind, status: object, ...more: readonly string[]) => {
    const example = examples.find((each) => each.kind === kind);
    const merge = ["--type=merge", "-p", JSON.stringify({ status })];
    const { name = "", namespace = "" } = example ?? {};
    return server.kubectl(["patch", crdName(kind), name, "-n", namespace, ...merge, ...more]);
  };

  test.each(kinds)("status of %s is written by its subresource only", async (kind) => {
    const example = examples.find((each) => each.kind === kind);
    if (example === undefined) throw new Error(`no example of ${kind}`);
    const status = { observedGeneration: 1, conditions: [ready] };
    await patch(kind, status);
    expect(await stored(server, example), "an ordinary write").not.toHaveProperty("status");
    expect(await patch(kind, status, "--subresource=status")).toMatchObject({ ok: true });
    const after = await stored(server, example);
    expect(after["status"]).toEqual(status);
    expect(valueAt(after, ["metadata", "generation"]), "no new generation").toBe(1);
    await applyFolder(server, folder);
    expect((await stored(server, example))["status"], "after applying again").toEqual(status);
  });

  test("a Ready condition is seen in the column of its name", async () => {
    const all = await succeed(server, ["get", "sov", "--no-headers"]);
    expect(all.trim().split(/\s+/)).toContain("True");
  });

  test("a condition that is none is refused", async () => {
    const wrong = { conditions: [{ ...ready, status: "yes" }] };
    const refused = await patch("Sovereign", wrong, "--subresource=status");
    expect(refused).toMatchObject({
      ok: false,
      stderr: expect.stringContaining('supported values: "True", "False", "Unknown"'),
    });
  });
});
