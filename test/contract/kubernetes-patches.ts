/** Each type of patch, with what it alone can do and what it refuses. */
import { describe, expect, test } from "vitest";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { WorldOf } from "./kubernetes.ts";
import { widgetKind } from "./kubernetes-widget.ts";
import { failureOf, fieldOf, placeOf, refusedAs, writtenOf } from "./kubernetes-world.ts";

const { configMap, deployment } = resourceKinds;

export function patchContract(opened: WorldOf): void {
  describe("a merge patch", () => mergeContract(opened));
  describe("a JSON patch", () => jsonContract(opened));
  describe("a strategic merge patch", () => strategicContract(opened));

  test.each([
    { kind: "merge", body: {} },
    { kind: "json", operations: [] },
    { kind: "strategic", body: {} },
  ] as const)("a patch ($kind) of what is not there finds nothing", async (patch) => {
    const patched = await opened().patch(configMap, opened().place("missing"), patch);
    expect(refusedAs(patched, "notFound").what).toBe("object");
  });
}

function mergeContract(opened: WorldOf): void {
  test("sets, removes by null, and leaves the rest as it is", async () => {
    const { metadata } = await opened().configMap({ a: "1", b: "2", c: "3" });
    const body = { data: { a: null, b: "20" }, metadata: { annotations: { "x/y": "z" } } };
    const after = writtenOf(await opened().patch(configMap, metadata, { kind: "merge", body }));
    expect(after).toMatchObject({ metadata: { annotations: { "x/y": "z" } } });
    expect(after["data"]).toEqual({ b: "20", c: "3" });
  });

  test("puts a list in the place of another", async () => {
    const { metadata } = await opened().deployment();
    const containers = [{ name: "web", image: "web:2" }];
    const body = { spec: { template: { spec: { containers } } } };
    const after = writtenOf(await opened().patch(deployment, metadata, { kind: "merge", body }));
    const now = fieldOf(after, "spec", "template", "spec", "containers");
    expect(now).toMatchObject(containers);
    expect(now).toHaveLength(1);
  });

  test("with a version is for that version alone", async () => {
    const { metadata } = await opened().configMap();
    const body = (a: string) => ({
      data: { a },
      metadata: { resourceVersion: metadata.resourceVersion ?? "" },
    });
    writtenOf(await opened().patch(configMap, metadata, { kind: "merge", body: body("2") }));
    const late = await opened().patch(configMap, metadata, { kind: "merge", body: body("3") });
    expect(refusedAs(late, "conflict").about).toBe("version");
  });
}

function jsonContract(opened: WorldOf): void {
  test("does its operations in order, on keys with slashes too", async () => {
    const { metadata } = await opened().configMap({ a: "1", b: "2" });
    const operations = [
      { op: "test", path: "/data/a", value: "1" },
      { op: "replace", path: "/data/a", value: "10" },
      { op: "remove", path: "/data/b" },
      { op: "add", path: "/metadata/annotations", value: {} },
      { op: "add", path: "/metadata/annotations/x.test~1y", value: "z" },
      { op: "copy", from: "/data/a", path: "/data/c" },
    ] as const;
    const after = writtenOf(
      await opened().patch(configMap, metadata, { kind: "json", operations }),
    );
    expect(after).toMatchObject({ metadata: { annotations: { "x.test/y": "z" } } });
    expect(after["data"]).toEqual({ a: "10", c: "10" });
  });

  test("whose test does not hold is a conflict, and nothing of it is done", async () => {
    const { metadata } = await opened().configMap();
    const operations = [
      { op: "add", path: "/data/b", value: "2" },
      { op: "test", path: "/data/a", value: "another" },
    ] as const;
    const patched = await opened().patch(configMap, metadata, { kind: "json", operations });
    expect(refusedAs(patched, "conflict").about).toBe("patch");
    expect((await opened().read(configMap, metadata))["data"]).toEqual({ a: "1" });
  });

  test("can be held to a version by a test", async () => {
    const { metadata } = await opened().configMap();
    const patch = (a: string) => ({
      kind: "json" as const,
      operations: [
        { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion ?? "" },
        { op: "replace", path: "/data/a", value: a },
      ] as const,
    });
    writtenOf(await opened().patch(configMap, metadata, patch("2")));
    const late = await opened().patch(configMap, metadata, patch("3"));
    expect(refusedAs(late, "conflict").about).toBe("patch");
  });

  test("that removes what is not there is a conflict too", async () => {
    const { metadata } = await opened().configMap();
    const operations = [{ op: "remove", path: "/data/no-such" }] as const;
    const patched = await opened().patch(configMap, metadata, { kind: "json", operations });
    expect(refusedAs(patched, "conflict").about).toBe("patch");
  });
}

function strategicContract(opened: WorldOf): void {
  test("finds items of a list by their key, and leaves the others", async () => {
    const { metadata } = await opened().deployment();
    const containers = [{ name: "web", image: "web:2", env: [{ name: "A", value: "1" }] }];
    const body = { spec: { template: { spec: { containers } } } };
    const after = writtenOf(
      await opened().patch(deployment, metadata, { kind: "strategic", body }),
    );
    expect(fieldOf(after, "spec", "template", "spec", "containers")).toMatchObject([
      { name: "web", image: "web:2", env: [{ name: "A", value: "1" }] },
      { name: "proxy", image: "proxy:1" },
    ]);
  });

  test("removes an item by its key", async () => {
    const { metadata } = await opened().deployment();
    const containers = [{ name: "proxy", $patch: "delete" }];
    const body = { spec: { template: { spec: { containers } } } };
    const after = writtenOf(
      await opened().patch(deployment, metadata, { kind: "strategic", body }),
    );
    const left = fieldOf(after, "spec", "template", "spec", "containers");
    expect(left).toMatchObject([{ name: "web" }]);
    expect(left).toHaveLength(1);
  });

  test("restarts a rollout by an annotation, as kubectl does", async () => {
    const before = await opened().deployment();
    const annotations = { "kubectl.kubernetes.io/restartedAt": "2026-11-21T12:00:00Z" };
    const body = { spec: { template: { metadata: { annotations } } } };
    const patched = await opened().patch(deployment, before.metadata, { kind: "strategic", body });
    const after = writtenOf(patched);
    expect(fieldOf(after, "spec", "template", "metadata")).toMatchObject({
      annotations,
      labels: fieldOf(before, "spec", "template", "metadata", "labels"),
    });
    expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
    const again = await opened().patch(deployment, before.metadata, { kind: "strategic", body });
    expect(writtenOf(again).metadata.resourceVersion).toBe(after.metadata.resourceVersion);
  });

  test("of a kind that a CRD defines is not understood, and our client does not send one", async () => {
    const { api } = opened();
    const place = opened().place("widget");
    const widget = { ...widgetKind, isBuiltIn: true };
    const patch = { kind: "strategic", body: {} } as const;
    await opened().make(widgetKind, { spec: { size: 1 } }, place);
    expect((await failureOf(api.patch(widget, placeOf(place), { patch }))).code).toBe(
      "KubernetesRefused",
    );
    expect(() => api.patch(widgetKind, placeOf(place), { patch })).toThrow(/no built-in kind/);
  });
}
