/** The port to the region's gateways: the health routes of one group, and everything that stands beside them. `adapters/gateway-api` is Gateway API's. */
import type { Gateway, HttpRoute } from "../../core/gateway-api/gateway-objects.ts";
import type { HealthRoute } from "../../core/gateway-api/health-route.ts";
import type { Signal } from "../env.ts";

export type StoredRoute = { readonly name: string; readonly uid: string; readonly object: unknown };

/** It can not be done as things are; the sentence says why. */
export type RouteRefused = { readonly kind: "refused"; readonly because: string };

/** Everything here may also fail as the API server does. */
export interface HealthRouteStore {
  /** What is there of the group. */
  list(
    signal?: Signal,
  ): Promise<{ readonly kind: "listed"; readonly routes: readonly StoredRoute[] } | RouteRefused>;
  /** Makes it, or makes it as it has to be. `isOurs`: it was listed, and what others changed in it is taken back; else theirs is left. */
  apply(
    route: HealthRoute,
    isOurs: boolean,
    signal?: Signal,
  ): Promise<{ readonly kind: "applied"; readonly route: StoredRoute } | RouteRefused>;
  /** Removes the very one that was listed. */
  remove(route: StoredRoute, signal?: Signal): Promise<{ readonly kind: "removed" } | RouteRefused>;
  /** The Gateways of the routes and all HTTPRoutes of the cluster. */
  surroundings(signal?: Signal): Promise<
    | {
        readonly kind: "seen";
        readonly gateways: readonly Gateway[];
        readonly routes: readonly HttpRoute[];
      }
    | RouteRefused
  >;
}
