/** Which of several matches gets a request (Gateway API v1, `HTTPRouteRule.matches`): the host first, then path, method, headers, query, age, name. */
import type { HttpRoute, RouteMatch } from "./gateway-objects.ts";
import { nameOf } from "./gateway-objects.ts";
import { compareHosts } from "./hostnames.ts";

export type RouteRequest = {
  readonly host: string;
  /** Without its query. */
  readonly path: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
};

/** Whether the request fits; what is not supported (`unsupportedOf`) fits by the rest of it. */
export function requestFits(match: RouteMatch, request: RouteRequest): boolean {
  return (
    pathFits(match.path, request.path) &&
    (match.method === undefined || match.method === request.method) &&
    match.headers.every(({ name, value }) => request.headers[name.toLowerCase()] === value) &&
    match.queryParams.every(({ name, value }) => request.query[name] === value)
  );
}

/** A prefix is one of whole elements: `/shop` is a prefix of `/shop/cart` and not of `/shopping`. */
function pathFits({ type, value }: RouteMatch["path"], path: string): boolean {
  if (type !== "PathPrefix") return type === "Exact" && path === value;
  const prefix = value.endsWith("/") ? value.slice(0, -1) : value;
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** A match with what decides when several fit. */
export type Ranked = {
  readonly hostname: string;
  readonly match: RouteMatch;
  readonly route: HttpRoute;
  readonly rule: number;
};

/** Negative when `one` comes first. */
export function compareRanked(one: Ranked, other: Ranked): number {
  const [a, b] = [one.match, other.match];
  const steps = [
    () => compareHosts(one.hostname, other.hostname),
    () => Number(b.path.type === "Exact") - Number(a.path.type === "Exact"),
    () => prefixLength(b) - prefixLength(a),
    () => Number(b.method !== undefined) - Number(a.method !== undefined),
    () => b.headers.length - a.headers.length,
    () => b.queryParams.length - a.queryParams.length,
    () => compareText(createdOf(one.route), createdOf(other.route)),
    () => compareText(nameOf(one.route), nameOf(other.route)),
    () => one.rule - other.rule,
  ];
  for (const step of steps) {
    const order = step();
    if (order !== 0) return order;
  }
  return 0;
}

function prefixLength({ path: { type, value } }: RouteMatch): number {
  return type === "PathPrefix" ? value.length : 0;
}

/** RFC 3339 in UTC, which sorts as it stands; what has none yet is newer than everything. */
function createdOf({ metadata }: HttpRoute): string {
  return metadata.creationTimestamp === "" ? "~" : metadata.creationTimestamp;
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
