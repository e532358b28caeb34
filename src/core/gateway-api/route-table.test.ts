import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attachRoute } from "./attach-route.ts";
import {
  type Gateway,
  type HttpRoute,
  nameOf,
  readGateway,
  readRoute,
  unsupportedOf,
} from "./gateway-objects.ts";
import { compareHosts, hostIntersection, hostMatches } from "./hostnames.ts";
import { compareRanked } from "./route-precedence.ts";
import { pickRoute, routeTable } from "./route-table.ts";

type ListenerGiven = {
  readonly name?: string;
  readonly hostname?: string;
  readonly from?: string;
  readonly protocol?: string;
  readonly port?: number;
};

function gatewayOf(...listeners: readonly ListenerGiven[]): Gateway {
  const gateway = readGateway({
    metadata: { name: "edge", namespace: "gateways" },
    spec: {
      gatewayClassName: "cilium",
      listeners: listeners.map(({ name, from = "All", ...rest }, index) => ({
        ...{ port: 80, protocol: "HTTP", ...rest },
        name: name ?? `listener-${index}`,
        allowedRoutes: { namespaces: { from } },
      })),
    },
  });
  if (gateway === undefined) throw new Error("no Gateway");
  return gateway;
}

type RouteGiven = {
  readonly name: string;
  readonly hostnames?: readonly string[];
  readonly matches?: readonly object[];
  readonly created?: string;
  readonly sectionName?: string;
};

function routeOf({ name, hostnames = [], matches, created = "", sectionName }: RouteGiven) {
  const parent = { name: "edge", namespace: "gateways", ...(sectionName && { sectionName }) };
  const route = readRoute({
    metadata: { name, namespace: "shop", creationTimestamp: created },
    spec: { parentRefs: [parent], hostnames, rules: [{ ...(matches && { matches }) }] },
  });
  if (route === undefined) throw new Error("no HTTPRoute");
  return route;
}

const exact = (value: string) => ({ path: { type: "Exact", value } });
const prefix = (value: string) => ({ path: { type: "PathPrefix", value } });
const sameOnly = (_: unknown, gateway: Gateway, namespace: string): boolean =>
  gateway.metadata.namespace === namespace;

function winner(
  gateway: Gateway,
  routes: readonly HttpRoute[],
  asked: { readonly host?: string; readonly path: string; readonly method?: string },
): string | undefined {
  const { host = "shop.example", path, method = "GET" } = asked;
  const table = routeTable([gateway], routes, () => true);
  return pickRoute(table, 80, { host, path, method, headers: {}, query: {} })?.route.metadata.name;
}

describe("a route is refused", () => {
  const at = (route: HttpRoute, gateway: Gateway, allows = () => true as boolean) =>
    attachRoute(route, [gateway], allows)[0]?.accepted;

  test("by a listener that is not there", () => {
    const route = routeOf({ name: "a", sectionName: "other" });
    expect(at(route, gatewayOf({}))).toMatchObject({ isTrue: false, reason: "NoMatchingParent" });
  });

  test("by a Gateway that has only listeners of other protocols", () => {
    const refused = at(routeOf({ name: "a" }), gatewayOf({ protocol: "TCP" }));
    expect(refused).toMatchObject({ reason: "NoMatchingParent" });
  });

  test("by a Gateway that takes none out of its namespace", () => {
    const [refused] = attachRoute(routeOf({ name: "a" }), [gatewayOf({})], sameOnly);
    expect(refused?.accepted).toMatchObject({ isTrue: false, reason: "NotAllowedByListeners" });
  });

  test("by listeners that are asked for other names", () => {
    const route = routeOf({ name: "a", hostnames: ["shop.example"] });
    const refused = at(route, gatewayOf({ hostname: "*.other.example" }));
    expect(refused).toMatchObject({ isTrue: false, reason: "NoMatchingListenerHostname" });
  });

  test("by nobody when the Gateway is not its parent", () => {
    const other = { ...gatewayOf({}), metadata: { ...gatewayOf({}).metadata, name: "inner" } };
    expect(attachRoute(routeOf({ name: "a" }), [other], () => true)).toEqual([]);
  });
});

