/** The shipped admission policy: an API server refuses a decreasing epoch, whoever writes it and by whatever request. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import { epochAnnotations, epochOf } from "../../src/control/kubernetes/epoch.ts";
import type { KubeObject, Place, ResourceKind } from "../../src/control/kubernetes/kube-object.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import type { WorldOf } from "./kubernetes.ts";
import { defineKind } from "./kubernetes-widget.ts";
import {
  type KubernetesWorld,
  objectAt,
  patience,
  refusedAs,
  writtenOf,
} from "./kubernetes-world.ts";

const { service, configMap, postgresCluster, admissionPolicy, admissionPolicyBinding } =
  resourceKinds;

const name = "epoch.sre.catalyst.openova.io";
const path = "deploy/kubernetes/base/epoch-policy.yaml";
const spec = { selector: { app: "shop" }, ports: [{ port: 80 }] };

const epochAt = (epoch: string | null): JsonObject => ({
  metadata: { annotations: { "sre.catalyst.openova.io/epoch": epoch } },
});

/** Has the server keep the shipped policy; resolves when it does. */
export async function installEpochPolicy(
  world: Pick<KubernetesWorld, "api" | "namespace">,
): Promise<void> {
  const { documents } = parseYaml(path, readFileSync(path, "utf8"));
  for (const { value } of documents) {
    const body = value as JsonObject;
    const kind: ResourceKind =
      body["kind"] === admissionPolicy.kind ? admissionPolicy : admissionPolicyBinding;
    const patch = { kind: "apply", body, force: true } as const;
    writtenOf(await world.api.patch(kind, { name }, { patch }));
  }
  // A server takes a policy up a moment after it was written.
  const endsAtMs = systemClock.monotonicMs() + patience.timeout;
  for (;;) {
    const probe = objectAt(
      service,
      { name: "probe", namespace: world.namespace },
      { spec, ...epochAt("x") },
    );
    const tried = await world.api.create(service, probe, { dryRun: true });
    if (tried.kind === "denied") return;
    if (systemClock.monotonicMs() > endsAtMs)
      throw new Error(`never in force: ${JSON.stringify(tried)}`);
    await systemClock.sleep(patience.interval);
  }
}

export function admissionContract(opened: WorldOf): void {
  beforeAll(() => installEpochPolicy(opened()));
  afterAll(async () => {
    await opened().api.delete(admissionPolicyBinding, { name });
    await opened().api.delete(admissionPolicy, { name });
  });
  const made = async (epoch: number): Promise<Required<Place>> => {
    const place = opened().place("service");
    await opened().make(
      service,
      { spec, metadata: { annotations: epochAnnotations(epoch) } },
      place,
    );
    return place;
  };
  const merge = (place: Place, epoch: string | null, port = 81) =>
    opened().patch(service, place, {
      kind: "merge",
      body: { ...epochAt(epoch), spec: { ports: [{ port }] } },
    });
  const portOf = (object: KubeObject): string =>
    JSON.stringify(object["spec"]).match(/"port":(\d+)/)?.[1] ?? "";

  test("an epoch may grow and may stay", async () => {
    const place = await made(9);
    for (const epoch of [9, 10, 10, 100]) {
      expect(epochOf(writtenOf(await merge(place, String(epoch))))).toBe(epoch);
    }
  });

  test("an older epoch is denied, with nothing of the write done", async () => {
    const place = await made(10);
    const { by, because } = refusedAs(await merge(place, "9"), "denied");
    expect(by).toBe(name);
    expect(because).toContain("the epoch 9 is older than 10, which is there");
    expect(portOf(await opened().read(service, place))).toBe("80");
  });

  oldWriterContract(opened, made);
  promotionContract(opened);

  test("an epoch is not taken away, and not made what is none", async () => {
    const place = await made(10);
    const removed = refusedAs(await merge(place, null), "denied");
    expect(removed.because).toContain("the epoch 10 is there and may not be taken away");
    for (const wrong of ["", "ten", "-1", "010", "1e3", "1000000000000000"]) {
      expect(refusedAs(await merge(place, wrong), "denied").by, wrong).toBe(name);
    }
    const object = objectAt(service, opened().place("service"), { spec, ...epochAt("ten") });
    refusedAs(await opened().api.create(service, object), "denied");
  });

  test("who does not speak of an epoch is not held up", async () => {
    const place = await made(10);
    const patch = { kind: "merge", body: { spec: { ports: [{ port: 82 }] } } } as const;
    const after = writtenOf(await opened().gitops.patch(service, place, { patch }));
    expect([epochOf(after), portOf(after)]).toEqual([10, "82"]);
    const free = opened().place("service");
    await opened().make(service, { spec }, free);
    writtenOf(await opened().gitops.patch(service, free, { patch }));
    const other = await opened().configMap();
    const odd = { kind: "merge", body: epochAt("ten") } as const;
    writtenOf(await opened().patch(configMap, other.metadata, odd));
  });
}

