/**
 * What we ask of a platform's objects, on an API server: Services of the mesh with the policy of epochs, and health routes of Gateway API. The sandbox's server
 * and a real kube-apiserver give the same results; on neither is there a Cilium that acts by it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { ciliumService } from "../../src/adapters/clustermesh/cilium-service.ts";
import { kubeHealthRoutes } from "../../src/adapters/gateway-api/kube-health-routes.ts";
import { readKubeconfig } from "../../src/adapters/kubernetes/kubeconfig.ts";
import {
  type KubernetesClient,
  kubernetesClient,
} from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { systemRandom } from "../../src/adapters/random.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { type HealthRoute, healthRoutes } from "../../src/core/gateway-api/health-route.ts";
import { annotationsOf } from "../../src/core/mesh/mesh-annotations.ts";
import { meshServiceContract } from "./mesh-service.ts";
import { freshNamespace, put, servicePort } from "./platform-objects.ts";

export type PlatformUnderTest = {
  readonly kubeconfig: string;
  stop(): Promise<void>;
};

/** `prepare` brings what the server lacks: the CRDs of Gateway API, and the policy of epochs. */
export function platformContract(
  name: string,
  make: () => Promise<PlatformUnderTest>,
  prepare: (api: KubernetesClient) => Promise<void>,
): void {
  describe(`${name} as a platform`, () => {
    let server: PlatformUnderTest | undefined;
    let client: KubernetesClient | undefined;
    let namespace = "";
    beforeAll(async () => {
      server = await make();
      client = kubernetesClient({
        access: await readKubeconfig(server.kubeconfig),
        fieldManager: "sovereign-contract",
        clock: systemClock,
        random: systemRandom,
        limits: { requestMs: 60_000, budgetMs: 120_000 },
      });
      await prepare(client);
      namespace = await freshNamespace(client, "platform");
    });
    afterAll(async () => {
      client?.close();
      await server?.stop();
    });
    const api = (): KubernetesClient => {
      if (client === undefined) throw new Error("the server under test was not made");
      return client;
    };
    let count = 0;
    meshServiceContract("a Service with Cilium's annotations", async () => {
      count += 1;
      const place = { name: `web-${count}`, namespace };
      await put(api(), resourceKinds.service, place, servicePort(80));
      return {
        service: ciliumService(api(), place),
        async put(values, manager) {
          const metadata = { ...place, annotations: annotationsOf(values) };
          const body = { apiVersion: "v1", kind: "Service", metadata };
          const patch = { kind: "apply", body, force: true } as const;
          const options = { patch, fieldManager: manager };
          const done = await api().patch(resourceKinds.service, place, options);
          expect(done.kind).toBe("written");
        },
      };
    });
    describe("health routes", () => routeTests(api, () => namespace));
  });
}

function routeTests(api: () => KubernetesClient, namespace: () => string): void {
  const gateways = [{ namespace: "default", name: "edge" }] as const;
  const madeFor = (group: string, path = "/.well-known/failover/shop/web"): HealthRoute => {
    const agent = { namespace: namespace(), name: "sovereign-agent", port: 7200 };
    const options = { group, namespace: namespace(), gateways, agent };
    const [route] = healthRoutes([{ host: "web.shop.example", path }], options).routes;
    if (route === undefined) throw new Error("no route");
    return route;
  };
  const storeOf = (group: string) =>
    kubeHealthRoutes(api(), { group, namespace: namespace(), gateways });

  test("one of somebody else under the same name is left alone, and its owner is named", async () => {
    const route = madeFor("theirs");
    const patch = { kind: "apply", body: route.object, force: false } as const;
    const place = { name: route.name, namespace: namespace() };
    const options = { patch, fieldManager: "kustomize-controller" };
    expect((await api().patch(resourceKinds.httpRoute, place, options)).kind).toBe("written");
    const other = madeFor("theirs", "/.well-known/failover/shop/other");
    expect(await storeOf("theirs").apply(other, false)).toEqual({
      kind: "refused",
      because: "it belongs to kustomize-controller",
    });
  });

  test("is made without a warning, listed by its group, and applied again without a change", async () => {
    const store = storeOf("own");
    const route = madeFor("own");
    const place = { name: route.name, namespace: namespace() };
    const patch = { kind: "apply", body: route.object, force: false } as const;
    const tried = await api().patch(resourceKinds.httpRoute, place, { patch, dryRun: true });
    expect(tried).toMatchObject({ kind: "written", warnings: [] });
    const made = await store.apply(route, false);
    expect(made).toMatchObject({ kind: "applied", route: { name: route.name } });
    const listed = await store.list();
    expect(listed).toMatchObject({ kind: "listed", routes: [{ name: route.name }] });
    const again = await store.apply(route, true);
    const versions = [made, again].map((one) =>
      one.kind === "applied"
        ? (one.route.object as { metadata: { resourceVersion: string } })
        : one,
    );
    expect(versions[0]).toEqual(versions[1]);
  });

  test("what others change in it is taken back", async () => {
    const store = storeOf("changed");
    const route = madeFor("changed");
    await store.apply(route, false);
    const place = { name: route.name, namespace: namespace() };
    const body = { spec: { hostnames: ["elsewhere.example"] } };
    await api().patch(resourceKinds.httpRoute, place, { patch: { kind: "merge", body } });
    const back = await store.apply(route, true);
    expect(back).toMatchObject({
      route: { object: { spec: { hostnames: ["web.shop.example"] } } },
    });
  });

  test("is removed once, and no later one of its name is", async () => {
    const store = storeOf("gone");
    const route = madeFor("gone");
    const first = await store.apply(route, false);
    if (first.kind !== "applied") throw new Error(first.because);
    expect(await store.remove(first.route)).toEqual({ kind: "removed" });
    expect(await store.remove(first.route)).toEqual({ kind: "removed" });
    await store.apply(route, false);
    expect(await store.remove(first.route)).toEqual({ kind: "removed" });
    expect(await store.list()).toMatchObject({ routes: [{ name: route.name }] });
  });

  surroundingsTest(api, namespace, () => storeOf("around").apply(madeFor("around"), false));
}

/** `apply` makes a health route of the group `around`. */
function surroundingsTest(
  api: () => KubernetesClient,
  namespace: () => string,
  apply: () => Promise<unknown>,
): void {
  test("a Gateway that is not there is a refusal, and one that is there is read with all routes", async () => {
    const place = { name: "edge", namespace: namespace() };
    const store = kubeHealthRoutes(api(), {
      group: "around",
      namespace: namespace(),
      gateways: [place],
    });
    expect(await store.surroundings()).toMatchObject({ kind: "refused" });
    const listeners = [{ name: "web", port: 80, protocol: "HTTP" }];
    const spec = { gatewayClassName: "cilium", listeners };
    await put(api(), resourceKinds.gateway, place, { spec });
    await apply();
    const seen = await store.surroundings();
    if (seen.kind !== "seen") throw new Error(seen.because);
    expect(seen.gateways).toMatchObject([{ metadata: place, spec: { listeners } }]);
    const names = seen.routes.map(({ metadata }) => metadata.name);
    expect(names).toContain("failover.around.web.shop.example");
  });
}
