/**
 * The HTTPRoutes by which the health path leads to the region's agent and never to an Application (facts of failover §2.1 way A, ADR 45). One for each
 * host, under exactly that host and exactly those paths: nothing but an older route that says the same comes before it.
 */
import type { JsonObject } from "../kernel/json.ts";
import { gatewayGroup } from "./gateway-objects.ts";
import type { HealthPath } from "./health-paths.ts";

export const groupLabel = "sre.catalyst.openova.io/failover-group";

export type GatewayRef = {
  readonly namespace: string;
  readonly name: string;
  /** One of its listeners; absent: all that take the route. */
  readonly listener?: string;
};

export type HealthRouteOptions = {
  readonly group: string;
  /** Where the routes are; with the agent's Service in it no grant is needed. */
  readonly namespace: string;
  readonly gateways: readonly GatewayRef[];
  readonly agent: { readonly namespace: string; readonly name: string; readonly port: number };
};

export type HealthRoute = {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly paths: readonly string[];
  readonly parents: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly sectionName?: string;
  }[];
  /** What is applied. */
  readonly object: JsonObject;
};

/** A name of Kubernetes is no longer. */
const nameMax = 253;

export type HealthRoutes = {
  readonly routes: readonly HealthRoute[];
  /** Hosts that get none, one sentence each. */
  readonly problems: readonly string[];
};

/** The routes that these questions need, in the order of their hosts. */
export function healthRoutes(
  paths: readonly HealthPath[],
  options: HealthRouteOptions,
): HealthRoutes {
  const hosts = [...new Set(paths.map(({ host }) => host))];
  const named = hosts.map((host) => ({ host, name: `failover.${options.group}.${host}` }));
  const fits = named.filter(({ name }) => name.length <= nameMax);
  return {
    routes: fits.map(({ host, name }) => {
      const own = paths.filter((one) => one.host === host).map(({ path }) => path);
      return routeOf(name, { host, paths: own, options });
    }),
    problems: named
      .filter(({ name }) => name.length > nameMax)
      .map(({ host }) => `${host} is too long to have a health route of its own`),
  };
}

type Parts = {
  readonly host: string;
  readonly paths: readonly string[];
  readonly options: HealthRouteOptions;
};

function routeOf(name: string, { host, paths, options }: Parts): HealthRoute {
  const { group, namespace, gateways, agent } = options;
  const parents = gateways.map(({ listener, ...gateway }) => ({
    ...{ namespace: gateway.namespace, name: gateway.name },
    ...(listener === undefined ? {} : { sectionName: listener }),
  }));
  const object: JsonObject = {
    apiVersion: `${gatewayGroup}/v1`,
    kind: "HTTPRoute",
    metadata: { name, namespace, labels: { [groupLabel]: group } },
    spec: {
      parentRefs: parents.map((parent) => ({ group: gatewayGroup, kind: "Gateway", ...parent })),
      hostnames: [host],
      rules: [
        {
          matches: paths.map((value) => ({ path: { type: "Exact", value } })),
          backendRefs: [backendOf(agent, namespace)],
        },
      ],
    },
  };
  return { name, namespace, host, paths, parents, object };
}

function backendOf({ namespace, name, port }: HealthRouteOptions["agent"], of: string): JsonObject {
  const backend = { group: "", kind: "Service", name, port, weight: 1 };
  return namespace === of ? backend : { ...backend, namespace };
}

/** The grant that the agent's namespace has to give; null when routes and agent are in one. Whoever installs the agent applies it. */
export function healthGrant({ group, namespace, agent }: HealthRouteOptions): JsonObject | null {
  if (agent.namespace === namespace) return null;
  return {
    apiVersion: `${gatewayGroup}/v1beta1`,
    kind: "ReferenceGrant",
    metadata: { name: `failover-${group}`, namespace: agent.namespace },
    spec: {
      from: [{ group: gatewayGroup, kind: "HTTPRoute", namespace }],
      to: [{ group: "", kind: "Service", name: agent.name }],
    },
  };
}
