/** Kinds that a CRD defines: ours as they are shipped, and one that asks for everything that the suite needs. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import type { KubeObject, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import type { WorldOf } from "./kubernetes.ts";
import { defineKind, widgetKind } from "./kubernetes-widget.ts";
import { fieldOf, objectAt, placeOf, refusedAs, writtenOf } from "./kubernetes-world.ts";

export function crdContract(opened: WorldOf): void {
  describe("of the suite", () => {
    fillingContract(opened);
    refusingContract(opened);
  });
  describe("of the product", () => productContract(opened));
}

function fillingContract(opened: WorldOf): void {
  const make = (spec: JsonObject, drop = false) => {
    const object = objectAt(widgetKind, opened().place("widget"), { spec });
    return opened().api.create(widgetKind, object, drop ? { unknownFields: "drop" } : {});
  };

  test("fills in defaults, in lists too", async () => {
    const made = writtenOf(
      await make({ size: 1, parts: [{ name: "a" }, { name: "b", weight: 1 }] }),
    );
    expect(made["spec"]).toEqual({
      size: 1,
      replicas: 1,
      colour: "red",
      parts: [
        { name: "a", weight: 7 },
        { name: "b", weight: 1 },
      ],
    });
    expect(made.metadata.generation).toBe(1);
  });

  test("leaves out what it does not know, and keeps what it is to keep unread", async () => {
    const spec = {
      size: 1,
      shape: "round",
      kept: { anything: [1, { b: true }] },
      parts: [{ name: "a", x: 1 }],
    };
    const made = await make(spec, true);
    const warnings = made.kind === "written" ? [...made.warnings].sort() : made;
    expect(warnings).toEqual(['unknown field "spec.parts[0].x"', 'unknown field "spec.shape"']);
    const stored = writtenOf(made)["spec"];
    expect(stored).toMatchObject({ kept: spec.kept, parts: [{ name: "a", weight: 7 }] });
    expect(JSON.stringify(stored)).not.toMatch(/round|"x"/);
  });

  test("refuses what it does not know when it is asked to", async () => {
    const { causes } = refusedAs(await make({ size: 1, shape: "round" }), "invalid");
    expect(causes).toEqual([
      { field: "spec.shape", reason: "FieldValueUnknown", message: 'unknown field "spec.shape"' },
    ]);
  });

  test("merges a list by its key when applied", async () => {
    const place = opened().place("widget");
    const patch = (parts: readonly JsonObject[]) =>
      ({ kind: "apply", body: { spec: { size: 1, parts } }, force: false }) as const;
    await opened().gitops.patch(widgetKind, place, {
      patch: patch([{ name: "theirs", weight: 1 }]),
    });
    const after = writtenOf(
      await opened().patch(widgetKind, place, patch([{ name: "ours", weight: 2 }])),
    );
    expect(fieldOf(after, "spec", "parts")).toEqual([
      { name: "theirs", weight: 1 },
      { name: "ours", weight: 2 },
    ]);
  });

  test("is not replaced without a version, unlike what is built in", async () => {
    const made = writtenOf(await make({ size: 1 }));
    const object = objectAt(widgetKind, placeOf(made.metadata), { spec: { size: 2 } });
    const { causes } = refusedAs(await opened().api.replace(widgetKind, object), "invalid");
    expect(causes).toContainEqual(expect.objectContaining({ field: "metadata.resourceVersion" }));
  });
}

function refusingContract(opened: WorldOf): void {
  test.each<[string, string, JsonObject]>([
    ["spec.size", "FieldValueRequired", {}],
    ["spec.size", "FieldValueInvalid", { size: -1 }],
    ["spec.size", "FieldValueTypeInvalid", { size: "big" }],
    ["spec.colour", "FieldValueNotSupported", { size: 1, colour: "blue" }],
    ["spec.name", "FieldValueInvalid", { size: 1, name: "UPPER" }],
    ["spec.name", "FieldValueTooLong", { size: 1, name: "muchtoolong" }],
    [
      "spec.parts",
      "FieldValueTooMany",
      { size: 1, parts: ["a", "b", "c", "d"].map((name) => ({ name })) },
    ],
    ["spec.parts[1]", "FieldValueDuplicate", { size: 1, parts: [{ name: "a" }, { name: "a" }] }],
    ["spec", "FieldValueInvalid", { size: 3, largest: 2 }],
  ])("names %s and says %s of %j", async (field, reason, spec) => {
    const object = objectAt(widgetKind, opened().place("widget"), { spec });
    const { causes } = refusedAs(await opened().api.create(widgetKind, object), "invalid");
    expect(causes).toContainEqual({ field, reason, message: expect.stringMatching(/\w/) });
  });

  test("says a rule's own words", async () => {
    const object = objectAt(widgetKind, opened().place("widget"), {
      spec: { size: 3, largest: 2 },
    });
    const { because } = refusedAs(await opened().api.create(widgetKind, object), "invalid");
    expect(because).toContain("a widget is at most as large as its largest");
  });

  test("holds a rule of change against what was there", async () => {
    const place = opened().place("widget");
    await opened().make(widgetKind, { spec: { size: 1, epoch: 5 } }, place);
    const patch = (epoch: number) => ({ kind: "merge", body: { spec: { epoch } } }) as const;
    writtenOf(await opened().patch(widgetKind, place, patch(6)));
    writtenOf(await opened().patch(widgetKind, place, patch(6)));
    const { causes } = refusedAs(await opened().patch(widgetKind, place, patch(5)), "invalid");
    expect(causes).toContainEqual(expect.objectContaining({ field: "spec.epoch" }));
  });

  test("holds its status to the schema too", async () => {
    const place = opened().place("widget");
    await opened().make(widgetKind, { spec: { size: 1 } }, place);
    const patch = { kind: "merge", body: { status: { phase: "Odd" } } } as const;
    const patched = await opened().api.patch(widgetKind, place, { patch, subresource: "status" });
    const { causes } = refusedAs(patched, "invalid");
    expect(causes).toContainEqual(
      expect.objectContaining({ field: "status.phase", reason: "FieldValueNotSupported" }),
    );
  });
}

const documentsOf = (path: string): readonly JsonObject[] =>
  parseYaml(path, readFileSync(path, "utf8")).documents.map(({ value }) => value as JsonObject);

function kindOf(crd: JsonObject): ResourceKind {
  const at = (...path: readonly string[]) => fieldOf(crd as KubeObject, ...path);
  return {
    group: String(at("spec", "group")),
    version: "v1alpha1",
    kind: String(at("spec", "names", "kind")),
    plural: String(at("spec", "names", "plural")),
    scope: at("spec", "scope") === "Cluster" ? "Cluster" : "Namespaced",
    isBuiltIn: false,
  };
}

function productContract(opened: WorldOf): void {
  const crds = readdirSync("deploy/crds").flatMap((file) => documentsOf(`deploy/crds/${file}`));
  const kinds = new Map(crds.map((crd) => [kindOf(crd).kind, kindOf(crd)]));
  beforeAll(async () => {
    for (const crd of crds) await defineKind(opened(), kindOf(crd), crd);
  });
  const rehearse = (document: JsonObject) => {
    const kind = kinds.get(String(document["kind"]));
    if (kind === undefined) throw new Error(`no CRD for ${document["kind"]}`);
    const { name } = document["metadata"] as { readonly name: string };
    const place = kind.scope === "Cluster" ? { name } : { name, namespace: opened().namespace };
    return opened().api.create(kind, objectAt(kind, place, document), { dryRun: true });
  };
  const examples = readdirSync("examples/two-regions", { recursive: true, encoding: "utf8" })
    .filter((file) => /\.ya?ml$/.test(file))
    .flatMap((file) => documentsOf(`examples/two-regions/${file}`));

  test.each(
    examples.map(
      (document) =>
        [
          `${document["kind"]}/${fieldOf(document as KubeObject, "metadata", "name")}`,
          document,
        ] as const,
    ),
  )("takes the example %s with all that is in it", async (_name, document) => {
    expect(await rehearse(document)).toMatchObject({
      kind: "written",
      warnings: [],
      object: { spec: document["spec"] },
    });
  });

  test.each([
    ["missing-field.yaml", "spec.environmentRef", "FieldValueRequired"],
    ["unknown-placement.yaml", "spec.placement", "FieldValueNotSupported"],
    ["unknown-field.yaml", "spec.healtCheck", "FieldValueUnknown"],
    ["credentials-in-api-url.yaml", "spec.regions[0].nameServers[0].apiUrl", "FieldValueInvalid"],
  ])("refuses %s for %s", async (file, field, reason) => {
    const replies = await Promise.all(documentsOf(`examples/wrong/${file}`).map(rehearse));
    const wrong = replies.filter(({ kind }) => kind !== "written");
    expect(wrong).toHaveLength(1);
    const [reply = { kind: "none" }] = wrong;
    const { causes } = refusedAs(reply, "invalid");
    expect(causes).toContainEqual(expect.objectContaining({ field, reason }));
  });
}
