import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { kubeHealthRoutes } from "../../src/adapters/gateway-api/kube-health-routes.ts";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import { makeAbort } from "../../src/control/abort.ts";
import {
  type HealthRouteKeeper,
  healthRouteKeeper,
} from "../../src/control/gateway-api/health-route-keeper.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { initialState } from "../../src/core/failover/initial-state.ts";
import type { AgentState } from "../../src/core/failover/state.ts";
import { emptyRecord } from "../../src/core/failover/turn.ts";
import { healthGrant, healthRoutes } from "../../src/core/gateway-api/health-route.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { groupDocuments } from "../../src/daemon/agent/documents.ts";
import { makeTraffic } from "../../src/daemon/agent/traffic.ts";
import { type RunningGateway, runGateway } from "../../src/sandbox/kube/gateway/run-gateway.ts";
import { simEnv } from "../../src/sim/sim-env.ts";
import { put, servicePort } from "../contract/platform-objects.ts";
import { document, environment, organization } from "../fixtures/documents.ts";
import { fsn, group, guarded, standby } from "../fixtures/failover.ts";
import { startKube } from "./kube-world.ts";

const patience = { timeout: 90_000, interval: 100 };
const host = "shop.payments.acme.example";
const path = "/.well-known/failover/payments/shop";
const { httpRoute, gateway: gatewayKind, gatewayClass, namespace: namespaceKind } = resourceKinds;
const { referenceGrant, service, endpoints } = resourceKinds;
const gateways = [{ namespace: "gateways", name: "edge" }] as const;

const documents = [
  document("sovereign.yaml", guarded()),
  document("organization.yaml", organization()),
  document("environment.yaml", environment()),
  document("shop.yaml", standby()),
  document("group.yaml", group()),
];
const good = groupDocuments(
  { revision: "abc", documents, problems: [] },
  { cluster: fsn, group: "acme-prod" },
);

let kube: Awaited<ReturnType<typeof startKube>>;
let api: KubernetesClient;
let gateway: RunningGateway;
let port = 0;
const servers: Server[] = [];
const bugs: unknown[] = [];

