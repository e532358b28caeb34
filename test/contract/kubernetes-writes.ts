/** Writing whole objects: what is taken, what is refused and why, and that a rehearsal changes nothing. */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import type { WorldOf } from "./kubernetes.ts";
import {
  deploymentOf,
  fieldOf,
  objectAt,
  placeOf,
  refusedAs,
  writtenOf,
} from "./kubernetes-world.ts";

const { configMap, deployment, lease, secret } = resourceKinds;

export function writeContract(opened: WorldOf): void {
  createContract(opened);
  replaceContract(opened);
  describe("an object that is wrong", () => wrongContract(opened));
  describe("a field that the kind does not have", () => unknownFieldContract(opened));
  describe("a rehearsal", () => dryRunContract(opened));
}

function createContract(opened: WorldOf): void {
  test("is done once: what is there already is not made again", async () => {
    const place = opened().place("map");
    const object = objectAt(configMap, place, { data: { a: "1" } });
    const made = writtenOf(await opened().api.create(configMap, object));
    expect(made.metadata).toMatchObject({ ...place, uid: expect.any(String) });
    const again = await opened().api.create(configMap, objectAt(configMap, place, {}));
    const { because } = refusedAs(again, "alreadyExists");
    expect(because).toBe(`configmaps "${place.name}" already exists`);
    expect(await opened().read(configMap, place)).toMatchObject({ data: { a: "1" } });
  });

  test("in a namespace that is not there finds none", async () => {
    const object = objectAt(configMap, { name: "map", namespace: "no-such-namespace" }, {});
    const { what, because } = refusedAs(await opened().api.create(configMap, object), "notFound");
    expect([what, because]).toEqual(["object", 'namespaces "no-such-namespace" not found']);
  });

  test("turns the words of a Secret into its data", async () => {
    const place = opened().place("secret");
    const made = await opened().make(secret, { stringData: { user: "ann" } }, place);
    expect(made).toMatchObject({ type: "Opaque", data: { user: "YW5u" } });
    expect(made).not.toHaveProperty("stringData");
  });
}

