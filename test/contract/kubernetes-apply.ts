/** Server-side apply: fields have owners, and whoever wants another's field is told whose it is. */
import { describe, expect, test } from "vitest";
import type { Place, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import type { Written } from "../../src/control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../src/control/kubernetes/refusal.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import type { WorldOf } from "./kubernetes.ts";
import { widgetKind } from "./kubernetes-widget.ts";
import { deploymentOf, fieldOf, placeOf, refusedAs, writtenOf } from "./kubernetes-world.ts";

type Options = {
  readonly force?: boolean;
  readonly as?: "gitops" | "api";
  readonly dryRun?: boolean;
};

type Apply = (
  kind: ResourceKind,
  place: Place,
  ask: Options & { readonly body: JsonObject },
) => Promise<Written | Refusal>;

const { configMap, deployment } = resourceKinds;

export function applyContract(opened: WorldOf): void {
  const apply: Apply = (kind, place, { body, force = false, as = "api", dryRun = false }) =>
    opened()[as].patch(kind, placeOf(place), { patch: { kind: "apply", body, force }, dryRun });

  describe.each([
    ["a kind that is built in", configMap, (fields: JsonObject) => ({ data: fields }), "data"],
    [
      "a kind of a CRD",
      widgetKind,
      (fields: JsonObject) => ({ spec: { size: 1, ...(isEmpty(fields) ? {} : { fields }) } }),
      "spec.fields",
    ],
  ] as const)("of %s", (_name, kind, bodyOf, path) => {
    const at = (object: Parameters<typeof fieldOf>[0]) => fieldOf(object, ...path.split("."));
    makingContract(opened, apply, { kind, bodyOf, at });
    owningContract(opened, apply, { kind, bodyOf, at, path: `.${path}` });
  });

  describe("of a Deployment", () => deploymentContract(opened, apply));
}

/** An applied map that was emptied becomes null, which a CRD then refuses (structured-merge-diff): it is left out instead. */
const isEmpty = (fields: JsonObject): boolean => Object.keys(fields).length === 0;

type Subject = {
  readonly kind: ResourceKind;
  readonly bodyOf: (fields: JsonObject) => JsonObject;
  readonly at: (object: Parameters<typeof fieldOf>[0]) => unknown;
};

function makingContract(opened: WorldOf, apply: Apply, { kind, bodyOf, at }: Subject): void {
  test("makes the object where there is none, and changes nothing when it is as applied", async () => {
    const place = opened().place("applied");
    const made = writtenOf(await apply(kind, place, { body: bodyOf({ a: "1" }) }));
    expect(at(made)).toEqual({ a: "1" });
    const again = writtenOf(await apply(kind, place, { body: bodyOf({ a: "1" }) }));
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test("tells who owns which field", async () => {
    const place = opened().place("applied");
    const made = writtenOf(await apply(kind, place, { body: bodyOf({ a: "1" }) }));
    expect(made.metadata.managedFields).toMatchObject([
      { manager: "sovereign-contract", operation: "Apply", fieldsType: "FieldsV1" },
    ]);
    expect(JSON.stringify(made.metadata.managedFields?.[0]?.fieldsV1)).toContain('"f:a":{}');
  });

  test("removes what was applied before and is not any more", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ a: "1", b: "2" }) });
    const after = writtenOf(await apply(kind, place, { body: bodyOf({ b: "2" }) }));
    expect(at(after)).toEqual({ b: "2" });
  });

  test("with a version of the object is for that version alone", async () => {
    const place = opened().place("applied");
    const made = writtenOf(await apply(kind, place, { body: bodyOf({ a: "1" }) }));
    const metadata = { resourceVersion: made.metadata.resourceVersion ?? "" };
    const body = (a: string) => ({ ...bodyOf({ a }), metadata });
    writtenOf(await apply(kind, place, { body: body("2") }));
    const late = await apply(kind, place, { body: body("3") });
    expect(refusedAs(late, "conflict").about).toBe("version");
  });
}

