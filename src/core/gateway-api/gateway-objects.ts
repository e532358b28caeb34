/**
 * The part of Gateway API that is looked at (v1 of its `standard` channel): Gateways with HTTP listeners, HTTPRoutes, ReferenceGrants. What an
 * object has beside that is named in `unsupported`, so that nobody takes it for done.
 */
import { z } from "zod";

export const gatewayGroup = "gateway.networking.k8s.io";

const metadata = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  generation: z.int().default(1),
  creationTimestamp: z.string().default(""),
});

const listenerSchema = z.object({
  name: z.string(),
  port: z.int(),
  protocol: z.string(),
  hostname: z.string().default(""),
  allowedRoutes: z
    .object({
      namespaces: z
        .object({ from: z.string().default("Same"), selector: z.unknown().optional() })
        .prefault({}),
      kinds: z
        .array(z.object({ group: z.string().default(gatewayGroup), kind: z.string() }))
        .default([]),
    })
    .prefault({}),
});

const gatewaySchema = z.object({
  metadata,
  spec: z.object({ gatewayClassName: z.string(), listeners: z.array(listenerSchema) }),
});

const parentSchema = z.object({
  group: z.string().default(gatewayGroup),
  kind: z.string().default("Gateway"),
  namespace: z.string().optional(),
  name: z.string(),
  sectionName: z.string().optional(),
  port: z.int().optional(),
});

const valueMatch = z.object({
  type: z.string().default("Exact"),
  name: z.string(),
  value: z.string(),
});

const matchSchema = z.object({
  path: z
    .object({ type: z.string().default("PathPrefix"), value: z.string().default("/") })
    .prefault({}),
  method: z.string().optional(),
  headers: z.array(valueMatch).default([]),
  queryParams: z.array(valueMatch).default([]),
});

const headerValue = z.object({ name: z.string(), value: z.string() });
const headerChanges = z.object({
  set: z.array(headerValue).default([]),
  add: z.array(headerValue).default([]),
  remove: z.array(z.string()).default([]),
});

const filterSchema = z.object({
  type: z.string(),
  requestHeaderModifier: headerChanges.optional(),
  responseHeaderModifier: headerChanges.optional(),
});

const backendSchema = z.object({
  group: z.string().default(""),
  kind: z.string().default("Service"),
  namespace: z.string().optional(),
  name: z.string(),
  port: z.int().optional(),
  weight: z.int().default(1),
  filters: z.array(z.unknown()).default([]),
});

const ruleSchema = z.object({
  matches: z.array(matchSchema).default([]),
  filters: z.array(filterSchema).default([]),
  backendRefs: z.array(backendSchema).default([]),
  timeouts: z.unknown().optional(),
  retry: z.unknown().optional(),
  sessionPersistence: z.unknown().optional(),
});

const routeSchema = z.object({
  metadata,
  spec: z.object({
    parentRefs: z.array(parentSchema).default([]),
    hostnames: z.array(z.string()).default([]),
    rules: z.array(ruleSchema).default([]),
  }),
});

const grantSchema = z.object({
  metadata,
  spec: z.object({
    from: z.array(z.object({ group: z.string(), kind: z.string(), namespace: z.string() })),
    to: z.array(z.object({ group: z.string(), kind: z.string(), name: z.string().optional() })),
  }),
});

export type Listener = z.infer<typeof listenerSchema>;
export type Gateway = z.infer<typeof gatewaySchema>;
export type RouteParent = z.infer<typeof parentSchema>;
export type RouteMatch = z.infer<typeof matchSchema>;
export type HeaderChanges = z.infer<typeof headerChanges>;
export type RouteFilter = z.infer<typeof filterSchema>;
export type BackendRef = z.infer<typeof backendSchema>;
export type RouteRule = z.infer<typeof ruleSchema>;
export type HttpRoute = z.infer<typeof routeSchema>;
export type ReferenceGrant = z.infer<typeof grantSchema>;

/** Undefined for what is none: its server has another idea of the kind. */
export function readGateway(object: unknown): Gateway | undefined {
  return gatewaySchema.safeParse(object).data;
}

/** The same for an HTTPRoute. A rule that matches nothing by its own words matches everything. */
export function readRoute(object: unknown): HttpRoute | undefined {
  const route = routeSchema.safeParse(object).data;
  if (route === undefined) return undefined;
  const everything = matchSchema.parse({});
  const rules = route.spec.rules.map((rule) =>
    rule.matches.length > 0 ? rule : { ...rule, matches: [everything] },
  );
  return { ...route, spec: { ...route.spec, rules } };
}

export function readGrant(object: unknown): ReferenceGrant | undefined {
  return grantSchema.safeParse(object).data;
}

/** What a rule asks for and nobody here does, one word each; empty when all of it is done. */
export function unsupportedOf(rule: RouteRule): readonly string[] {
  const matches = rule.matches.flatMap(({ path, headers, queryParams }) => [
    ...(path.type === "Exact" || path.type === "PathPrefix" ? [] : [`path type ${path.type}`]),
    ...[...headers, ...queryParams]
      .filter(({ type }) => type !== "Exact")
      .map(({ type }) => `match type ${type}`),
  ]);
  const filters = rule.filters
    .filter(({ type }) => type !== "RequestHeaderModifier" && type !== "ResponseHeaderModifier")
    .map(({ type }) => `filter ${type}`);
  const backends = rule.backendRefs
    .filter((backend) => backend.filters.length > 0)
    .map(() => "filters of a backend");
  const others = (["timeouts", "retry", "sessionPersistence"] as const).filter(
    (field) => rule[field] !== undefined,
  );
  return [...new Set([...matches, ...filters, ...backends, ...others])];
}

/** `namespace/name`, for messages. */
export function nameOf({
  metadata: { namespace, name },
}: {
  readonly metadata: { readonly namespace: string; readonly name: string };
}): string {
  return `${namespace}/${name}`;
}
