import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGateway, readRoute } from "../../../core/gateway-api/gateway-objects.ts";
import { routeTable } from "../../../core/gateway-api/route-table.ts";
import { changedHeaders, type RouteFacts, routeRequest } from "./route-request.ts";
import { requestOf } from "./serve-gateway.ts";

function factsOf(rule: object): RouteFacts {
  const gateway = readGateway({
    metadata: { name: "edge", namespace: "shop" },
    spec: { gatewayClassName: "c", listeners: [{ name: "web", port: 80, protocol: "HTTP" }] },
  });
  const route = readRoute({
    metadata: { name: "shop", namespace: "shop" },
    spec: { parentRefs: [{ name: "edge" }], rules: [rule] },
  });
  if (gateway === undefined || route === undefined) throw new Error("no route");
  const endpoint = (port: number) => [{ host: "127.0.0.1", port }];
  const ports: Readonly<Record<string, readonly { host: string; port: number }[]>> = {
    one: endpoint(1),
    two: endpoint(2),
    idle: [],
  };
  return {
    table: routeTable([gateway], [route], () => true),
    backends: {
      service: (_, name) =>
        Object.hasOwn(ports, name) ? new Map([[80, ports[name] ?? []]]) : undefined,
      grants: [],
    },
  };
}

const request = { host: "shop.example", path: "/", method: "GET", headers: {}, query: {} };
const routed = (rule: object, draw = 0, port = 80) =>
  routeRequest(factsOf(rule), { port, request }, () => draw);
const backend = (name: string, weight = 1) => ({ name, port: 80, weight });

describe("the gateway answers itself", () => {
  test.each([
    ["500 without a backend", { backendRefs: [] }, 500],
    ["500 for a Service that is not there", { backendRefs: [backend("none")] }, 500],
    ["500 when every weight is 0", { backendRefs: [backend("one", 0)] }, 500],
    ["503 when no endpoint is ready", { backendRefs: [backend("idle")] }, 503],
    ["501 for what is not done here", { timeouts: {}, backendRefs: [backend("one")] }, 501],
    [
      "404 where no rule fits",
      { matches: [{ method: "PUT" }], backendRefs: [backend("one")] },
      404,
    ],
  ])("%s", (_, rule, status) => {
    expect(routed(rule)).toMatchObject({ kind: "answer", status });
  });

  test("404 at a port of no listener", () => {
    expect(routed({ backendRefs: [backend("one")] }, 0, 81)).toMatchObject({ status: 404 });
  });
});

test("weights share requests as they say, and 0 gets none", () => {
  const rule = { backendRefs: [backend("one", 3), backend("idle", 0), backend("two", 1)] };
  const ports = [0, 0.5, 0.74, 0.76, 0.99].map((draw) => {
    const one = routed(rule, draw);
    return one.kind === "forward" ? one.to.port : one.status;
  });
  expect(ports).toEqual([1, 1, 1, 2, 2]);
});

test("headers are set, added and removed, whatever their case", () => {
  const changes = {
    set: [{ name: "X-A", value: "new" }],
    add: [{ name: "x-b", value: "second" }],
    remove: ["X-C"],
  };
  const headers = { "x-a": "old", "x-b": "first", "x-c": "gone", "set-cookie": ["a", "b"] };
  expect(changedHeaders(headers, [changes])).toEqual({
    "x-a": "new",
    "x-b": "first, second",
    "set-cookie": ["a", "b"],
  });
});

describe("a path", () => {
  const of = (url: string) =>
    requestOf({ url, method: "GET", headers: { host: "Shop.Example:8080" } });

  test.each([
    "*",
    "http://other/x",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "//a",
    "/a%2Fb",
    "/%2e%2e/a",
    "/a\\b",
    "/a#b",
  ])("%s is not routed: a server behind could understand it otherwise", (url) => {
    expect(of(url)).toBeUndefined();
  });

  test("is read with its host and query", () => {
    expect(of("/cart?item=1")).toMatchObject({
      host: "shop.example",
      path: "/cart",
      query: { item: "1" },
    });
  });

  test("never throws, whatever is asked", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (url, host) => {
        const read = requestOf({ url, method: "GET", headers: { host } });
        if (read !== undefined) expect(read.path.startsWith("/")).toBe(true);
      }),
    );
  });
});
