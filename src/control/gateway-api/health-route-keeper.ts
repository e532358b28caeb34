/**
 * Keeps the way of the health path to the agent (ADR 45): makes the routes, takes back what was changed in them, reads what gateways say of them, and
 * looks whether anything comes before them. Without it a region can serve and nobody is told, so its readiness says what it finds.
 */
import { healthRivals } from "../../core/gateway-api/health-rivals.ts";
import type { HealthRoute } from "../../core/gateway-api/health-route.ts";
import { isApplied } from "../../core/gateway-api/is-applied.ts";
import { routeProblems } from "../../core/gateway-api/route-status.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Env, Signal } from "../env.ts";
import { within } from "../failover/within.ts";
import type { HealthRouteStore, RouteRefused, StoredRoute } from "./health-route-store.ts";

export type WantedRoutes = {
  readonly routes: readonly HealthRoute[];
  readonly problems: readonly string[];
  /** False while a document is wrong: what is missing may stand in it, and nothing is removed. */
  readonly mayRemove: boolean;
};

export type HealthRouteKeeperOptions = {
  readonly store: HealthRouteStore;
  readonly wanted: () => WantedRoutes;
  /** Looks, and changes nothing. */
  readonly observeOnly: boolean;
  readonly times?: Partial<RouteTimes>;
};

export type RouteTimes = {
  readonly lookEveryMs: number;
  /** While something is in the way. */
  readonly againMs: number;
  readonly limitMs: number;
};

export type HealthRouteKeeper = {
  /** Why the health path does not lead to the agent, one sentence each; empty when it does. */
  reasons(): readonly string[];
  /** Works until the signal is given. */
  run(signal: Signal): Promise<void>;
};

const usualTimes: RouteTimes = { lookEveryMs: 60_000, againMs: 5_000, limitMs: 30_000 };

/** Nothing is asked before `run`. */
export function healthRouteKeeper(env: Env, options: HealthRouteKeeperOptions): HealthRouteKeeper {
  const times = { ...usualTimes, ...options.times };
  let reasons: readonly string[] = ["the health route was not looked at yet"];
  let told = "[]";
  return {
    reasons: () => reasons,
    async run(signal) {
      while (!signal.aborted) {
        const found = await lookOnce(env, options, times.limitMs, signal);
        if (signal.aborted) return;
        // What was well stays so while nobody answers: an API server that is away changes no route.
        if (found.isAnswered || reasons.length > 0) reasons = found.problems;
        const text = JSON.stringify(reasons);
        if (text !== told) tell(env, reasons);
        told = text;
        const isWell = found.isAnswered && reasons.length === 0;
        await env.clock.sleep(isWell ? times.lookEveryMs : times.againMs, signal);
      }
    },
  };
}

type Found = { readonly isAnswered: boolean; readonly problems: readonly string[] };

async function lookOnce(
  env: Env,
  options: HealthRouteKeeperOptions,
  limitMs: number,
  ended: Signal,
): Promise<Found> {
  try {
    const what = "looking at the health route";
    const problems = await within(env.clock, limitMs, what, (until) =>
      look(env, options, { until, ended }),
    );
    return { isAnswered: true, problems };
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    const { message } = Failure.from(thrown, "health route");
    return { isAnswered: false, problems: [`the health route can not be looked at: ${message}`] };
  }
}

/** `ended` is the keeper's own: what it writes after its end would be against another keeper, which goes by newer documents. */
type Ends = { readonly until: Signal; readonly ended: Signal };

const isOver = ({ until, ended }: Ends): boolean => until.aborted || ended.aborted;

async function look(
  env: Env,
  { store, wanted, observeOnly }: HealthRouteKeeperOptions,
  ends: Ends,
): Promise<readonly string[]> {
  const { routes, problems, mayRemove } = wanted();
  const listed = await store.list(ends.until);
  if (listed.kind === "refused") return [`the health routes can not be read: ${listed.because}`];
  const found = [...problems];
  const there = new Map(listed.routes.map((route) => [route.name, route]));
  for (const route of routes) {
    const stored = there.get(route.name);
    if (isOver(ends)) return found;
    found.push(...(await keepOne(env, { store, observeOnly }, { route, stored, ends })));
  }
  const names = new Set(routes.map(({ name }) => name));
  for (const old of listed.routes.filter(({ name }) => !names.has(name))) {
    if (!mayRemove || observeOnly) continue;
    if (isOver(ends)) return found;
    const removed = await store.remove(old, ends.until);
    if (removed.kind === "refused") found.push(refusedText(old.name, removed));
    else append(env, "route.removed", { route: old.name });
  }
  // What comes before a route is asked when there is one.
  return found.length > 0 || routes.length === 0 ? found : rivalsOf(store, routes, ends.until);
}

type One = {
  readonly route: HealthRoute;
  readonly stored: StoredRoute | undefined;
  readonly ends: Ends;
};

async function keepOne(
  env: Env,
  { store, observeOnly }: Pick<HealthRouteKeeperOptions, "store" | "observeOnly">,
  { route, stored, ends }: One,
): Promise<readonly string[]> {
  const isThere = stored !== undefined && isApplied(route.object, stored.object);
  if (isThere) return routeProblems(stored.object, route);
  if (observeOnly) return [`the HTTPRoute ${route.name} is not as it has to be`];
  const applied = await store.apply(route, stored !== undefined, ends.until);
  if (applied.kind === "refused") return [refusedText(route.name, applied)];
  append(env, "route.applied", { route: route.name, host: route.host });
  return routeProblems(applied.route.object, route);
}

function refusedText(name: string, { because }: RouteRefused): string {
  return `the HTTPRoute ${name} can not be changed: ${because}`;
}

async function rivalsOf(
  store: HealthRouteStore,
  routes: readonly HealthRoute[],
  signal: Signal,
): Promise<readonly string[]> {
  const around = await store.surroundings(signal);
  if (around.kind === "refused") {
    return [`whether another HTTPRoute takes the health path can not be seen: ${around.because}`];
  }
  return healthRivals(routes, around.gateways, around.routes);
}

function tell(env: Env, reasons: readonly string[]): void {
  const [first] = reasons;
  if (first === undefined) env.log.info("the health path leads to the agent");
  else env.log.warn("the health path does not lead to the agent", { because: reasons.join("; ") });
  append(env, "route.judged", { isWell: reasons.length === 0, reasons });
}

/** Not awaited: a journal that is slow or full keeps nobody from serving. */
function append(env: Env, type: string, data: JsonObject): void {
  void env.journal.append({ type, data }).catch((thrown: unknown) => {
    env.log.error("not journalled", { failure: Failure.from(thrown, "journal").toJson() });
  });
}
