/** Eviction: a Pod goes, unless its disruption budget says no. Nobody runs these Pods; the suite says of them what a kubelet would. */
import { expect, test } from "vitest";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { WorldOf } from "./kubernetes.ts";
import { reached } from "./kubernetes-widget.ts";
import {
  type KubernetesWorld,
  objectAt,
  placeOf,
  refusedAs,
  writtenOf,
} from "./kubernetes-world.ts";

const { pod, podDisruptionBudget } = resourceKinds;

/** A Pod with the label `app`, running and ready by its status. */
async function runningPod(world: KubernetesWorld, app: string, isReady = true) {
  const place = world.place("pod");
  const spec = { schedulerName: "nobody", containers: [{ name: "web", image: "web:1" }] };
  const made = await world.make(pod, { metadata: { labels: { app } }, spec }, place);
  if (isReady) {
    const condition = { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const status = { phase: "Running", conditions: [condition] };
    const patch = { kind: "merge", body: { status } } as const;
    writtenOf(await world.api.patch(pod, place, { patch, subresource: "status" }));
  }
  return { place, uid: made.metadata.uid ?? "" };
}

/** A budget over one Pod of `app` that allows so many disruptions, with the status that its controller computes. */
async function budget(world: KubernetesWorld, app: string, allowed: 0 | 1): Promise<void> {
  const place = world.place("budget");
  const minAvailable = 1 - allowed;
  const spec = { minAvailable, selector: { matchLabels: { app } } };
  const made = await world.make(podDisruptionBudget, { spec }, place);
  const status = {
    observedGeneration: made.metadata.generation ?? 1,
    disruptionsAllowed: allowed,
    currentHealthy: 1,
    desiredHealthy: minAvailable,
    expectedPods: 1,
  };
  const patch = { kind: "merge", body: { status } } as const;
  await world.api.patch(podDisruptionBudget, place, { patch, subresource: "status" });
  await reached(world, { kind: podDisruptionBudget, place }, (object) =>
    JSON.stringify(object).includes(`"disruptionsAllowed":${allowed}`),
  );
}

export function evictionContract(opened: WorldOf): void {
  const isGone = (place: { readonly name: string; readonly namespace: string }) =>
    reached(opened(), { kind: pod, place }, (object) => object === null);

  test("takes a Pod away that no budget guards", async () => {
    const { place } = await runningPod(opened(), "free");
    expect(await opened().api.evict(place)).toEqual({ kind: "evicted" });
    await isGone(place);
  });

  test("takes a Pod away when its budget allows one, and no second one", async () => {
    const { place } = await runningPod(opened(), "allowed");
    await budget(opened(), "allowed", 1);
    expect(await opened().api.evict(place, { dryRun: true })).toEqual({ kind: "evicted" });
    expect(await opened().isThere(pod, place)).toBe(true);
    expect(await opened().api.evict(place)).toEqual({ kind: "evicted" });
    await isGone(place);
  });

  test("is refused by a budget that allows none, and the Pod stays", async () => {
    const { place } = await runningPod(opened(), "guarded");
    await budget(opened(), "guarded", 0);
    const { because, retryAfterMs } = refusedAs(await opened().api.evict(place), "tooMany");
    expect(because).toContain("disruption budget");
    expect(retryAfterMs === null || retryAfterMs > 0).toBe(true);
    refusedAs(await opened().api.evict(place, { dryRun: true }), "tooMany");
    expect(await opened().isThere(pod, place)).toBe(true);
    expect(
      (await opened().api.delete(pod, place, { graceSeconds: 0 })).kind,
      "deletion asks no budget",
    ).toBe("deleted");
  });

  test("of a Pod that does not run asks no budget", async () => {
    await budget(opened(), "pending", 0);
    const { place } = await runningPod(opened(), "pending", false);
    expect(await opened().api.evict(place)).toEqual({ kind: "evicted" });
  });

  test("under two budgets is refused for good", async () => {
    const { place } = await runningPod(opened(), "twice");
    await budget(opened(), "twice", 1);
    await budget(opened(), "twice", 1);
    const { about, because } = refusedAs(await opened().api.evict(place), "conflict");
    expect(about).toBe("state");
    expect(because).toContain("more than one PodDisruptionBudget");
    expect(await opened().isThere(pod, place)).toBe(true);
  });

  test("is of one identity when it says so", async () => {
    const { place, uid } = await runningPod(opened(), "same");
    const other = { uid: "00000000-0000-0000-0000-000000000000" };
    expect(refusedAs(await opened().api.evict(place, other), "conflict").about).toBe("version");
    expect(await opened().isThere(pod, place)).toBe(true);
    expect(await opened().api.evict(place, { uid })).toEqual({ kind: "evicted" });
  });

  test("of a Pod that is not there finds none", async () => {
    const evicted = await opened().api.evict(opened().place("pod"));
    expect(refusedAs(evicted, "notFound").what).toBe("object");
  });

  test("of a Pod that is wrong was never possible: one without containers is refused", async () => {
    const place = placeOf(opened().place("pod"));
    const wrong = objectAt(pod, place, { spec: { containers: [] } });
    const { causes } = refusedAs(await opened().api.create(pod, wrong), "invalid");
    expect(causes).toContainEqual(
      expect.objectContaining({ field: "spec.containers", reason: "FieldValueRequired" }),
    );
  });
}
