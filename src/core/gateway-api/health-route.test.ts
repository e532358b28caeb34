import { describe, expect, test } from "vitest";
import { readGateway, readGrant, readRoute } from "./gateway-objects.ts";
import { healthRivals } from "./health-rivals.ts";
import { type HealthRouteOptions, healthGrant, healthRoutes } from "./health-route.ts";
import { droppedRules, resolveBackend, resolvedRefs } from "./resolve-backends.ts";
import { routeProblems } from "./route-status.ts";

const options: HealthRouteOptions = {
  group: "payments",
  namespace: "sovereign",
  gateways: [{ namespace: "gateways", name: "edge" }],
  agent: { namespace: "sovereign", name: "sovereign-agent", port: 7200 },
};
const host = "shop.payments.acme.example";
const path = "/.well-known/failover/payments/shop";
const { routes: made } = healthRoutes([{ host, path }], options);
const [ours] = made;
if (ours === undefined) throw new Error("no health route");

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is none");
  return value;
}

const gateway = present(
  readGateway({
    metadata: { name: "edge", namespace: "gateways" },
    spec: {
      gatewayClassName: "cilium",
      listeners: [{ name: "web", port: 443, protocol: "HTTPS" }],
    },
  }),
);
const stored = (created: string) => ({
  ...ours.object,
  metadata: { ...(ours.object["metadata"] as object), creationTimestamp: created, generation: 2 },
});

describe("the health route", () => {
  test("a host whose name would be too long gets none, which is said", () => {
    const long = `${"a.".repeat(120)}example`;
    const { routes, problems } = healthRoutes([{ host: long, path }], options);
    expect(routes).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(long)]);
  });

  test("names exactly its host and its paths, and the agent alone", () => {
    expect(ours.object).toEqual({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: {
        name: `failover.payments.${host}`,
        namespace: "sovereign",
        labels: { "sre.catalyst.openova.io/failover-group": "payments" },
      },
      spec: {
        parentRefs: [
          {
            group: "gateway.networking.k8s.io",
            kind: "Gateway",
            namespace: "gateways",
            name: "edge",
          },
        ],
        hostnames: [host],
        rules: [
          {
            matches: [{ path: { type: "Exact", value: path } }],
            backendRefs: [
              { group: "", kind: "Service", name: "sovereign-agent", port: 7200, weight: 1 },
            ],
          },
        ],
      },
    });
  });

  test("one host with several questions has one route", () => {
    const paths = [
      { host, path },
      { host, path: "/.well-known/failover/payments" },
    ];
    expect(healthRoutes(paths, options).routes.map((route) => route.paths)).toEqual([
      [path, "/.well-known/failover/payments"],
    ]);
  });

  test("a grant is needed exactly where the agent is in another namespace", () => {
    expect(healthGrant(options)).toBeNull();
    const apart = { ...options, namespace: "routes" };
    const grant = present(readGrant(healthGrant(apart)));
    const route = present(
      readRoute(present(healthRoutes([{ host, path }], apart).routes[0]).object),
    );
    const service = () => new Map([[7200, [{ host: "127.0.0.1", port: 1 }]]]);
    expect(resolvedRefs(route, { service, grants: [] }).reason).toBe("RefNotPermitted");
    expect(resolvedRefs(route, { service, grants: [grant] }).isTrue).toBe(true);
  });
});

describe("rivals", () => {
  const route = (name: string, created: string, spec: object) =>
    present(
      readRoute({
        metadata: { name, namespace: "shop", creationTimestamp: created },
        spec: { parentRefs: [{ name: "edge", namespace: "gateways" }], ...spec },
      }),
    );
  const own = present(readRoute(stored("2026-01-01T00:00:00Z")));
  const same = { matches: [{ path: { type: "Exact", value: path } }] };

  test("an older route that is as exact is named", () => {
    const older = route("shop", "2025-01-01T00:00:00Z", { hostnames: [host], rules: [same] });
    expect(healthRivals([ours], [gateway], [own, older])).toEqual([
      expect.stringContaining("the HTTPRoute shop/shop takes"),
    ]);
  });

  test("the Application's own route that says everything is none", () => {
    const older = route("shop", "2025-01-01T00:00:00Z", { hostnames: [host], rules: [{}] });
    expect(healthRivals([ours], [gateway], [own, older])).toEqual([]);
  });

  test("a younger one that is as exact is none", () => {
    const younger = route("shop", "2026-02-01T00:00:00Z", { hostnames: [host], rules: [same] });
    expect(healthRivals([ours], [gateway], [own, younger])).toEqual([]);
  });

  test("that nothing leads to the agent is said", () => {
    expect(healthRivals([ours], [gateway], [])).toEqual([
      expect.stringContaining(`nothing leads ${host}:443${path} to the agent`),
    ]);
  });
});

