/**
 * A fake CloudNativePG operator for the sandbox: it obeys the Clusters of one API server with one real PostgreSQL server each, and behaves in roles,
 * tokens, fences and waits as 1.30 does. Backups, poolers, more than one server and everything else it does not know.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Log } from "../../../../control/env.ts";
import type { KubernetesApi } from "../../../../control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../../../control/kubernetes/resource-kinds.ts";
import { watchKind } from "../../../../control/kubernetes/watch-kind.ts";
import { Failure } from "../../../../core/kernel/failure.ts";
import type { Random } from "../../../../core/kernel/random.ts";
import { type Keeper, keepCluster } from "./cluster-keeper.ts";
import { sandboxCluster } from "./sandbox-cluster.ts";
import { SandboxServer } from "./sandbox-server.ts";

export type CloudNativePgOptions = {
  /** A client whose field manager is `cloudnative-pg`, with every right. */
  readonly api: KubernetesApi;
  /** Data of the servers. */
  readonly folder: string;
  /** Address of each Cluster's server, by `namespace/name`; PostgreSQL listens there on 5432. A Cluster that is not named is left alone. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where the real one looks again after 10 s; less only where a test says so. */
  readonly requeueMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type RunningCloudNativePg = {
  /** The server of a Cluster, for tests that end it by force. */
  serverOf(namespace: string, name: string): SandboxServer | undefined;
  /** Ends the servers too. */
  close(): Promise<void>;
};

/** Starts it; it goes on until it is closed. */
export function runCloudNativePg(options: CloudNativePgOptions): RunningCloudNativePg {
  const { folder, addresses } = options;
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const servers = new Map<string, SandboxServer>();
  const ending = new AbortController();
  const loops = Object.entries(addresses).map(([place, address]) => {
    const server = new SandboxServer(join(folder, place.replace("/", ".")), address);
    servers.set(place, server);
    return keep(options, { place, server, signal: ending.signal });
  });
  return {
    serverOf: (namespace, name) => servers.get(`${namespace}/${name}`),
    async close() {
      ending.abort();
      await Promise.all(loops);
      await Promise.all([...servers.values()].map((server) => server.stop(1)));
    },
  };
}

type Kept = {
  readonly place: string;
  readonly server: SandboxServer;
  readonly signal: AbortSignal;
};

const firstPauseMs = 250;

/** One Cluster: again whenever it changed, and when it is time. */
async function keep(options: CloudNativePgOptions, { place, server, signal }: Kept): Promise<void> {
  const { api, clock, log, requeueMs = 10_000 } = options;
  const [namespace = "", name = ""] = place.split("/");
  const keeper: Keeper = { api, server, requeueMs };
  let wake: () => void = () => undefined;
  const watching = watch(options, { namespace, name, signal }, () => wake());
  let told = "";
  while (!signal.aborted) {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let pauseMs = firstPauseMs;
    try {
      const found = await api.get(resourceKinds.postgresCluster, { name, namespace });
      const cluster = found.kind === "found" ? sandboxCluster(found.object) : undefined;
      if (cluster === undefined) await server.stop(1);
      else pauseMs = await keepCluster(keeper, cluster);
      told = "";
    } catch (thrown) {
      const { message } = Failure.from(thrown, place);
      if (message !== told) log.warn("a Cluster could not be kept", { place, message });
      told = message;
    }
    const pause = new AbortController();
    await Promise.race([changed, clock.sleep(pauseMs, pause.signal), ended(signal, pause.signal)]);
    pause.abort();
  }
  await watching;
}

function ended(signal: AbortSignal, pause: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true, signal: pause });
  });
}

async function watch(
  { api, clock, random }: CloudNativePgOptions,
  {
    namespace,
    name,
    signal,
  }: { readonly namespace: string; readonly name: string; readonly signal: AbortSignal },
  changed: () => void,
): Promise<void> {
  const fields = `metadata.name=${name}`;
  const events = watchKind(api, resourceKinds.postgresCluster, {
    namespace,
    fields,
    clock,
    random,
    signal,
  });
  for await (const event of events) if (event.kind !== "synced") changed();
}