describe("who gets a request", () => {
  const health = "/.well-known/failover/shop/web";
  const all = routeOf({
    name: "all",
    hostnames: ["shop.example"],
    matches: [prefix("/")],
    created: "2020-01-01T00:00:00Z",
  });
  const ours = routeOf({
    name: "ours",
    hostnames: ["shop.example"],
    matches: [exact(health)],
    created: "2026-01-01T00:00:00Z",
  });

  test("an exact path comes before an older route that says everything", () => {
    expect(winner(gatewayOf({}), [all, ours], { path: health })).toBe("ours");
    expect(winner(gatewayOf({}), [all, ours], { path: "/cart" })).toBe("all");
    expect(winner(gatewayOf({}), [all, ours], { path: `${health}/more` })).toBe("all");
  });

  test("a more specific host comes before a more exact path: a health route without its host would lose", () => {
    const anyHost = routeOf({ name: "any-host", matches: [exact(health)] });
    const wild = routeOf({ name: "wild", hostnames: ["*.example"], matches: [exact(health)] });
    expect(winner(gatewayOf({}), [all, anyHost, wild], { path: health })).toBe("all");
  });

  test("of two that are as exact the older one gets it", () => {
    const older = routeOf({
      name: "older",
      hostnames: ["shop.example"],
      matches: [exact(health)],
      created: "2025-01-01T00:00:00Z",
    });
    expect(winner(gatewayOf({}), [ours, older], { path: health })).toBe("older");
  });

  test("of two of one age the first by name gets it", () => {
    const [b, a] = ["b", "a"].map((name) => routeOf({ name, matches: [prefix("/")] }));
    expect(winner(gatewayOf({}), [b, a] as HttpRoute[], { path: "/" })).toBe("a"); // Both are there.
  });

  test("a longer prefix, a method, and more headers come first, in this order", () => {
    const routes = [
      routeOf({ name: "short", matches: [prefix("/")] }),
      routeOf({ name: "long", matches: [prefix("/cart")] }),
      routeOf({ name: "get", matches: [{ ...prefix("/cart"), method: "GET" }] }),
    ];
    expect(winner(gatewayOf({}), routes, { path: "/cart/1" })).toBe("get");
    expect(winner(gatewayOf({}), routes, { path: "/cart/1", method: "PUT" })).toBe("long");
    expect(winner(gatewayOf({}), routes, { path: "/cartoon" })).toBe("short");
  });

  test("a request belongs to the most specific listener alone, also when that has no route for it", () => {
    const gateway = gatewayOf({ name: "any" }, { name: "own", hostname: "shop.example" });
    const onAny = routeOf({ name: "on-any", matches: [prefix("/")], sectionName: "any" });
    expect(winner(gateway, [onAny], { path: "/" })).toBeUndefined();
    expect(winner(gateway, [onAny], { path: "/", host: "other.example" })).toBe("on-any");
  });

  test("a rule without a match takes everything", () => {
    expect(winner(gatewayOf({}), [routeOf({ name: "bare" })], { path: "/any" })).toBe("bare");
  });
});

describe("hostnames", () => {
  test.each([
    ["", "shop.example", true],
    ["shop.example", "Shop.Example", true],
    ["*.example", "shop.example", true],
    ["*.example", "a.shop.example", true],
    ["*.example", "example", false],
    ["*.example", "myexample", false],
    ["shop.example", "x.shop.example", false],
  ])("%j and %s: %s", (pattern, host, fits) => {
    expect(hostMatches(pattern, host)).toBe(fits);
  });

  const label = fc.constantFrom("a", "b", "shop", "example");
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  const pattern = fc.oneof(
    name,
    name.map((one) => `*.${one}`),
    fc.constant(""),
  );

  test("an intersection takes exactly what both take", () => {
    fc.assert(
      fc.property(pattern, pattern, name, (one, other, host) => {
        const both = hostIntersection(one, other);
        const fits = hostMatches(one, host) && hostMatches(other, host);
        expect(both !== undefined && hostMatches(both, host)).toBe(fits);
      }),
    );
  });

  test("the order of names is one order", () => {
    fc.assert(
      fc.property(pattern, pattern, pattern, (a, b, c) => {
        expect(Math.sign(compareHosts(a, b)) + Math.sign(compareHosts(b, a))).toBe(0);
        if (compareHosts(a, b) <= 0 && compareHosts(b, c) <= 0) {
          expect(compareHosts(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

test("the order of matches is one order, whatever they are", () => {
  const match = fc.record({
    path: fc.constantFrom(exact("/a").path, prefix("/").path, prefix("/a").path),
    method: fc.option(fc.constantFrom("GET", "PUT"), { nil: undefined }),
  });
  const ranked = fc
    .record({
      match,
      name: fc.constantFrom("x", "y"),
      created: fc.constantFrom("", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
      hostname: fc.constantFrom("", "*.example", "shop.example"),
      rule: fc.nat(2),
    })
    .map(({ name, created, match: one, ...rest }) => {
      const route = routeOf({ name, created, matches: [one] });
      const [first] = route.spec.rules[0]?.matches ?? [];
      if (first === undefined) throw new Error("no match");
      return { ...rest, match: first, route };
    });
  fc.assert(
    fc.property(ranked, ranked, ranked, (a, b, c) => {
      expect(Math.sign(compareRanked(a, b)) + Math.sign(compareRanked(b, a))).toBe(0);
      if (compareRanked(a, b) <= 0 && compareRanked(b, c) <= 0) {
        expect(compareRanked(a, c)).toBeLessThanOrEqual(0);
      }
    }),
  );
});

test("what nobody here does is named", () => {
  const route = readRoute({
    metadata: { name: "a", namespace: "shop" },
    spec: {
      rules: [
        {
          matches: [{ path: { type: "RegularExpression", value: "/.*" } }],
          filters: [{ type: "RequestRedirect" }, { type: "RequestHeaderModifier" }],
          timeouts: { request: "1s" },
        },
      ],
    },
  });
  const [rule] = route?.spec.rules ?? [];
  expect(rule && unsupportedOf(rule)).toEqual([
    "path type RegularExpression",
    "filter RequestRedirect",
    "timeouts",
  ]);
  expect(route && nameOf(route)).toBe("shop/a");
});

test("what is no object of the kind is none", () => {
  expect([readGateway({}), readRoute({ metadata: {} }), readRoute(null)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
