import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { Signal } from "../../control/env.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { systemClock } from "../clock.ts";
import { openLater } from "../kubernetes/open-later.ts";
import { clusterContext } from "./cluster-context.ts";
import type { ClusterServiceOptions } from "./cluster-options.ts";
import { clusterService } from "./cluster-service.ts";
import { writeSync } from "./set-sync.ts";

/** An API server that can not be reached, as the client says it. */
const nowhere = (): KubernetesApi =>
  openLater("nowhere", () => Promise.reject(new Failure("KubernetesUnreachable", "no way"))).api;

const serviceAt = (api: KubernetesApi, change: Partial<ClusterServiceOptions> = {}) =>
  clusterService(optionsAt(api, change));

function optionsAt(
  api: KubernetesApi,
  change: Partial<ClusterServiceOptions>,
): ClusterServiceOptions {
  const server = {
    host: "127.0.0.1",
    // Nothing listens there.
    port: 1,
    user: "postgres",
    database: "postgres",
    readPassword: () => Promise.resolve("unused-here"),
    tls: "off",
  } as const;
  return {
    name: "ledger-db",
    region: "hz-fsn-rtz-prod",
    peerRegion: "hz-hel-rtz-prod",
    cluster: { api, name: "ledger-fsn", namespace: "ledger" },
    peerCluster: { api: null, name: "ledger-hel", namespace: "ledger" },
    fieldManager: "sovereign-agent",
    local: server,
    peer: server,
    podPort: 1,
    holdsTenure: () => Promise.resolve(true),
    hasTenure: () => Promise.resolve(false),
    clock: systemClock,
    limits: { fenceMs: 300, askMs: 200, promoteMs: 300 },
    ...change,
  };
}

test("without its API server a Cluster is never said to be fenced", async () => {
  const fenced = serviceAt(nowhere()).fence("the test says so");
  await expect(fenced).rejects.toMatchObject({ code: "FenceFailed" });
});

test("without its API server nothing is promoted, and its readiness says why", async () => {
  const service = serviceAt(nowhere());
  await expect(service.promote(3)).rejects.toMatchObject({ code: "KubernetesUnreachable" });
  const { facts, notReady } = await service.measure();
  expect(facts).toMatchObject({ role: "unknown", ready: false, position: null });
  expect(notReady.join()).toContain("nobody can promote or fence it: no way");
});

/** An API server without the Cluster, and with Pods of it at these addresses. */
const withPods = (...addresses: readonly string[]): KubernetesApi => ({
  ...nowhere(),
  get: () => Promise.resolve({ kind: "notFound", what: "object", because: "not found" }),
  list: () =>
    Promise.resolve({
      kind: "listed",
      resourceVersion: "1",
      next: null,
      items: addresses.map((podIP, index) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `ledger-fsn-${index + 1}` },
        status: { podIP },
      })),
    }),
});

test("a Cluster that was deleted and left its servers running is not fenced", async () => {
  const server = createServer();
  const podPort = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(Object(server.address()).port));
  });
  const fenced = serviceAt(withPods("127.0.0.1"), { podPort }).fence("the test says so");
  await expect(fenced).rejects.toMatchObject({ code: "FenceFailed" });
  await new Promise((resolve) => server.close(resolve));
});

test("a Cluster that is not there has nothing to fence, and is not promoted", async () => {
  const service = serviceAt(withPods());
  await service.fence("the test says so");
  await expect(service.promote(3)).rejects.toMatchObject({ code: "PromotionRefused" });
  expect((await service.measure()).facts.role).toBe("absent");
});

/** An API server that takes a write and never answers, until whoever asks gives up; `asked` resolves with the first one's signal. */
function hanging() {
  let tell: (signal: Signal | undefined) => void = () => undefined;
  const asked = new Promise<Signal | undefined>((resolve) => {
    tell = resolve;
  });
  const api: KubernetesApi = {
    ...nowhere(),
    get: () =>
      Promise.resolve({
        kind: "found",
        object: {
          apiVersion: "postgresql.cnpg.io/v1",
          kind: "Cluster",
          metadata: { name: "ledger-fsn", namespace: "ledger", uid: "u", resourceVersion: "7" },
          spec: { instances: 1, replica: { primary: "ledger-hel", source: "ledger-hel" } },
        },
      }),
    patch: (_kind, _place, { signal }) =>
      new Promise((_resolve, reject) => {
        tell(signal);
        const end = (): void => reject(new Failure("KubernetesUncertain", "no answer"));
        if (signal?.aborted === true) end();
        signal?.addEventListener("abort", end, { once: true });
      }),
  };
  return { api, asked };
}

const patient = { fenceMs: 300, askMs: 60_000, promoteMs: 60_000 };

test("a fence ends a promotion whose write is not answered", async () => {
  const { api, asked } = hanging();
  const service = serviceAt(api, { limits: patient });
  const promoted = service.promote(3).catch((thrown: unknown) => thrown);
  const signal = await asked;
  const fenced = service.fence("the test says so").catch(() => undefined);
  expect(signal?.aborted).toBe(true);
  // Nobody could be told to fence either.
  expect(await promoted).toMatchObject({ code: "FenceFailed" });
  await fenced;
});

test("a tenure that ends takes the write of its promotion with it", async () => {
  const { api, asked } = hanging();
  let isHeld = true;
  const holdsTenure = (): Promise<boolean> => Promise.resolve(isHeld);
  const promoted = serviceAt(api, { limits: patient, holdsTenure })
    .promote(3)
    .catch((thrown: unknown) => thrown);
  const signal = await asked;
  expect(signal?.aborted).toBe(false);
  isHeld = false;
  await expect.poll(() => signal?.aborted, { timeout: 30_000 }).toBe(true);
  expect(await promoted).toMatchObject({ code: "FenceFailed" });
});

test("a write of a role that is not answered has a limit", async () => {
  const { api } = hanging();
  await expect(serviceAt(api).setSync("required")).rejects.toMatchObject({
    code: "TimedOut",
  });
});

test("before commits are told to wait, what is measured of it is not believed any more", async () => {
  const { api, asked } = hanging();
  const context = clusterContext(optionsAt(api, {}));
  context.life.requiredAtMs = null;
  const written = writeSync(context, "required").catch(() => undefined);
  await asked;
  expect(context.life.requiredAtMs).not.toBeNull();
  await written;
});

test("two Clusters of one name could not be told apart by commits that wait", () => {
  const peerCluster = { api: null, name: "ledger-fsn", namespace: "ledger" };
  expect(() => serviceAt(nowhere(), { peerCluster })).toThrow(Failure);
});
