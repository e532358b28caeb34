/** Who gets which request at a set of Gateways: every match of every attached route, in the order in which they are tried. */
import { type AllowsNamespace, type Attached, attachRoute } from "./attach-route.ts";
import type { Gateway, HttpRoute } from "./gateway-objects.ts";
import { compareHosts, hostMatches } from "./hostnames.ts";
import { compareRanked, type Ranked, type RouteRequest, requestFits } from "./route-precedence.ts";

export type RouteTable = {
  readonly listeners: readonly TableListener[];
};

type TableListener = Pick<Attached, "gateway" | "listener"> & {
  readonly ranked: readonly Ranked[];
};

/** The table; listeners that no route is attached to are in it too. */
export function routeTable(
  gateways: readonly Gateway[],
  routes: readonly HttpRoute[],
  allows: AllowsNamespace,
): RouteTable {
  const all = routes.flatMap((route) =>
    attachRoute(route, gateways, allows).flatMap(({ attached }) =>
      attached.map((place) => ({ ...place, ranked: rankedOf(route, place) })),
    ),
  );
  const listeners = gateways.flatMap((gateway) =>
    gateway.spec.listeners.map((listener): TableListener => {
      const here = all.filter((one) => one.gateway === gateway && one.listener === listener);
      const ranked = here.flatMap((one) => one.ranked).sort(compareRanked);
      return { gateway, listener, ranked };
    }),
  );
  return { listeners };
}

function rankedOf(route: HttpRoute, { hostnames }: Attached): readonly Ranked[] {
  return hostnames.flatMap((hostname) =>
    route.spec.rules.flatMap(({ matches }, rule) =>
      matches.map((match) => ({ hostname, match, route, rule })),
    ),
  );
}

/** The match that gets a request at a port. It is the most specific listener's alone; undefined when it has none for it (404). */
export function pickRoute(
  { listeners }: RouteTable,
  port: number,
  request: RouteRequest,
): Ranked | undefined {
  const [first] = listeners
    .filter(
      ({ listener }) => listener.port === port && hostMatches(listener.hostname, request.host),
    )
    .sort((one, other) => compareHosts(one.listener.hostname, other.listener.hostname));
  return first?.ranked.find(
    ({ hostname, match }) => hostMatches(hostname, request.host) && requestFits(match, request),
  );
}
