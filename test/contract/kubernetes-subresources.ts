/** `status` and `scale`: parts of an object that are written apart from it. */
import { describe, expect, test } from "vitest";
import type { KubeObject, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import type { WorldOf } from "./kubernetes.ts";
import { widgetKind } from "./kubernetes-widget.ts";
import { deploymentOf, fieldOf, placeOf, refusedAs, writtenOf } from "./kubernetes-world.ts";

const { deployment } = resourceKinds;

type Subject = {
  readonly kind: ResourceKind;
  readonly spec: (name: string) => JsonObject;
  readonly status: JsonObject;
};

const subjects: readonly (readonly [string, Subject])[] = [
  [
    "a Deployment",
    {
      kind: deployment,
      spec: (name) => deploymentOf(name),
      status: { observedGeneration: 1, replicas: 2 },
    },
  ],
  [
    "a kind of a CRD",
    {
      kind: widgetKind,
      spec: () => ({ spec: { size: 1, replicas: 0 } }),
      status: { phase: "Whole", replicas: 2 },
    },
  ],
];

export function subresourceContract(opened: WorldOf): void {
  describe.each(subjects)("of %s", (_name, subject) => {
    describe("status", () => statusContract(opened, subject));
    describe("scale", () => scaleContract(opened, subject));
  });

  test("scale of a kind that has none is not found", async () => {
    const { metadata } = await opened().configMap();
    const place = placeOf(metadata);
    const scale = await opened().api.get(resourceKinds.configMap, place, { subresource: "scale" });
    expect(refusedAs(scale, "notFound").what).toBe("kind");
  });
}

async function made(opened: WorldOf, { kind, spec }: Subject): Promise<KubeObject> {
  const place = opened().place("parted");
  return await opened().make(kind, spec(place.name), place);
}

function statusContract(opened: WorldOf, subject: Subject): void {
  const { kind, status } = subject;
  const part = { subresource: "status" } as const;

  test("is written by its own way only, and makes no new generation", async () => {
    const before = await made(opened, subject);
    const place = placeOf(before.metadata);
    const patch = { kind: "merge", body: { status } } as const;
    const ignored = writtenOf(await opened().api.patch(kind, place, { patch }));
    expect(ignored["status"] ?? {}).not.toMatchObject(status);
    const after = writtenOf(await opened().api.patch(kind, place, { ...part, patch }));
    expect(after["status"]).toMatchObject(status);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(await opened().read(kind, place)).toMatchObject({ status });
  });

  test("takes nothing but itself with it", async () => {
    const before = await made(opened, subject);
    const changed = { ...(before["spec"] as JsonObject), replicas: 9 };
    const object = { ...before, spec: changed, status };
    const after = writtenOf(await opened().api.replace(kind, object, part));
    expect(after["status"]).toMatchObject(status);
    expect(fieldOf(after, "spec", "replicas")).toBe(0);
  });

  test("is held to the version that it was read with", async () => {
    const before = await made(opened, subject);
    writtenOf(await opened().api.replace(kind, { ...before, status }, part));
    const late = await opened().api.replace(kind, { ...before, status: {} }, part);
    expect(refusedAs(late, "conflict").about).toBe("version");
  });

  test("is kept when the object is replaced", async () => {
    const before = await made(opened, subject);
    const withStatus = writtenOf(await opened().api.replace(kind, { ...before, status }, part));
    const { status: _, ...without } = withStatus;
    const after = writtenOf(await opened().api.replace(kind, without as KubeObject));
    expect(after["status"]).toMatchObject(status);
  });
}

function scaleContract(opened: WorldOf, subject: Subject): void {
  const { kind } = subject;
  const part = { subresource: "scale" } as const;

  test("is read and written as what it is", async () => {
    const before = await made(opened, subject);
    const place = placeOf(before.metadata);
    const found = await opened().api.get(kind, place, part);
    if (found.kind !== "found") throw new Error(JSON.stringify(found));
    expect(found.object).toMatchObject({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { ...place, uid: before.metadata.uid },
      spec: {},
      status: { replicas: 0 },
    });
    const wanted = { ...found.object, spec: { replicas: 3 } };
    const scaled = writtenOf(await opened().api.replace(kind, wanted, part));
    expect(scaled).toMatchObject({ kind: "Scale", spec: { replicas: 3 } });
    const after = await opened().read(kind, place);
    expect(fieldOf(after, "spec", "replicas")).toBe(3);
    expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
    const late = await opened().api.replace(kind, { ...wanted, spec: { replicas: 5 } }, part);
    expect(refusedAs(late, "conflict").about).toBe("version");
  });

  test("is patched", async () => {
    const { metadata } = await made(opened, subject);
    const patch = { kind: "merge", body: { spec: { replicas: 2 } } } as const;
    const place = placeOf(metadata);
    const rehearsed = await opened().api.patch(kind, place, { ...part, patch, dryRun: true });
    expect(writtenOf(rehearsed)).toMatchObject({ spec: { replicas: 2 } });
    expect(fieldOf(await opened().read(kind, place), "spec", "replicas")).toBe(0);
    writtenOf(await opened().api.patch(kind, place, { ...part, patch }));
    expect(fieldOf(await opened().read(kind, place), "spec", "replicas")).toBe(2);
  });

  test("below nothing is refused for its field", async () => {
    const { metadata } = await made(opened, subject);
    const patch = { kind: "merge", body: { spec: { replicas: -1 } } } as const;
    const patched = await opened().api.patch(kind, placeOf(metadata), { ...part, patch });
    const { causes } = refusedAs(patched, "invalid");
    expect(causes).toContainEqual(expect.objectContaining({ field: "spec.replicas" }));
  });
}