function owningContract(
  opened: WorldOf,
  apply: Apply,
  { kind, bodyOf, at, path }: Subject & { readonly path: string },
): void {
  test("leaves what others own", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ theirs: "1" }), as: "gitops" });
    const after = writtenOf(await apply(kind, place, { body: bodyOf({ ours: "2" }) }));
    expect(at(after)).toEqual({ theirs: "1", ours: "2" });
    const removed = writtenOf(await apply(kind, place, { body: bodyOf({}) }));
    expect(at(removed)).toEqual({ theirs: "1" });
  });

  test("of another's field is a conflict that names the field and its owner", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ role: "a", other: "b" }), as: "gitops" });
    const refused = await apply(kind, place, { body: bodyOf({ role: "x", other: "y" }) });
    const { about, owners } = refusedAs(refused, "conflict");
    expect(about).toBe("owner");
    expect([...owners].sort((one, two) => (one.field < two.field ? -1 : 1))).toEqual([
      { field: `${path}.other`, manager: "gitops" },
      { field: `${path}.role`, manager: "gitops" },
    ]);
    expect(at(await opened().read(kind, place))).toEqual({ role: "a", other: "b" });
  });

  test("by force takes another's field, which is then a conflict for the other", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ role: "a" }), as: "gitops" });
    const taken = await apply(kind, place, { body: bodyOf({ role: "x" }), force: true });
    expect(at(writtenOf(taken))).toEqual({ role: "x" });
    const back = await apply(kind, place, { body: bodyOf({ role: "a" }), as: "gitops" });
    const { owners } = refusedAs(back, "conflict");
    expect(owners).toEqual([{ field: `${path}.role`, manager: "sovereign-contract" }]);
  });

  test("of the same value shares the field, and it stays as long as one of both wants it", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ shared: "1" }), as: "gitops" });
    writtenOf(await apply(kind, place, { body: bodyOf({ shared: "1" }) }));
    const left = writtenOf(await apply(kind, place, { body: bodyOf({}), as: "gitops" }));
    expect(at(left)).toEqual({ shared: "1" });
    const gone = writtenOf(await apply(kind, place, { body: bodyOf({}) }));
    expect(at(gone) ?? {}).toEqual({});
  });

  test("meets an ordinary write as another's, under the name that wrote", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ role: "a" }) });
    const patch = { kind: "merge", body: bodyOf({ role: "b" }) } as const;
    writtenOf(await opened().gitops.patch(kind, place, { patch }));
    const refused = await apply(kind, place, { body: bodyOf({ role: "a" }) });
    const { owners } = refusedAs(refused, "conflict");
    expect(owners).toEqual([{ field: `${path}.role`, manager: "gitops" }]);
  });

  test("that is rehearsed says its conflict too", async () => {
    const place = opened().place("applied");
    await apply(kind, place, { body: bodyOf({ role: "a" }), as: "gitops" });
    const rehearsed = await apply(kind, place, { body: bodyOf({ role: "x" }), dryRun: true });
    expect(refusedAs(rehearsed, "conflict").about).toBe("owner");
  });
}

function deploymentContract(opened: WorldOf, apply: Apply): void {
  test("finds containers by their names", async () => {
    const place = opened().place("shop");
    await apply(deployment, place, { body: deploymentOf(place.name), as: "gitops" });
    const body = (env: readonly JsonObject[]) => ({
      spec: { template: { spec: { containers: [{ name: "web", env }] } } },
    });
    const ours = body([{ name: "EPOCH", value: "7" }]);
    const after = writtenOf(await apply(deployment, place, { body: ours }));
    expect(fieldOf(after, "spec", "template", "spec", "containers")).toMatchObject([
      { name: "web", image: "web:1", env: [{ name: "EPOCH", value: "7" }] },
      { name: "proxy", image: "proxy:1" },
    ]);
  });

  test("of replicas that GitOps owns is a conflict", async () => {
    const place = opened().place("shop");
    await apply(deployment, place, { body: deploymentOf(place.name), as: "gitops" });
    const refused = await apply(deployment, place, { body: { spec: { replicas: 3 } } });
    const { owners } = refusedAs(refused, "conflict");
    expect(owners).toEqual([{ field: ".spec.replicas", manager: "gitops" }]);
  });

  test("of a field that the kind does not have is wrong", async () => {
    const place = opened().place("shop");
    await apply(deployment, place, { body: deploymentOf(place.name) });
    const refused = await apply(deployment, place, { body: { spec: { replica: 3 } } });
    const { causes } = refusedAs(refused, "invalid");
    const message = 'unknown field "spec.replica"';
    expect(causes).toEqual([{ field: "spec.replica", reason: "FieldValueUnknown", message }]);
  });
}
