/** What a gateway does with one request, as a value: the endpoint that it goes to, or the answer that the gateway gives itself. */
import {
  type HeaderChanges,
  type RouteFilter,
  unsupportedOf,
} from "../../../core/gateway-api/gateway-objects.ts";
import {
  type BackendFacts,
  type Endpoint,
  type ResolvedBackend,
  resolveBackend,
} from "../../../core/gateway-api/resolve-backends.ts";
import type { RouteRequest } from "../../../core/gateway-api/route-precedence.ts";
import { pickRoute, type RouteTable } from "../../../core/gateway-api/route-table.ts";

export type Routed =
  | {
      readonly kind: "forward";
      readonly to: Endpoint;
      readonly request: readonly HeaderChanges[];
      readonly answer: readonly HeaderChanges[];
    }
  | { readonly kind: "answer"; readonly status: 404 | 500 | 501 | 503; readonly because: string };

export type RouteFacts = { readonly table: RouteTable; readonly backends: BackendFacts };

/** Decides by what is known; `draw` gives numbers from 0 up to and not including 1. */
export function routeRequest(
  { table, backends }: RouteFacts,
  asked: { readonly port: number; readonly request: RouteRequest },
  draw: () => number,
): Routed {
  const picked = pickRoute(table, asked.port, asked.request);
  if (picked === undefined) return answer(404, "no route takes this");
  const { namespace } = picked.route.metadata;
  const rule = picked.route.spec.rules[picked.rule];
  if (rule === undefined) return answer(404, "no route takes this");
  const unsupported = unsupportedOf(rule);
  if (unsupported.length > 0) return answer(501, `not done here: ${unsupported.join(", ")}`);
  const resolved = rule.backendRefs.map((backend) => resolveBackend(backend, namespace, backends));
  // As the conformance tests of Gateway API want it.
  if (resolved.length === 0) return answer(500, "the rule has no backend");
  const backend = drawn(resolved, draw);
  if (backend === undefined) return answer(500, "every backend of the rule has the weight 0");
  if (backend.kind === "invalid") return answer(500, backend.because);
  const to = backend.endpoints[Math.floor(draw() * backend.endpoints.length)];
  if (to === undefined) return answer(503, "no endpoint behind it is ready");
  return {
    ...{ kind: "forward", to },
    request: changesOf(rule.filters, "requestHeaderModifier"),
    answer: changesOf(rule.filters, "responseHeaderModifier"),
  };
}

function answer(status: Extract<Routed, { kind: "answer" }>["status"], because: string): Routed {
  return { kind: "answer", status, because };
}

function drawn(
  backends: readonly ResolvedBackend[],
  draw: () => number,
): ResolvedBackend | undefined {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  let rest = draw() * total;
  for (const backend of backends) {
    rest -= backend.weight;
    if (rest < 0) return backend;
  }
  return undefined;
}

function changesOf(
  filters: readonly RouteFilter[],
  field: "requestHeaderModifier" | "responseHeaderModifier",
): readonly HeaderChanges[] {
  return filters.map((filter) => filter[field]).filter((changes) => changes !== undefined);
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers after the changes, names in lower case: set replaces, add comes behind what is there, remove is last. */
export function changedHeaders(
  headers: Headers,
  changes: readonly HeaderChanges[],
): Record<string, string | string[]> {
  const now = new Map<string, string | string[]>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) now.set(name, typeof value === "string" ? value : [...value]);
  }
  for (const { set, add, remove } of changes) {
    for (const { name, value } of set) now.set(name.toLowerCase(), value);
    for (const { name, value } of add) {
      const before = now.get(name.toLowerCase());
      now.set(name.toLowerCase(), before === undefined ? value : [before, value].flat().join(", "));
    }
    for (const name of remove) now.delete(name.toLowerCase());
  }
  return Object.fromEntries(now);
}
