/** Deleting: only the object that is meant, and not before its finalizers let it go. */
import { expect, test } from "vitest";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { WorldOf } from "./kubernetes.ts";
import { reached } from "./kubernetes-widget.ts";
import { placeOf, refusedAs, writtenOf } from "./kubernetes-world.ts";

const { configMap, namespace } = resourceKinds;

export function deleteContract(opened: WorldOf): void {
  test("takes the object away, and finds nothing the second time", async () => {
    const { metadata } = await opened().configMap();
    const place = placeOf(metadata);
    expect(await opened().api.delete(configMap, place)).toMatchObject({ kind: "deleted" });
    expect(await opened().isThere(configMap, place)).toBe(false);
    expect(refusedAs(await opened().api.delete(configMap, place), "notFound").what).toBe("object");
  });

  test("is of one identity and one version, when it says so", async () => {
    const { metadata } = await opened().configMap();
    const { api } = opened();
    const place = placeOf(metadata);
    const uid = "00000000-0000-0000-0000-000000000000";
    expect(refusedAs(await api.delete(configMap, place, { uid }), "conflict").about).toBe(
      "version",
    );
    const old = { resourceVersion: "1" };
    expect(refusedAs(await api.delete(configMap, place, old), "conflict").about).toBe("version");
    const { uid: own = "", resourceVersion = "" } = metadata;
    const right = await api.delete(configMap, place, { uid: own, resourceVersion });
    expect(right.kind).toBe("deleted");
  });

  test("waits for finalizers, and the object says that it is going", async () => {
    const { metadata } = await opened().configMap();
    const { api } = opened();
    const place = placeOf(metadata);
    const finalizers = (names: readonly string[]) => ({ metadata: { finalizers: names } });
    const held = { kind: "merge", body: finalizers(["contract.sovereign.test/hold"]) } as const;
    await api.patch(configMap, place, { patch: held });
    const deleted = await api.delete(configMap, place);
    expect(deleted).toMatchObject({
      object: { metadata: { deletionTimestamp: expect.any(String) } },
    });
    const going = await opened().read(configMap, place);
    expect(going.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
    const more = {
      kind: "merge",
      body: finalizers(["contract.sovereign.test/hold", "b.test/x"]),
    } as const;
    refusedAs(await api.patch(configMap, place, { patch: more }), "invalid");
    const change = { kind: "merge", body: { data: { a: "2" } } } as const;
    writtenOf(await api.patch(configMap, place, { patch: change }));
    expect((await api.delete(configMap, place)).kind, "once more").toBe("deleted");
    const free = { kind: "merge", body: finalizers([]) } as const;
    await api.patch(configMap, place, { patch: free });
    expect(await opened().isThere(configMap, place)).toBe(false);
  });

  test("and making again gives another identity under the same name", async () => {
    const before = await opened().configMap();
    const place = placeOf(before.metadata);
    await opened().api.delete(configMap, place, { propagation: "Background" });
    const again = await opened().make(configMap, {}, place);
    expect(again.metadata.uid).not.toBe(before.metadata.uid);
    const stale = { kind: "deleted" };
    const { uid = "" } = before.metadata;
    expect(await opened().api.delete(configMap, place, { uid })).not.toMatchObject(stale);
    expect(await opened().isThere(configMap, place)).toBe(true);
  });

  test("of a namespace lets nothing new into it", async () => {
    const { name } = opened().place("going");
    const { api } = opened();
    const finalizers = ["contract.sovereign.test/hold"];
    await opened().make(namespace, { metadata: { finalizers } }, { name });
    await api.delete(namespace, { name });
    const inside = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "late", namespace: name },
    };
    const late = await api.create(configMap, inside);
    expect(refusedAs(late, "conflict").about).toBe("state");
    const patch = { kind: "merge", body: { metadata: { finalizers: [] } } } as const;
    writtenOf(await api.patch(namespace, { name }, { patch }));
    await reached(
      opened(),
      { kind: namespace, place: { name } },
      (object) => object === null || object.metadata.finalizers === undefined,
    );
  });
}
