/** FAKE: health routes in memory, with a gateway that takes each of them up at once; `kubeHealthRoutes` is held against the same behaviour in test/contract/platform.ts. */
import type { HealthRouteStore, StoredRoute } from "../control/gateway-api/health-route-store.ts";
import { readGateway, readRoute } from "../core/gateway-api/gateway-objects.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";

export type FakeHealthRouteStore = HealthRouteStore & {
  /** Names of what is there. */
  names(): readonly string[];
  /** Somebody else writes over it. */
  put(name: string, object: JsonObject): void;
  /** What the gateway says of every route: `ResolvedRefs` is false with a reason. */
  setRefused(reason: string | null): void;
  setAway(isAway: boolean): void;
  readonly writes: readonly string[];
};

const gateway = readGateway({
  metadata: { name: "edge", namespace: "gateways" },
  spec: { gatewayClassName: "sim", listeners: [{ name: "web", port: 80, protocol: "HTTP" }] },
});

/** Nothing is there yet. */
export function fakeHealthRouteStore(): FakeHealthRouteStore {
  const objects = new Map<string, JsonObject>();
  const writes: string[] = [];
  let refused: string | null = null;
  let isAway = false;
  const answer = async <T>(value: () => T): Promise<T> => {
    if (isAway) throw new Failure("KubernetesUnreachable", "the simulated API server is away");
    return value();
  };
  const stored = (name: string): StoredRoute => {
    const object = objects.get(name) ?? {};
    const said = (type: string, isTrue: boolean) => ({
      ...{ type, status: isTrue ? "True" : "False", reason: refused ?? type, message: "" },
      observedGeneration: 1,
    });
    const conditions = [said("Accepted", true), said("ResolvedRefs", refused === null)];
    const parentRef = { namespace: "gateways", name: "edge" };
    const status = { parents: [{ parentRef, controllerName: "sim/gateway", conditions }] };
    return { name, uid: name, object: { ...object, status } };
  };
  return {
    writes,
    names: () => [...objects.keys()],
    list: () =>
      answer(() => ({ kind: "listed", routes: [...objects.keys()].map(stored) }) as const),
    apply: (route) =>
      answer(() => {
        objects.set(route.name, route.object);
        writes.push(`apply ${route.name}`);
        return { kind: "applied", route: stored(route.name) };
      }),
    remove: ({ name }) =>
      answer(() => {
        objects.delete(name);
        writes.push(`remove ${name}`);
        return { kind: "removed" };
      }),
    surroundings: () =>
      answer(() => ({
        kind: "seen",
        gateways: gateway === undefined ? [] : [gateway],
        routes: [...objects.values()].map(readRoute).filter((one) => one !== undefined),
      })),
    put: (name, object) => void objects.set(name, object),
    setRefused(reason) {
      refused = reason;
    },
    setAway(away) {
      isAway = away;
    },
  };
}
