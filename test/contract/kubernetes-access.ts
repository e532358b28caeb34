/** Who may ask: a wrong credential is a failure, a missing right is an answer. */
import { expect, test } from "vitest";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import type { WorldOf } from "./kubernetes.ts";
import { failureOf, objectAt, refusedAs } from "./kubernetes-world.ts";

const kind = resourceKinds.configMap;

export function accessContract(opened: WorldOf): void {
  const asks = {
    get: (world = opened(), api = world.api) => api.get(kind, world.place("map")),
    list: (world = opened(), api = world.api) => api.list(kind, { namespace: world.namespace }),
    create: (world = opened(), api = world.api) =>
      api.create(kind, objectAt(kind, world.place("map"), {})),
    replace: (world = opened(), api = world.api) =>
      api.replace(kind, objectAt(kind, world.place("map"), {})),
    patch: (world = opened(), api = world.api) =>
      api.patch(kind, world.place("map"), { patch: { kind: "merge", body: {} } }),
    apply: (world = opened(), api = world.api) =>
      api.patch(kind, world.place("map"), { patch: { kind: "apply", body: {}, force: false } }),
    delete: (world = opened(), api = world.api) => api.delete(kind, world.place("map")),
    evict: (world = opened(), api = world.api) => api.evict(world.place("pod")),
    watch: (world = opened(), api = world.api) =>
      api.watch(kind, {
        namespace: world.namespace,
        resourceVersion: "0",
        endsAfterSeconds: 5,
        silenceMs: 60_000,
        signal: new AbortController().signal,
      }),
  };

  test.each(Object.entries(asks))(
    "%s with a token that the server does not know is a failure that does not show it",
    async (_name, ask) => {
      const failure = await failureOf(ask(opened(), opened().wrongToken));
      expect(failure.code).toBe("KubernetesUnauthorized");
      expect(JSON.stringify(failure.toJson())).not.toMatch(/no-[0-9a-f]{8}-/);
    },
  );

  test.each(Object.entries(asks))(
    "%s without the right to it is forbidden, and says who may not do what",
    async (name, ask) => {
      const { because } = refusedAs(await ask(opened(), opened().stranger), "forbidden");
      const resource = name === "evict" ? "pods/eviction" : "configmaps";
      expect(because).toContain(`cannot ${verbs[name]} resource "${resource}"`);
      expect(because).toContain(`in the namespace "${opened().namespace}"`);
    },
  );

  test("a version is told to whoever the server knows, and remembered", async () => {
    const version = await opened().stranger.version();
    expect(version).toMatchObject({ major: 1, gitVersion: expect.stringMatching(/^v1\.\d+/) });
    expect(version.minor).toBeGreaterThanOrEqual(28);
    expect(await opened().stranger.version()).toBe(version);
  });
}

const verbs: Readonly<Record<string, string>> = {
  get: "get",
  list: "list",
  create: "create",
  replace: "update",
  patch: "patch",
  apply: "patch",
  delete: "delete",
  evict: "create",
  watch: "watch",
};
