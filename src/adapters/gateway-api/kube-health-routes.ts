/** Health routes as HTTPRoutes of Gateway API, in one namespace of the region's cluster, under a field manager of their own (ADR 45). */
import type {
  HealthRouteStore,
  RouteRefused,
  StoredRoute,
} from "../../control/gateway-api/health-route-store.ts";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import { listAll } from "../../control/kubernetes/list-all.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { readGateway, readRoute } from "../../core/gateway-api/gateway-objects.ts";
import { type GatewayRef, groupLabel } from "../../core/gateway-api/health-route.ts";

/** Under which name the server remembers the fields of these routes. */
export const routeManager = "sovereign-health-route";

export type KubeHealthRoutesOptions = {
  readonly group: string;
  readonly namespace: string;
  readonly gateways: readonly GatewayRef[];
};

export function kubeHealthRoutes(
  api: KubernetesApi,
  { group, namespace, gateways }: KubeHealthRoutesOptions,
): HealthRouteStore {
  const kind = resourceKinds.httpRoute;
  return {
    async list(signal) {
      const labels = `${groupLabel}=${group}`;
      const listed = await listAll(api, kind, { namespace, labels, signal });
      if (listed.kind !== "all") return refused(listed);
      return { kind: "listed", routes: listed.items.map(storedOf) };
    },
    async apply({ name, object }, isOurs, signal) {
      const patch = { kind: "apply", body: object, force: isOurs } as const;
      const options = { patch, fieldManager: routeManager, signal };
      const done = await api.patch(kind, { name, namespace }, options);
      if (done.kind !== "written") return refused(done);
      return { kind: "applied", route: storedOf(done.object) };
    },
    async remove({ name, uid }, signal) {
      const done = await api.delete(kind, { name, namespace }, { uid, signal });
      // Another one of this name, or none: that one is gone.
      const isGone = done.kind === "deleted" || done.kind === "notFound";
      return isGone || done.kind === "conflict" ? { kind: "removed" } : refused(done);
    },
    async surroundings(signal) {
      const found: KubeObject[] = [];
      for (const gateway of gateways) {
        const place = { name: gateway.name, namespace: gateway.namespace };
        const read = await api.get(resourceKinds.gateway, place, { signal });
        if (read.kind !== "found") return refused(read);
        found.push(read.object);
      }
      const all = await listAll(api, kind, { signal });
      if (all.kind !== "all") return refused(all);
      return {
        kind: "seen",
        gateways: found.map(readGateway).filter((one) => one !== undefined),
        routes: all.items.map(readRoute).filter((one) => one !== undefined),
      };
    },
  };
}

function storedOf(object: KubeObject): StoredRoute {
  return { name: object.metadata.name, uid: object.metadata.uid ?? "", object };
}

function refused(refusal: Refusal): RouteRefused {
  if (refusal.kind !== "conflict" || refusal.owners.length === 0) {
    return { kind: "refused", because: refusal.because };
  }
  const owners = [...new Set(refusal.owners.map(({ manager }) => manager))].join(", ");
  return { kind: "refused", because: `it belongs to ${owners}` };
}