/** A server that says its name and the headers that it was sent; its port. */
async function said(name: string): Promise<number> {
  const server = createServer(({ headers, url }, response) => {
    response.setHeader("x-said-by", name);
    response.end(JSON.stringify({ name, url, note: headers["x-note"] ?? null }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A Service that leads to a server of this machine. */
async function serviceTo(namespace: string, name: string, targetPort: number): Promise<void> {
  await put(api, service, { name, namespace }, servicePort(80));
  const subsets = [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ port: targetPort }] }];
  await put(api, endpoints, { name, namespace }, { subsets });
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

beforeAll(async () => {
  kube = await startKube();
  api = await openKubernetes({ kubeconfig: kube.kubeconfig }, "sovereign-test");
  const { address } = kube.config;
  port = await freePort(address);
  for (const name of ["gateways", "shop", "sovereign"]) await put(api, namespaceKind, { name }, {});
  const controllerName = "sre.catalyst.openova.io/sandbox-gateway";
  await put(api, gatewayClass, { name: "sandbox" }, { spec: { controllerName } });
  await serviceTo("shop", "shop", await said("shop"));
  await serviceTo("shop", "canary", await said("canary"));
  const agentPort = await said("agent");
  // Where it is in a Pod's own namespace, and where a kubeconfig without a namespace leads.
  await serviceTo("sovereign", "sovereign-agent", agentPort);
  await serviceTo("default", "sovereign-agent", agentPort);
  gateway = await runGateway(
    { cluster: "hz-fsn-rtz-prod", kubeconfig: kube.kubeconfig, address, controllerName },
    (thrown) => bugs.push(thrown),
  );
});

afterAll(async () => {
  await gateway.close();
  api.close();
  await kube.stop();
  for (const server of servers) server.close();
  expect([...bugs, ...kube.bugs]).toEqual([]);
});

type Answer = { readonly status: number; readonly name?: string; readonly note?: string | null };

function ask(asked: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const at = { host: kube.config.address, port, path: asked, agent: false };
    get({ ...at, headers: { host, ...headers } }, (reply) => {
      reply.setEncoding("utf8");
      let text = "";
      reply.on("data", (part: string) => {
        text += part;
      });
      reply.once("end", () => {
        const { name, note } = JSON.parse(text) as { name?: string; note?: string }; // As `said` and the gateway answer.
        resolve({ status: reply.statusCode ?? 0, ...(name === undefined ? {} : { name, note }) });
      });
    }).once("error", () => resolve({ status: 0 }));
  });
}

const route = (name: string, rules: readonly JsonObject[], hostnames: readonly string[] = [host]) =>
  put(
    api,
    httpRoute,
    { name, namespace: "shop" },
    {
      spec: { parentRefs: [...gateways], hostnames: [...hostnames], rules: [...rules] },
    },
  );

async function conditionsOf(kind: typeof httpRoute, place: { name: string; namespace: string }) {
  const found = await api.get(kind, place);
  return found.kind === "found" ? JSON.stringify(found.object["status"] ?? {}) : "";
}

const condition = (type: string, status: string, reason: string) =>
  new RegExp(
    `"reason":"${reason}"[^}]*"status":"${status}"[^}]*"type":"${type}"|"type":"${type}","status":"${status}","reason":"${reason}"`,
  );

test("a listener of another protocol is said not to be served, and the others are", async () => {
  const allowedRoutes = { namespaces: { from: "All" } };
  const web = { name: "web", port, protocol: "HTTP", allowedRoutes };
  const raw = { name: "raw", port: 9, protocol: "TCP" };
  const spec = { gatewayClassName: "sandbox", listeners: [web, raw] };
  await put(api, gatewayKind, gateways[0], { spec });
  await gateway.ready;
  await expect
    .poll(() => conditionsOf(gatewayKind, gateways[0]), patience)
    .toContain("UnsupportedProtocol");
  await expect.poll(() => ask("/"), patience).toEqual({ status: 404 });
});

describe("the Application's own route", () => {
  test("leads everything to it, with the changes of its filters", async () => {
    const filters = [
      {
        type: "RequestHeaderModifier",
        requestHeaderModifier: { set: [{ name: "X-Note", value: "hello" }] },
      },
    ];
    await route("shop", [{ filters, backendRefs: [{ name: "shop", port: 80 }] }]);
    await expect
      .poll(() => ask("/cart"), patience)
      .toEqual({ status: 200, name: "shop", note: "hello" });
    expect(await ask(path), "there is no health route yet").toMatchObject({ name: "shop" });
    expect(await ask("/", { host: "other.example" })).toEqual({ status: 404 });
  });

  test("shares between two backends by their weights", async () => {
    const backendRefs = [
      { name: "shop", port: 80, weight: 0 },
      { name: "canary", port: 80, weight: 3 },
    ];
    await route("weighted", [
      { matches: [{ path: { type: "PathPrefix", value: "/w" } }], backendRefs },
    ]);
    await expect.poll(() => ask("/w/1"), patience).toMatchObject({ name: "canary" });
  });

  test("gets 501 for what is not done here, and its status says so", async () => {
    const filters = [{ type: "URLRewrite", urlRewrite: { hostname: "other.example" } }];
    const matches = [{ path: { type: "PathPrefix", value: "/old" } }];
    await route("rewriting", [{ matches, filters, backendRefs: [{ name: "shop", port: 80 }] }]);
    await expect.poll(() => ask("/old"), patience).toEqual({ status: 501 });
    const place = { name: "rewriting", namespace: "shop" };
    await expect.poll(() => conditionsOf(httpRoute, place), patience).toContain("Dropped Rule 0");
  });

  test("without its Service gets 500 and BackendNotFound", async () => {
    const matches = [{ path: { type: "Exact", value: "/gone" } }];
    await route("gone", [{ matches, backendRefs: [{ name: "nobody", port: 80 }] }]);
    await expect.poll(() => ask("/gone"), patience).toEqual({ status: 500 });
    const place = { name: "gone", namespace: "shop" };
    await expect
      .poll(() => conditionsOf(httpRoute, place), patience)
      .toMatch(condition("ResolvedRefs", "False", "BackendNotFound"));
  });
});

describe("the health route", () => {
  const options = {
    group: "payments",
    namespace: "shop",
    gateways,
    agent: { namespace: "sovereign", name: "sovereign-agent", port: 80 },
  };
  const stop = makeAbort();
  let wanted = [{ host, path }];
  let keeper: HealthRouteKeeper;
  let running: Promise<void>;

  beforeAll(() => {
    keeper = healthRouteKeeper(
      { ...simEnv(1), clock: systemClock },
      {
        store: kubeHealthRoutes(api, options),
        wanted: () => ({ ...healthRoutes(wanted, options), mayRemove: true }),
        observeOnly: false,
        times: { lookEveryMs: 200, againMs: 200, limitMs: 60_000 },
      },
    );
    running = keeper.run(stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await running;
  });

  test("without a grant leads nowhere, and readiness says what the gateway says", async () => {
    await expect
      .poll(() => keeper.reasons().join(), patience)
      .toContain("ResolvedRefs is False (RefNotPermitted)");
    expect(await ask(path)).toEqual({ status: 500 });
  });

  test("with it leads to the agent, before the Application's older route that says everything", async () => {
    const grant = healthGrant(options) ?? {};
    const place = { name: "failover-payments", namespace: "sovereign" };
    await put(api, referenceGrant, place, { spec: grant["spec"] ?? {} });
    await expect.poll(() => ask(path), patience).toMatchObject({ status: 200, name: "agent" });
    expect(await ask("/cart")).toMatchObject({ name: "shop" });
    expect(await ask(`${path}/more`)).toMatchObject({ name: "shop" });
    await expect.poll(() => keeper.reasons(), patience).toEqual([]);
  });

  test("is found to be beaten by an older one that is as exact, whose name is said", async () => {
    const older = "older.payments.acme.example";
    const matches = [{ path: { type: "Exact", value: path } }];
    // Made before ours, and of one age with it at the most: then its name comes first.
    await route("a-rival", [{ matches, backendRefs: [{ name: "shop", port: 80 }] }], [older]);
    wanted = [{ host: older, path }];
    const beaten = () => keeper.reasons().join();
    await expect.poll(beaten, patience).toContain("the HTTPRoute shop/a-rival takes");
    expect(await ask(path, { host: older })).toMatchObject({ name: "shop" });
  });
});

test("an agent's traffic follows its authority by the requests that it declares, and no others", async () => {
  const place = { namespace: "shop", name: "shop" };
  const record = { ...emptyRecord, epochSeen: 4 };
  let state: AgentState = { ...initialState(good.context, "a", 0), record };
  const traffic = makeTraffic({
    env: { ...simEnv(2), clock: systemClock },
    config: {
      kubernetes: { kubeconfig: kube.kubeconfig },
      mesh: { services: [place] },
      healthRoute: {
        gateways: [...gateways],
        agent: { name: "sovereign-agent", port: 80 },
      },
    },
    documents: good,
    agent: () => ({ current: () => state }),
    observeOnly: false,
  });
  const stop = makeAbort();
  const running = traffic.run(stop.signal);
  const annotations = async () => {
    const found = await api.get(service, place);
    return found.kind === "found" ? found.object.metadata.annotations : undefined;
  };
  await expect.poll(annotations, patience).toEqual({
    "service.cilium.io/global": "true",
    "service.cilium.io/shared": "false",
    "service.cilium.io/affinity": "remote",
    "sre.catalyst.openova.io/epoch": "4",
  });
  const probe = { host: "shop.acme-prod.sovereign.test" };
  const asked = "/.well-known/failover/acme-prod/shop";
  await expect.poll(() => ask(asked, probe), patience).toMatchObject({ name: "agent" });
  const untilAtMs = Number.POSITIVE_INFINITY;
  state = {
    ...state,
    authority: { kind: "lease", epoch: 5, rev: 1, untilAtMs },
    data: { kind: "serving", epoch: 5 },
  };
  await expect.poll(annotations, patience).toMatchObject({
    "service.cilium.io/shared": "true",
    "service.cilium.io/affinity": "local",
    "sre.catalyst.openova.io/epoch": "5",
  });
  await expect.poll(() => traffic.reasons(), patience).toEqual([]);
  stop.abort();
  await running;
});
