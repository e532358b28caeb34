/**
 * What follows authority in the region's cluster, in an agent's process (ADR 45): the mesh, and the way of the health path to this agent. It is beside the
 * agent: nothing waits for it, and an API server that is away keeps no agent from starting, renewing or fencing.
 */
import { ciliumService } from "../../adapters/clustermesh/cilium-service.ts";
import { kubeHealthRoutes } from "../../adapters/gateway-api/kube-health-routes.ts";
import { openAs, type ProgramKubernetes } from "../../adapters/kubernetes/open-as.ts";
import { openLater } from "../../adapters/kubernetes/open-later.ts";
import { makeAbort } from "../../control/abort.ts";
import type { Env, Signal } from "../../control/env.ts";
import type { RegionAgent } from "../../control/failover/region-agent.ts";
import {
  healthRouteKeeper,
  type WantedRoutes,
} from "../../control/gateway-api/health-route-keeper.ts";
import { meshKeeper } from "../../control/mesh/mesh-keeper.ts";
import { healthPaths } from "../../core/gateway-api/health-paths.ts";
import { type HealthRouteOptions, healthRoutes } from "../../core/gateway-api/health-route.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { meshStanding } from "../../core/mesh/mesh-plan.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { AgentConfig } from "./config.ts";
import type { GroupDocuments } from "./documents.ts";

export type Traffic = {
  /** Why traffic would not follow authority, one sentence each. */
  reasons(): readonly string[];
  /** Works until the signal is given; never rejects. */
  run(signal: Signal): Promise<void>;
};

export type TrafficParts = {
  readonly env: Env;
  readonly config: Pick<AgentConfig, "kubernetes" | "mesh" | "healthRoute">;
  readonly documents: Pick<GroupDocuments, "group" | "snapshot">;
  readonly agent: () => Pick<RegionAgent, "current">;
  readonly observeOnly: boolean;
};

type Keeper = Traffic;

const againMs = 5_000;
const none: Traffic = { reasons: () => [], run: () => Promise.resolve() };

/** Nothing is read or asked before `run`. */
export function makeTraffic(parts: TrafficParts): Traffic {
  const { env } = parts;
  const { kubernetes, mesh, healthRoute } = parts.config;
  if (kubernetes === undefined || (mesh === undefined && healthRoute === undefined)) return none;
  let keepers: readonly Keeper[] | undefined;
  let problem = "the region's API server was not asked yet";
  const work = async (signal: Signal): Promise<void> => {
    const open = () => openAs("agent", kubernetes);
    const first = await open();
    const opened = openLater(first.api.id, open, first);
    try {
      keepers = keepersOf(parts, { api: opened.api, home: first.home });
      await runTogether(keepers, signal);
    } finally {
      keepers = undefined;
      opened.close();
    }
  };
  return {
    reasons: () => keepers?.flatMap((keeper) => keeper.reasons()) ?? [problem],
    async run(signal) {
      while (!signal.aborted) {
        try {
          await work(signal);
        } catch (thrown) {
          // A kubeconfig that can not be read, or a bug of ours: neither takes the agent with it, and both are told.
          const { message } = Failure.from(thrown, "traffic");
          problem = `traffic does not follow authority: ${message}`;
          env.log.error(problem);
        }
        await env.clock.sleep(againMs, signal);
      }
    },
  };
}

/** Until the signal is given, or one of them ends: then all end, so that no two of a kind ever run. Fails with what the first one failed with. */
export async function runTogether(
  keepers: readonly Pick<Traffic, "run">[],
  signal: Signal,
): Promise<void> {
  const stop = makeAbort();
  signal.addEventListener("abort", stop.abort, { once: true });
  if (signal.aborted) stop.abort();
  const running = keepers.map((keeper) => keeper.run(stop.signal));
  try {
    await Promise.all(running);
  } finally {
    stop.abort();
    signal.removeEventListener("abort", stop.abort);
    await Promise.allSettled(running);
  }
}

function keepersOf(
  parts: TrafficParts,
  { api, home }: Pick<ProgramKubernetes, "api" | "home">,
): readonly Keeper[] {
  const { env, config, agent, observeOnly } = parts;
  const { mesh, healthRoute } = config;
  const keepers: Keeper[] = [];
  if (mesh !== undefined) {
    const services = mesh.services.map((place) => ciliumService(api, place));
    const standing = () => meshStanding(agent().current(), env.clock.monotonicMs());
    keepers.push(meshKeeper(env, { services, standing, observeOnly }));
  }
  if (healthRoute !== undefined) {
    const options = routeOptions(parts.documents.group.name, home, healthRoute);
    const store = kubeHealthRoutes(api, options);
    const wanted = wantedRoutes(parts.documents, options);
    keepers.push(healthRouteKeeper(env, { store, wanted: () => wanted, observeOnly }));
  }
  return keepers;
}

function routeOptions(
  group: string,
  namespace: string,
  { gateways, agent }: NonNullable<AgentConfig["healthRoute"]>,
): HealthRouteOptions {
  return {
    group,
    namespace,
    gateways: gateways.map(({ listener, ...gateway }) => ({
      ...gateway,
      ...(listener === undefined ? {} : { listener }),
    })),
    agent: { namespace, ...agent },
  };
}

/** By the documents of this life; while one of them is wrong, no route is removed. */
export function wantedRoutes(
  { group, snapshot }: TrafficParts["documents"],
  options: HealthRouteOptions,
): WantedRoutes {
  const catalogue = readCatalogue(snapshot.documents, snapshot.problems);
  const mayRemove = catalogue.problems.length === 0;
  return { ...healthRoutes(healthPaths(catalogue, group.name), options), mayRemove };
}