/** Every way to write, as whoever held the lease before would use it. */
function oldWriterContract(
  opened: WorldOf,
  made: (epoch: number) => Promise<Required<Place>>,
): void {
  const older = epochAnnotations(9);
  const ways: Readonly<
    Record<string, (place: Required<Place>) => Promise<{ readonly kind: string }>>
  > = {
    replace: async (place) => {
      const now = await opened().read(service, place);
      const metadata = { ...now.metadata, annotations: older };
      return opened().api.replace(service, { ...now, metadata });
    },
    "JSON patch": (place) => {
      const operation = { op: "replace", path: "/metadata/annotations", value: older } as const;
      return opened().patch(service, place, { kind: "json", operations: [operation] });
    },
    "strategic merge patch": (place) =>
      opened().patch(service, place, {
        kind: "strategic",
        body: { metadata: { annotations: older } },
      }),
    "apply by force": (place) => {
      const body = { metadata: { annotations: older }, spec };
      return opened().patch(service, place, { kind: "apply", body, force: true });
    },
    "merge patch of the status": (place) => {
      const patch = { kind: "merge", body: { metadata: { annotations: older } } } as const;
      return opened().api.patch(service, place, { patch, subresource: "status" });
    },
    "replace of the status": async (place) => {
      const now = await opened().read(service, place);
      const object = { ...now, metadata: { ...now.metadata, annotations: older } };
      return opened().api.replace(service, object, { subresource: "status" });
    },
    "rehearsed merge patch": (place) => {
      const patch = { kind: "merge", body: { metadata: { annotations: older } } } as const;
      return opened().api.patch(service, place, { patch, dryRun: true });
    },
  };

  test.each(Object.entries(ways))("an older epoch is denied in a %s", async (_name, write) => {
    const place = await made(10);
    expect(refusedAs(await write(place), "denied").by).toBe(name);
    expect(epochOf(await opened().read(service, place))).toBe(10);
  });
}

/** A definition that stands in where CloudNativePG is not installed. */
const clusterDefinition: JsonObject = {
  spec: {
    group: postgresCluster.group,
    scope: postgresCluster.scope,
    names: { kind: "Cluster", plural: "clusters", singular: "cluster", listKind: "ClusterList" },
    versions: [
      {
        name: postgresCluster.version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
        subresources: { status: {} },
      },
    ],
  },
};

/** What the policy is for: a database whose role is written under a lease. */
function promotionContract(opened: WorldOf): void {
  beforeAll(async () => {
    const { kind } = await opened().api.list(postgresCluster);
    if (kind !== "listed") await defineKind(opened(), postgresCluster, clusterDefinition);
  });
  const role = (epoch: number, instances: number) => ({
    metadata: { annotations: epochAnnotations(epoch) },
    spec: { instances, storage: { size: "1Gi" } },
  });

  test("of a database, a late write by the lease before is denied, by apply with force too", async () => {
    const place = opened().place("pg");
    const write = (epoch: number, instances: number, force = false) =>
      opened().patch(postgresCluster, place, {
        kind: "apply",
        body: role(epoch, instances),
        force,
      });
    writtenOf(await write(7, 1));
    const forced = { kind: "apply", body: role(8, 2), force: true } as const;
    writtenOf(await opened().gitops.patch(postgresCluster, place, { patch: forced }));
    const { by, because } = refusedAs(await write(7, 3, true), "denied");
    expect(by).toBe(name);
    expect(because).toContain("the epoch 7 is older than 8");
    const now = await opened().read(postgresCluster, place);
    expect([epochOf(now), now["spec"]]).toMatchObject([8, { instances: 2 }]);
  });

  test("of a database, its status is written without an epoch", async () => {
    const place = opened().place("pg");
    await opened().make(postgresCluster, role(7, 1), place);
    const patch = { kind: "merge", body: { status: { readyInstances: 1 } } } as const;
    const part = { patch, subresource: "status" } as const;
    const after = writtenOf(await opened().gitops.patch(postgresCluster, place, part));
    expect(after).toMatchObject({ status: { readyInstances: 1 } });
  });
}