function replaceContract(opened: WorldOf): void {
  test("in place of what somebody changed meanwhile is a conflict", async () => {
    const before = await opened().configMap();
    const now = await opened().api.replace(configMap, { ...before, data: { a: "2" } });
    expect(writtenOf(now).metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    const late = await opened().api.replace(configMap, { ...before, data: { a: "3" } });
    const { about, owners } = refusedAs(late, "conflict");
    expect([about, owners]).toEqual(["version", []]);
    expect(await opened().read(configMap, before.metadata)).toMatchObject({ data: { a: "2" } });
  });

  test("without a version takes the place of whatever is there", async () => {
    const { metadata } = await opened().configMap();
    const replaced = objectAt(configMap, metadata, { data: { b: "2" } });
    const now = writtenOf(await opened().api.replace(configMap, replaced));
    expect(now).toMatchObject({ data: { b: "2" }, metadata: { uid: metadata.uid } });
    expect(now["data"]).not.toHaveProperty("a");
  });

  test("of what is not there finds nothing", async () => {
    const missing = objectAt(configMap, opened().place("missing"), {});
    expect(refusedAs(await opened().api.replace(configMap, missing), "notFound").what).toBe(
      "object",
    );
  });

  test("with what is there already changes nothing, not even the version", async () => {
    const before = await opened().configMap();
    const after = writtenOf(await opened().api.replace(configMap, before));
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test("with another identity is a conflict", async () => {
    const before = await opened().configMap();
    const { resourceVersion: _, ...metadata } = before.metadata;
    const other = {
      ...before,
      metadata: { ...metadata, uid: "00000000-0000-0000-0000-000000000000" },
    };
    expect(refusedAs(await opened().api.replace(configMap, other), "conflict").about).toBe(
      "version",
    );
  });

  test("of a Lease is a register with compare-and-set", async () => {
    const place = opened().place("slot");
    const spec = (holderIdentity: string, leaseTransitions: number): JsonObject => ({
      spec: { holderIdentity, leaseTransitions, leaseDurationSeconds: 30 },
    });
    const first = await opened().make(lease, spec("a", 1), place);
    const version = first.metadata.resourceVersion ?? "";
    const asOf = (rest: JsonObject): KubeObject =>
      objectAt(lease, place, { ...rest, metadata: { resourceVersion: version } });
    const [one, other] = await Promise.all([
      opened().api.replace(lease, asOf(spec("b", 2))),
      opened().api.replace(lease, asOf(spec("c", 2))),
    ]);
    expect([one.kind, other.kind].sort(), "exactly one of two").toEqual(["conflict", "written"]);
    const winner = one.kind === "written" ? "b" : "c";
    expect(fieldOf(await opened().read(lease, place), "spec", "holderIdentity")).toBe(winner);
  });

  test("of a specification makes a new generation, and of labels does not", async () => {
    const before = await opened().deployment();
    const generation = before.metadata.generation ?? 0;
    const spec = { ...(before["spec"] as JsonObject), minReadySeconds: 7 };
    const { resourceVersion: _, ...metadata } = before.metadata;
    const changed = writtenOf(
      await opened().api.replace(deployment, { ...before, metadata, spec }),
    );
    expect(changed.metadata.generation).toBe(generation + 1);
    const labelled = { ...changed, metadata: { ...metadata, labels: { a: "b" } } };
    const after = writtenOf(await opened().api.replace(deployment, labelled));
    expect(after.metadata.generation).toBe(generation + 1);
  });
}

function wrongContract(opened: WorldOf): void {
  const create = (change: (object: JsonObject) => JsonObject, name?: string) => {
    const place = opened().place("wrong");
    const wrong = change(deploymentOf(place.name));
    const at = { ...place, name: name ?? place.name };
    return opened().api.create(deployment, objectAt(deployment, at, wrong));
  };
  const withSpec = (spec: JsonObject) => (object: JsonObject) => ({
    spec: { ...(object["spec"] as JsonObject), ...spec },
  });

  test.each<[string, string, JsonObject]>([
    ["spec.replicas", "FieldValueInvalid", { replicas: -1 }],
    [
      "spec.template.metadata.labels",
      "FieldValueInvalid",
      { selector: { matchLabels: { app: "another" } } },
    ],
    ["spec.selector", "FieldValueRequired", { selector: null }],
  ])("names the field %s and says %s", async (field, reason, spec) => {
    const { causes, because } = refusedAs(await create(withSpec(spec)), "invalid");
    expect(causes).toContainEqual({ field, reason, message: expect.stringMatching(/\w/) });
    expect(because).toContain(field);
  });

  test("names every field at once", async () => {
    const both = withSpec({ replicas: -1, minReadySeconds: -2 });
    const { causes } = refusedAs(await create(both), "invalid");
    expect(causes.map(({ field }) => field)).toEqual(
      expect.arrayContaining(["spec.replicas", "spec.minReadySeconds"]),
    );
  });

  test("in its name is refused for its name", async () => {
    const { causes } = refusedAs(await create((object) => object, "Not_A_Name"), "invalid");
    expect(causes).toContainEqual(expect.objectContaining({ field: "metadata.name" }));
  });

  test("in a type is refused", async () => {
    refusedAs(await create(withSpec({ replicas: "three" })), "invalid");
  });

  test("because a field that never changes was changed is refused for that field", async () => {
    const before = await opened().deployment();
    const labels = { app: "another" };
    const changed = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
    const patched = await opened().patch(deployment, before.metadata, {
      kind: "merge",
      body: { spec: changed },
    });
    const { causes } = refusedAs(patched, "invalid");
    expect(causes).toContainEqual(
      expect.objectContaining({ field: "spec.selector", reason: "FieldValueInvalid" }),
    );
  });
}

function unknownFieldContract(opened: WorldOf): void {
  const wrong = () => {
    const place = opened().place("odd");
    const { spec } = deploymentOf(place.name);
    return objectAt(deployment, place, { spec: { ...(spec as JsonObject), replica: 3 } });
  };
  const cause = {
    field: "spec.replica",
    reason: "FieldValueUnknown",
    message: 'unknown field "spec.replica"',
  };

  test("is refused by its name, in a new object and in a patch", async () => {
    const created = await opened().api.create(deployment, wrong());
    expect(refusedAs(created, "invalid").causes).toEqual([cause]);
    const { metadata } = await opened().deployment();
    for (const kind of ["merge", "strategic"] as const) {
      const patched = await opened().patch(deployment, metadata, {
        kind,
        body: { spec: { replica: 3 } },
      });
      expect(refusedAs(patched, "invalid").causes, kind).toEqual([cause]);
    }
  });

  test("is left out with a warning when that is asked for", async () => {
    const made = await opened().api.create(deployment, wrong(), { unknownFields: "drop" });
    expect(made).toMatchObject({ kind: "written", warnings: ['unknown field "spec.replica"'] });
    expect(fieldOf(writtenOf(made), "spec", "replica")).toBe(undefined);
  });

  test("in nothing is warned of", async () => {
    const place = opened().place("map");
    expect(await opened().api.create(configMap, objectAt(configMap, place, {}))).toMatchObject({
      warnings: [],
    });
  });
}

function dryRunContract(opened: WorldOf): void {
  const rehearsal = { dryRun: true } as const;

  test("of a new object shows it, and makes none", async () => {
    const place = opened().place("map");
    const object = objectAt(configMap, place, { data: { a: "1" } });
    const shown = writtenOf(await opened().api.create(configMap, object, rehearsal));
    expect(shown).toMatchObject({ data: { a: "1" }, metadata: { uid: expect.any(String) } });
    expect(await opened().isThere(configMap, place)).toBe(false);
  });

  test("of a change shows it, and changes nothing", async () => {
    const before = await opened().configMap();
    const { api } = opened();
    const replaced = await api.replace(configMap, { ...before, data: { a: "2" } }, rehearsal);
    expect(writtenOf(replaced)).toMatchObject({ data: { a: "2" } });
    const at = placeOf(before.metadata);
    for (const kind of ["merge", "apply"] as const) {
      const body = { data: { a: "3" } };
      const patch = kind === "merge" ? { kind, body } : { kind, body, force: true };
      const patched = await api.patch(configMap, at, { ...rehearsal, patch });
      expect(writtenOf(patched), kind).toMatchObject({ data: { a: "3" } });
    }
    expect(await opened().read(configMap, at)).toEqual(before);
  });

  test("of a deletion deletes nothing", async () => {
    const { metadata } = await opened().configMap();
    const deleted = await opened().api.delete(configMap, placeOf(metadata), rehearsal);
    expect(deleted.kind).toBe("deleted");
    expect(await opened().isThere(configMap, metadata)).toBe(true);
  });

  test("is refused as the deed would be", async () => {
    const { metadata } = await opened().configMap();
    const again = await opened().api.create(
      configMap,
      objectAt(configMap, metadata, {}),
      rehearsal,
    );
    refusedAs(again, "alreadyExists");
    const place = opened().place("wrong");
    const { spec } = deploymentOf(place.name);
    const wrong = { spec: { ...(spec as JsonObject), replicas: -1 } };
    const made = await opened().api.create(
      deployment,
      objectAt(deployment, place, wrong),
      rehearsal,
    );
    refusedAs(made, "invalid");
  });
}
