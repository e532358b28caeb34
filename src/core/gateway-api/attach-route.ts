/** Which listeners an HTTPRoute is attached to, and the condition `Accepted` for each of its parents (Gateway API v1, `RouteParentStatus`). */
import {
  type Gateway,
  gatewayGroup,
  type HttpRoute,
  type Listener,
  nameOf,
  type RouteParent,
} from "./gateway-objects.ts";
import { hostIntersection } from "./hostnames.ts";

export type RouteCondition = {
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
};

export type Attached = {
  readonly gateway: Gateway;
  readonly listener: Listener;
  /** Names under which the route is asked there; the empty one is any. */
  readonly hostnames: readonly string[];
};

export type ParentOutcome = {
  readonly parent: RouteParent;
  readonly accepted: RouteCondition;
  readonly attached: readonly Attached[];
};

/** Protocols of listeners that HTTPRoutes can be at. */
export const httpProtocols: ReadonlySet<string> = new Set(["HTTP", "HTTPS"]);

/** Whether a listener takes routes out of that namespace. */
export type AllowsNamespace = (listener: Listener, gateway: Gateway, namespace: string) => boolean;

/** What becomes of the route at those of its parents that are among `gateways`. */
export function attachRoute(
  route: HttpRoute,
  gateways: readonly Gateway[],
  allows: AllowsNamespace,
): readonly ParentOutcome[] {
  return route.spec.parentRefs.flatMap((parent) => {
    const gateway = gateways.find((one) => isParent(parent, route, one));
    return gateway === undefined ? [] : [outcomeOf(route, parent, { gateway, allows })];
  });
}

export function isParent(
  { group, kind, namespace, name }: RouteParent,
  { metadata }: HttpRoute,
  gateway: Gateway,
): boolean {
  return (
    group === gatewayGroup &&
    kind === "Gateway" &&
    name === gateway.metadata.name &&
    (namespace ?? metadata.namespace) === gateway.metadata.namespace
  );
}

function outcomeOf(
  route: HttpRoute,
  parent: RouteParent,
  { gateway, allows }: { readonly gateway: Gateway; readonly allows: AllowsNamespace },
): ParentOutcome {
  const { namespace } = route.metadata;
  const refused = (reason: string, message: string): ParentOutcome => ({
    parent,
    accepted: { isTrue: false, reason, message },
    attached: [],
  });
  const named = gateway.spec.listeners.filter(
    ({ name, port, protocol }) =>
      httpProtocols.has(protocol) &&
      (parent.sectionName === undefined || parent.sectionName === name) &&
      (parent.port === undefined || parent.port === port),
  );
  const of = `the Gateway ${nameOf(gateway)}`;
  if (named.length === 0) {
    return refused("NoMatchingParent", `${of} has no such listener that takes HTTPRoutes`);
  }
  const open = named.filter(
    (listener) => takesKind(listener) && allows(listener, gateway, namespace),
  );
  if (open.length === 0) {
    const message = `no listener of ${of} takes HTTPRoutes of the namespace ${namespace} (allowedRoutes)`;
    return refused("NotAllowedByListeners", message);
  }
  const attached = open.flatMap((listener): readonly Attached[] => {
    const hostnames = namesAt(route, listener);
    return hostnames.length === 0 ? [] : [{ gateway, listener, hostnames }];
  });
  if (attached.length === 0) {
    const names = route.spec.hostnames.join(", ");
    return refused("NoMatchingListenerHostname", `no listener of ${of} is asked for ${names}`);
  }
  const message = `attached to ${attached.map(({ listener }) => listener.name).join(", ")}`;
  return { parent, accepted: { isTrue: true, reason: "Accepted", message }, attached };
}

function takesKind({ allowedRoutes: { kinds } }: Listener): boolean {
  return (
    kinds.length === 0 ||
    kinds.some(({ group, kind }) => group === gatewayGroup && kind === "HTTPRoute")
  );
}

function namesAt({ spec: { hostnames } }: HttpRoute, { hostname }: Listener): readonly string[] {
  if (hostnames.length === 0) return [hostname];
  return hostnames
    .map((name) => hostIntersection(name, hostname))
    .filter((name) => name !== undefined);
}
