import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { systemClock } from "../clock.ts";
import { openLater } from "../kubernetes/open-later.ts";
import { viewOf, writerField } from "./cluster-view.ts";
import { roleOfView, rolePatch } from "./role-patch.ts";
import { type StopHands, stopOnce, takesNoWrites } from "./stop-cluster.ts";

const parts = { peerCluster: "ledger-hel", switchoverDelaySeconds: 5 };
const place = { name: "ledger-fsn", namespace: "ledger" };
const fenced = { annotations: { "cnpg.io/fencedInstances": '["*"]' } };
/** Nothing listens there. */
const silent = "127.0.0.1";
const podPort = 1;

/** A fake API server with one Cluster, which takes an apply for its version alone, and with Pods: the addresses of each look in turn, the last again. */
function oneCluster(
  metadata: JsonObject,
  { writer = "ledger-hel", pods = [[silent]] as readonly (readonly string[])[] } = {},
) {
  let version = 7;
  let looks = 0;
  let object: KubeObject = {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { ...place, uid: "u", ...metadata },
    spec: { instances: 3, replica: { [writerField]: writer, source: "ledger-hel" } },
  };
  const now = (): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(version) },
  });
  const api: KubernetesApi = {
    ...openLater("nowhere", () => Promise.reject(new Failure("KubernetesUnreachable", "no way")))
      .api,
    get: () => Promise.resolve({ kind: "found", object: now() }),
    patch(_kind, _place, { patch }) {
      const body: KubeObject = Object(patch.kind === "apply" ? patch.body : {});
      if (body.metadata.resourceVersion !== String(version)) {
        return Promise.resolve({
          kind: "conflict",
          about: "version",
          owners: [],
          because: "it was changed",
        });
      }
      const spec = { ...Object(object["spec"]), ...Object(body["spec"]) };
      const { annotations = {} } = body.metadata;
      const next = { ...object, metadata: { ...object.metadata, annotations }, spec };
      // What changes nothing makes no version.
      if (JSON.stringify(next) !== JSON.stringify(object)) version += 1;
      object = next;
      return Promise.resolve({ kind: "written", object: now(), warnings: [] });
    },
    list() {
      const addresses = pods[Math.min(looks, pods.length - 1)] ?? [];
      looks += 1;
      const items = addresses.map((podIP, index) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `ledger-fsn-${index + 1}` },
        status: { podIP },
      }));
      return Promise.resolve({ kind: "listed", resourceVersion: "1", next: null, items });
    },
  };
  return { api, now };
}

function handsAt(api: KubernetesApi, more: Partial<StopHands> = {}): StopHands {
  return {
    cluster: { api, ...place },
    podPort,
    clock: systemClock,
    askMs: 5_000,
    parts,
    follows: async () => false,
    isOrderOut: () => false,
    orderIsOver: () => undefined,
    ...more,
  };
}

/** A promotion as it was sent before the fence began. */
function lateOrder(api: KubernetesApi, before: KubeObject): Promise<{ readonly kind: string }> {
  const view = viewOf(before);
  const role = { ...roleOfView(view, parts), isReplica: false, isFenced: false, epoch: 3 };
  const patch = { kind: "apply", body: rolePatch(view, role, parts), force: true } as const;
  return api.patch(resourceKinds.postgresCluster, place, { patch });
}

test("a promotion that is still on its way when a follower is fenced comes too late, and the follower goes on", async () => {
  const { api, now } = oneCluster({});
  const before = now();
  let isOut = true;
  const hands = handsAt(api, {
    follows: async () => true,
    isOrderOut: () => isOut,
    orderIsOver() {
      isOut = false;
    },
  });
  expect(await stopOnce(hands, 5_000)).toBe("follows");
  expect(isOut).toBe(false);
  expect(viewOf(now()).isFenced).toBe(false);
  expect((await lateOrder(api, before)).kind).toBe("conflict");
});

test("a promotion that is done while a fence looks is not overlooked", async () => {
  const { api, now } = oneCluster({});
  const before = now();
  let isOut = true;
  const answering: KubernetesApi = {
    ...api,
    async get(kind, at) {
      const found = await api.get(kind, at);
      if (isOut) await lateOrder(api, before);
      isOut = false;
      return found;
    },
  };
  const follows = async (): Promise<boolean> => true;
  const hands = handsAt(answering, { follows, isOrderOut: () => isOut });
  expect(await stopOnce(hands, 5_000)).toBe("stopped");
  expect(viewOf(now())).toMatchObject({ isFenced: true, isReplica: false });
});

test("a promotion that is still on its way comes too late for a Cluster that is fenced already, too, and at the next fence", async () => {
  const { api, now } = oneCluster(fenced, { writer: "ledger-fsn" });
  for (let times = 0; times < 2; times += 1) {
    const before = now();
    expect(await stopOnce(handsAt(api, { isOrderOut: () => true }), 5_000)).toBe("stopped");
    expect((await lateOrder(api, before)).kind).toBe("conflict");
  }
});

test("where no promotion can be on its way nothing is written to a follower", async () => {
  const { api, now } = oneCluster({});
  const before = now();
  expect(await stopOnce(handsAt(api, { follows: async () => true }), 5_000)).toBe("follows");
  expect(now()).toEqual(before);
});

test("a Cluster of which no Pod is seen is not stopped, unless it was put to sleep", async () => {
  const sleeping = { annotations: { ...fenced.annotations, "cnpg.io/hibernation": "on" } };
  const ends = async (metadata: JsonObject) => {
    const { api } = oneCluster(metadata, { writer: "ledger-fsn", pods: [[]] });
    return [await stopOnce(handsAt(api), 5_000), await takesNoWrites(handsAt(api))];
  };
  expect(await ends(fenced)).toEqual(["writes", false]);
  expect(await ends(sleeping)).toEqual(["stopped", true]);
});

test("a server that listens again a moment later is not stopped", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.2", () => resolve(Object(server.address()).port));
  });
  const pods = [[silent], ["127.0.0.2"]];
  const { api } = oneCluster(fenced, { writer: "ledger-fsn", pods });
  expect(await stopOnce(handsAt(api, { podPort: port }), 5_000)).toBe("writes");
  await new Promise((resolve) => server.close(resolve));
});

test("a fence that somebody took away is none, whatever the specification says of the role", async () => {
  const { api, now } = oneCluster({});
  const list = api.list;
  const meddling: KubernetesApi = {
    ...api,
    async list(kind, query) {
      // Between the annotation and the last look.
      const view = viewOf(now());
      const role = { ...roleOfView(view, parts), isFenced: false };
      const patch = { kind: "apply", body: rolePatch(view, role, parts), force: true } as const;
      await api.patch(resourceKinds.postgresCluster, place, { patch });
      return list(kind, query);
    },
  };
  expect(await stopOnce(handsAt(meddling), 5_000)).toBe("writes");
});
