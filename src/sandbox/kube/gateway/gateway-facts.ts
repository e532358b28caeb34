/** What a gateway knows of its cluster, out of the objects as they are: its own Gateways, all routes, and where Services lead to. */
import type { KubeObject } from "../../../control/kubernetes/kube-object.ts";
import type { AllowsNamespace } from "../../../core/gateway-api/attach-route.ts";
import {
  type Gateway,
  type HttpRoute,
  type Listener,
  readGateway,
  readGrant,
  readRoute,
} from "../../../core/gateway-api/gateway-objects.ts";
import type {
  BackendFacts,
  Endpoint,
  ServicePorts,
} from "../../../core/gateway-api/resolve-backends.ts";
import { fieldAt, isObject, listOr } from "../objects/kube-object.ts";
import { fitsSelector } from "../objects/selectors.ts";

export const watchedKinds = [
  "namespace",
  "service",
  "endpoints",
  "gatewayClass",
  "gateway",
  "httpRoute",
  "referenceGrant",
] as const;

export type WatchedKind = (typeof watchedKinds)[number];

/** Everything that is there, by kind. */
export type Snapshot = Readonly<Record<WatchedKind, readonly KubeObject[]>>;

/** A parsed object with the one that it was parsed from, which its status is written to. */
export type Parsed<T> = { readonly value: T; readonly object: KubeObject };

export type GatewayFacts = {
  readonly classes: readonly KubeObject[];
  readonly gateways: readonly Parsed<Gateway>[];
  readonly routes: readonly Parsed<HttpRoute>[];
  readonly backends: BackendFacts;
  readonly allows: AllowsNamespace;
};

/** The facts for the controller of that name. */
export function gatewayFacts(snapshot: Snapshot, controllerName: string): GatewayFacts {
  const classes = snapshot.gatewayClass.filter(
    (one) => fieldAt(one, "spec", "controllerName") === controllerName,
  );
  const names = new Set(classes.map(({ metadata }) => metadata.name));
  const services = new Map(
    snapshot.service.map((service) => [
      placeOf(service),
      portsOf(
        service,
        snapshot.endpoints.find((one) => placeOf(one) === placeOf(service)),
      ),
    ]),
  );
  return {
    classes,
    gateways: parsed(snapshot.gateway, readGateway).filter(({ value }) =>
      names.has(value.spec.gatewayClassName),
    ),
    routes: parsed(snapshot.httpRoute, readRoute),
    backends: {
      service: (namespace, name) => services.get(`${namespace}/${name}`),
      grants: parsed(snapshot.referenceGrant, readGrant).map(({ value }) => value),
    },
    allows: allowsIn(snapshot.namespace),
  };
}

function parsed<T>(
  objects: readonly KubeObject[],
  read: (object: KubeObject) => T | undefined,
): readonly Parsed<T>[] {
  return objects.flatMap((object) => {
    const value = read(object);
    return value === undefined ? [] : [{ value, object }];
  });
}

const placeOf = ({ metadata }: KubeObject): string =>
  `${metadata.namespace ?? ""}/${metadata.name}`;

/** Ready endpoints behind each port of a Service; ports are matched by their names. */
function portsOf(service: KubeObject, endpoints: KubeObject | undefined): ServicePorts {
  const subsets = listOr(endpoints?.["subsets"]);
  return new Map(
    listOr(fieldAt(service, "spec", "ports")).map((port) => {
      const name = fieldAt(port, "name");
      const found = subsets.flatMap((subset): readonly Endpoint[] => {
        const here = listOr(fieldAt(subset, "ports")).find((one) => fieldAt(one, "name") === name);
        if (here === undefined) return [];
        return listOr(fieldAt(subset, "addresses")).map((address) => ({
          host: String(fieldAt(address, "ip")),
          port: Number(fieldAt(here, "port")),
        }));
      });
      return [Number(fieldAt(port, "port")), found] as const;
    }),
  );
}

function allowsIn(namespaces: readonly KubeObject[]): AllowsNamespace {
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  return ({ allowedRoutes }: Listener, gateway, namespace) => {
    const { from, selector } = allowedRoutes.namespaces;
    if (from === "All") return true;
    if (from === "Same") return namespace === gateway.metadata.namespace;
    const asked = selector as Parameters<typeof isObject>[0]; // It came as JSON.
    return from === "Selector" && isObject(asked)
      ? fitsSelector(asked, labels.get(namespace) ?? {})
      : false;
  };
}
