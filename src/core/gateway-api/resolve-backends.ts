/** What the backends of a rule lead to, and the condition `ResolvedRefs` of a route (Gateway API v1, `HTTPBackendRef`, `ReferenceGrant`). */
import type { RouteCondition } from "./attach-route.ts";
import {
  type BackendRef,
  gatewayGroup,
  type HttpRoute,
  type ReferenceGrant,
  unsupportedOf,
} from "./gateway-objects.ts";

export type Endpoint = { readonly host: string; readonly port: number };

/** A Service as it is known: where each of its ports leads to; ready ones only. */
export type ServicePorts = ReadonlyMap<number, readonly Endpoint[]>;

export type BackendFacts = {
  /** Undefined when there is no such Service. */
  readonly service: (namespace: string, name: string) => ServicePorts | undefined;
  readonly grants: readonly ReferenceGrant[];
};

export type ResolvedBackend =
  | { readonly kind: "endpoints"; readonly endpoints: readonly Endpoint[]; readonly weight: number }
  /** Its part of the requests gets 500. */
  | {
      readonly kind: "invalid";
      readonly reason: "InvalidKind" | "RefNotPermitted" | "BackendNotFound";
      readonly because: string;
      readonly weight: number;
    };

/** What one backend of a route in `namespace` leads to. */
export function resolveBackend(
  backend: BackendRef,
  namespace: string,
  facts: BackendFacts,
): ResolvedBackend {
  const { weight, group, kind, name, port } = backend;
  const where = backend.namespace ?? namespace;
  const invalid = (
    reason: Extract<ResolvedBackend, { kind: "invalid" }>["reason"],
    because: string,
  ): ResolvedBackend => ({ kind: "invalid", reason, because, weight });
  if (group !== "" || kind !== "Service") {
    return invalid("InvalidKind", `a backend of kind ${kind} is none that is known`);
  }
  if (where !== namespace && !isGranted(backend, { namespace, where }, facts.grants)) {
    const because = `no ReferenceGrant in ${where} lets HTTPRoutes of ${namespace} lead to the Service ${name}`;
    return invalid("RefNotPermitted", because);
  }
  const ports = facts.service(where, name);
  if (ports === undefined) {
    return invalid("BackendNotFound", `there is no Service ${where}/${name}`);
  }
  const endpoints = port === undefined ? undefined : ports.get(port);
  if (endpoints === undefined) {
    return invalid("BackendNotFound", `the Service ${where}/${name} has no port ${port ?? ""}`);
  }
  return { kind: "endpoints", endpoints, weight };
}

function isGranted(
  { name }: BackendRef,
  { namespace, where }: { readonly namespace: string; readonly where: string },
  grants: readonly ReferenceGrant[],
): boolean {
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === where &&
      spec.from.some(
        (from) =>
          from.group === gatewayGroup && from.kind === "HTTPRoute" && from.namespace === namespace,
      ) &&
      spec.to.some(
        (to) =>
          to.group === "" && to.kind === "Service" && (to.name === undefined || to.name === name),
      ),
  );
}

/** `ResolvedRefs` of a route. */
export function resolvedRefs(route: HttpRoute, facts: BackendFacts): RouteCondition {
  const { namespace } = route.metadata;
  const backends = route.spec.rules.flatMap(({ backendRefs }) => backendRefs);
  for (const backend of backends) {
    const resolved = resolveBackend(backend, namespace, facts);
    if (resolved.kind === "invalid") {
      return { isTrue: false, reason: resolved.reason, message: resolved.because };
    }
  }
  return { isTrue: true, reason: "ResolvedRefs", message: "every backend was found" };
}

/** `PartiallyInvalid`, with the rules that are answered 501 because of what they ask for; null when there is none. */
export function droppedRules({ spec }: HttpRoute): RouteCondition | null {
  const dropped = spec.rules.flatMap((rule, index) => {
    const unsupported = unsupportedOf(rule);
    return unsupported.length === 0 ? [] : [`${index} (${unsupported.join(", ")})`];
  });
  if (dropped.length === 0) return null;
  // The beginning is what the specification asks for.
  const message = `Dropped Rule ${dropped.join("; ")}: not done here, answered 501`;
  return { isTrue: true, reason: "UnsupportedValue", message };
}
