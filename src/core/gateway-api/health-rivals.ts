/** Whether the health path leads to the agent, by everything that is at the gateways: the route that wins is named when it is not ours. */
import { httpProtocols } from "./attach-route.ts";
import { type Gateway, type HttpRoute, type Listener, nameOf } from "./gateway-objects.ts";
import type { HealthRoute } from "./health-route.ts";
import { hostMatches } from "./hostnames.ts";
import { pickRoute, type RouteTable, routeTable } from "./route-table.ts";

/**
 * One sentence for each route that takes the place of ours, and for each listener that is asked for our host and does not have ours. Routes are taken to
 * be admitted by every listener, since whether they are is for the gateway to say, which it does in the status.
 */
export function healthRivals(
  ours: readonly HealthRoute[],
  gateways: readonly Gateway[],
  routes: readonly HttpRoute[],
): readonly string[] {
  const table = routeTable(gateways, routes, () => true);
  const found = ours.flatMap((health) =>
    portsOf(health, gateways).flatMap((port) =>
      health.paths.flatMap((path) => rivalAt(table, { health, port, path })),
    ),
  );
  return [...new Set(found)];
}

/** Ports of its Gateways at which its host is asked. */
function portsOf({ parents, host }: HealthRoute, gateways: readonly Gateway[]): readonly number[] {
  const listeners = gateways.flatMap((gateway) => listenersOf(parents, gateway));
  const asked = listeners.filter(
    ({ protocol, hostname }) => httpProtocols.has(protocol) && hostMatches(hostname, host),
  );
  return [...new Set(asked.map(({ port }) => port))];
}

/** Those that the route's parents name; all of the Gateway where one of them names none. */
function listenersOf(
  parents: HealthRoute["parents"],
  { metadata, spec }: Gateway,
): readonly Listener[] {
  const here = parents.filter(
    ({ namespace, name }) => namespace === metadata.namespace && name === metadata.name,
  );
  const isWhole = here.some(({ sectionName }) => sectionName === undefined);
  return spec.listeners.filter(
    ({ name }) => isWhole || here.some(({ sectionName }) => sectionName === name),
  );
}

type Question = {
  readonly health: HealthRoute;
  readonly port: number;
  readonly path: string;
};

function rivalAt(table: RouteTable, { health, port, path }: Question): readonly string[] {
  const request = { host: health.host, path, method: "GET", headers: {}, query: {} };
  const winner = pickRoute(table, port, request)?.route;
  if (winner === undefined) {
    return [`nothing leads ${health.host}:${port}${path} to the agent`];
  }
  if (nameOf(winner) === `${health.namespace}/${health.name}`) return [];
  return [
    `the HTTPRoute ${nameOf(winner)} takes ${health.host}:${port}${path}, which has to lead to the agent: it is as exact and older, or of a listener that ours is not at`,
  ];
}