describe("a Gateway with two listeners", () => {
  const two = present(
    readGateway({
      metadata: { name: "edge", namespace: "gateways" },
      spec: {
        gatewayClassName: "cilium",
        listeners: [
          { name: "http", port: 80, protocol: "HTTP" },
          { name: "https", port: 443, protocol: "HTTPS" },
        ],
      },
    }),
  );
  const edge = { namespace: "gateways", name: "edge" };
  const at = (...listeners: readonly string[]) =>
    present(
      healthRoutes([{ host, path }], {
        ...options,
        gateways: listeners.map((listener) => ({ ...edge, listener })),
      }).routes[0],
    );
  const rivalsOf = (route: typeof ours, there: typeof ours = route) =>
    healthRivals([route], [two], [present(readRoute(there.object))]);

  test("is asked only at the listeners that are named, and at all when none is", () => {
    expect(rivalsOf(at("https"))).toEqual([]);
    expect(rivalsOf(at("http", "https"))).toEqual([]);
    expect(rivalsOf(ours)).toEqual([]);
  });

  test("is found wanting at each listener that is named and does not have the route", () => {
    const nothing = (port: number) => expect.stringContaining(`nothing leads ${host}:${port}`);
    expect(rivalsOf(at("https"), at("http"))).toEqual([nothing(443)]);
    expect(rivalsOf(at("http", "https"), at("https"))).toEqual([nothing(80)]);
    expect(rivalsOf(ours, at("https"))).toEqual([nothing(80)]);
  });
});

describe("what gateways say", () => {
  const condition = (type: string, status: string, observedGeneration = 2) => ({
    ...{ type, status, observedGeneration, reason: "Because", message: "of something" },
  });
  const judged = (...conditions: readonly object[]) => ({
    ...stored("2026-01-01T00:00:00Z"),
    status: {
      parents: [
        { parentRef: { namespace: "gateways", name: "edge" }, controllerName: "c/d", conditions },
      ],
    },
  });

  test.each([
    ["nobody took it up", stored(""), "no gateway has taken"],
    [
      "it was judged before it was changed",
      judged(condition("Accepted", "True", 1), condition("ResolvedRefs", "True")),
      "has not judged",
    ],
    [
      "it is not accepted",
      judged(condition("Accepted", "False"), condition("ResolvedRefs", "True")),
      "Accepted is False (Because): of something",
    ],
    [
      "its backend is not found",
      judged(condition("Accepted", "True"), condition("ResolvedRefs", "False")),
      "ResolvedRefs is False",
    ],
    ["it is no route", { metadata: 1 }, "can not be read"],
  ])("%s", (_, object, text) => {
    expect(routeProblems(object, ours)).toEqual([expect.stringContaining(text)]);
  });

  test("accepted with its backend found is well", () => {
    const well = judged(condition("Accepted", "True"), condition("ResolvedRefs", "True"));
    expect(routeProblems(well, ours)).toEqual([]);
  });
});

describe("backends", () => {
  const facts = {
    service: (_: string, name: string) =>
      name === "web" ? new Map([[80, [{ host: "127.0.0.1", port: 8080 }]]]) : undefined,
    grants: [],
  };
  const backend = (given: object) => ({
    ...{ group: "", kind: "Service", name: "web", port: 80, weight: 1, filters: [] },
    ...given,
  });

  test.each([
    [{ kind: "ConfigMap" }, "InvalidKind"],
    [{ name: "gone" }, "BackendNotFound"],
    [{ port: 81 }, "BackendNotFound"],
    [{ port: undefined }, "BackendNotFound"],
    [{ namespace: "other" }, "RefNotPermitted"],
  ])("%j is %s", (given, reason) => {
    expect(resolveBackend(backend(given), "shop", facts)).toMatchObject({
      kind: "invalid",
      reason,
    });
  });

  test("a Service with a port leads to its endpoints", () => {
    expect(resolveBackend(backend({}), "shop", facts)).toMatchObject({
      kind: "endpoints",
      endpoints: [{ host: "127.0.0.1", port: 8080 }],
    });
  });

  test("rules that ask for what is not done are named as dropped", () => {
    const route = present(
      readRoute({
        metadata: { name: "a" },
        spec: { rules: [{}, { filters: [{ type: "URLRewrite" }] }] },
      }),
    );
    expect(droppedRules(route)?.message).toMatch(/^Dropped Rule 1 \(filter URLRewrite\)/);
  });
});
