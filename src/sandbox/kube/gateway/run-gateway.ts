/**
 * A region's gateway as it runs: it watches its cluster, serves the HTTPRoutes of its Gateways, and writes their status back. While its API server is
 * away it goes on by what it knew. It is a real proxy with Gateway API's rules; what it does not do is answered 501 and said in the status.
 */
import { setMaxListeners } from "node:events";
import { systemClock } from "../../../adapters/clock.ts";
import { openKubernetes } from "../../../adapters/kubernetes/open-kubernetes.ts";
import { systemRandom } from "../../../adapters/random.ts";
import type { KubeObject } from "../../../control/kubernetes/kube-object.ts";
import type { KubernetesApi } from "../../../control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../../control/kubernetes/resource-kinds.ts";
import { watchKind } from "../../../control/kubernetes/watch-kind.ts";
import { routeTable } from "../../../core/gateway-api/route-table.ts";
import { AssertionError } from "../../../core/kernel/assert.ts";
import type { JsonObject } from "../../../core/kernel/json.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import {
  type GatewayFacts,
  gatewayFacts,
  type WatchedKind,
  watchedKinds,
} from "./gateway-facts.ts";
import { type StatusWrite, statusWrites } from "./gateway-status.ts";
import type { RouteFacts } from "./route-request.ts";
import { gatewayServers } from "./serve-gateway.ts";

export type RunningGateway = {
  /** Resolves when everything of the cluster was read once and its listeners stand. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
};

/** Under which name the server remembers who wrote the status. */
const statusManager = "sovereign-sandbox-gateway";
/** What could not be written, or listened at, is tried again. */
const againMs = 1_000;

/** Starts it; `onBug` is told what fails by our own fault. Fails with CredentialUnreadable or ConfigInvalid. */
export async function runGateway(
  config: GatewayConfig,
  onBug: (thrown: unknown) => void,
): Promise<RunningGateway> {
  const api = await openKubernetes({ kubeconfig: config.kubeconfig }, statusManager);
  const end = new AbortController();
  // Every watch, pause and request of it listens; their number is bounded by what is watched.
  setMaxListeners(100, end.signal);
  const known = new Map(watchedKinds.map((kind) => [kind, new Map<string, KubeObject>()]));
  let table = nothing;
  const servers = gatewayServers({
    ...config,
    facts: () => table,
    draw: () => Math.random(),
  });
  let isDue = false;
  let wake = (): void => undefined;
  const due = (): void => {
    isDue = true;
    wake();
  };
  const synced = new Set<WatchedKind>();
  const watching = watchedKinds.map((kind) =>
    followKind(api, kind, end.signal, (objects, isSynced) => {
      known.set(kind, objects);
      if (isSynced) synced.add(kind);
      due();
    }),
  );
  const round = async (): Promise<boolean> => {
    const facts = gatewayFacts(snapshotOf(known), config.controllerName);
    table = tableOf(facts);
    await servers.listenAt(portsOf(facts));
    const writes = statusWrites(facts, {
      ...config,
      nowMs: systemClock.nowMs(),
      portProblem: (port) => servers.problem(port),
    });
    const done = await Promise.all(writes.map((write) => writeStatus(api, write, end.signal)));
    return done.every(Boolean) && ![...portsOf(facts)].some((port) => servers.problem(port));
  };
  let tellReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const rounds = async (): Promise<void> => {
    while (!end.signal.aborted) {
      isDue = false;
      const isWell = synced.size < watchedKinds.length || (await round().catch(bugOf(onBug)));
      if (synced.size === watchedKinds.length) tellReady();
      if (isDue || end.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = isWell ? undefined : setTimeout(resolve, againMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = Promise.all([rounds(), ...watching]);
  return {
    ready,
    async close() {
      end.abort();
      wake();
      await running;
      await servers.close();
      api.close();
    },
  };
}

const nothing: RouteFacts = {
  table: { listeners: [] },
  backends: { service: () => undefined, grants: [] },
};

const bugOf =
  (onBug: (thrown: unknown) => void) =>
  (thrown: unknown): boolean => {
    onBug(thrown);
    return false;
  };

type Known = ReadonlyMap<WatchedKind, ReadonlyMap<string, KubeObject>>;

function snapshotOf(known: Known): Parameters<typeof gatewayFacts>[0] {
  const of = (kind: WatchedKind): readonly KubeObject[] => [...(known.get(kind)?.values() ?? [])];
  return {
    namespace: of("namespace"),
    service: of("service"),
    endpoints: of("endpoints"),
    gatewayClass: of("gatewayClass"),
    gateway: of("gateway"),
    httpRoute: of("httpRoute"),
    referenceGrant: of("referenceGrant"),
  };
}

/** Only what speaks HTTP is served; the status says so of the rest. */
function tableOf({ gateways, routes, allows, backends }: GatewayFacts): RouteFacts {
  const served = gateways.map(({ value }) => ({
    ...value,
    spec: {
      ...value.spec,
      listeners: value.spec.listeners.filter(({ protocol }) => protocol === "HTTP"),
    },
  }));
  const values = routes.map(({ value }) => value);
  return { table: routeTable(served, values, allows), backends };
}

function portsOf({ gateways }: GatewayFacts): ReadonlySet<number> {
  const listeners = gateways.flatMap(({ value }) => value.spec.listeners);
  return new Set(listeners.filter(({ protocol }) => protocol === "HTTP").map(({ port }) => port));
}

type Told = (objects: Map<string, KubeObject>, isSynced: boolean) => void;

/** Tells all objects of a kind after each change, until the signal is given. */
async function followKind(
  api: KubernetesApi,
  kind: WatchedKind,
  signal: AbortSignal,
  tell: Told,
): Promise<void> {
  const options = { clock: systemClock, random: systemRandom, signal };
  const objects = new Map<string, KubeObject>();
  for await (const event of watchKind(api, resourceKinds[kind], options)) {
    if (event.kind === "synced") {
      tell(objects, true);
      continue;
    }
    const { namespace = "", name } = event.object.metadata;
    if (event.kind === "changed") objects.set(`${namespace}/${name}`, event.object);
    else objects.delete(`${namespace}/${name}`);
    tell(objects, false);
  }
}

/** Whether it is written; what moved on meanwhile comes with the next change, and what is gone needs none. */
async function writeStatus(
  api: KubernetesApi,
  { kind, object, status }: StatusWrite,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, namespace, resourceVersion = "" } = object.metadata;
  const place = namespace === undefined ? { name } : { name, namespace };
  const body: JsonObject = { metadata: { resourceVersion }, status };
  try {
    const done = await api.patch(resourceKinds[kind], place, {
      patch: { kind: "merge", body },
      subresource: "status",
      signal,
    });
    return done.kind === "written" || done.kind === "notFound";
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    // An API server that is away is asked again; what it is told is worked out anew then.
    return false;
  }
}
