/** The processes of a region: what each runs, and how it is seen to answer. */
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { serverVersion } from "../adapters/powerdns/zones.ts";
import type { DnsEndpoint } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { programFile } from "../daemon/program-file.ts";
import type { ChildSpec } from "./child.ts";
import type { RegionLayout } from "./layout.ts";
import { regionArguments } from "./postgres-settings.ts";
import { exists } from "./private-file.ts";
import { apiKeyFile, kubeApiFile, type RegionParts, watchdogFile } from "./region-files.ts";
import { isRoot, nobody } from "./servers/server-process.ts";

export type RegionProcess = RegionParts & {
  /** The compiled CLI, of which the control process and the agent are commands. */
  readonly cli: string;
};

/** The API of the region's name server. */
export function apiOf(region: RegionLayout) {
  const { name, api } = region.nameServer;
  return {
    id: `${name} of ${region.cluster}`,
    apiUrl: `http://${api.address}:${api.port}`,
    readKey: async (): Promise<string> => (await readFile(apiKeyFile(region), "utf8")).trim(),
    timeoutMs: 3_000,
  };
}

export function powerDnsSpec(options: RegionProcess): ChildSpec {
  return {
    ...specOf(options, "powerdns"),
    command: options.path("pdns_server"),
    args: ["--config-dir=."],
    isReady: async (signal) => (await serverVersion(apiOf(options.region), signal)) !== "",
  };
}

export function replicaSpec(options: RegionProcess, index: number): ChildSpec {
  const { region, keys } = options;
  const replica = region.replicas[index];
  if (replica === undefined) throw new Failure("Unexpected", "The layout has no such replica.");
  const name = `replica-${index + 1}`;
  const { address, port } = region.postgres;
  const database = [address, String(port), "ledger", "ledger", keys.databaseLedger];
  return {
    ...specOf(options, name),
    command: process.execPath,
    args: [
      programFile("replica"),
      region.cluster,
      name,
      replica.address,
      String(replica.port),
      ...database,
    ],
    isReady: (signal) => answersOk(`${urlOf(replica)}/healthz`, signal),
  };
}

export function gatewaySpec(options: RegionProcess): ChildSpec {
  const { cluster, loadBalancer, inside, agent, replicas } = options.region;
  const outside = { address: loadBalancer.ipv4, port: loadBalancer.port };
  const places = [outside, inside, agent.health, ...replicas].map(placeText);
  return {
    ...specOf(options, "gateway"),
    command: process.execPath,
    args: [programFile("gateway"), cluster, ...places],
    // Not from outside: a black-holed gateway is ready all the same.
    isReady: (signal) => answersOk(`${urlOf(inside)}/`, signal),
    channel: true,
  };
}

export function controlSpec(options: RegionProcess): ChildSpec {
  return {
    ...specOf(options, "control"),
    command: process.execPath,
    args: [options.cli, "control", "--config", "control.yaml"],
    isReady: (signal) => answersOk(`${urlOf(options.region.control)}/healthz`, signal),
  };
}

/** Who owns the region's PostgreSQL. */
export function databaseSpec(options: RegionProcess): ChildSpec {
  const { region, path, dataFolder } = options;
  const server = [path("postgres"), ...regionArguments(region.postgres, region.cluster)];
  const user = isRoot() ? String(nobody) : "-";
  return {
    ...specOf(options, "database"),
    command: process.execPath,
    args: [
      ...[programFile("postgres-keeper"), region.keeperSocket, dataFolder, user, path("setpriv")],
      ...server,
    ],
    // What it owns may have to be copied anew before it starts; that is the agent's.
    isReady: () => accepts(region.keeperSocket),
  };
}

/** The region's API server, with its own store below the region's folder. */
export function kubeApiSpec(options: RegionProcess): ChildSpec {
  const { at, kubeconfig } = options.region.kube;
  return {
    ...specOf(options, "api-server"),
    command: process.execPath,
    args: [programFile("kube-api"), kubeApiFile],
    // Its kubeconfigs are written once it listens.
    isReady: async () => (await accepts(at)) && (await exists(kubeconfig)),
  };
}

/** Beside the agent, so that no process of it outlives the sandbox; in the agent's own folder, so that the agent finds it. */
export function watchdogSpec(options: RegionProcess): ChildSpec {
  const { region } = options;
  return {
    ...specOf(options, "watchdog"),
    command: process.execPath,
    args: [
      ...["--max-old-space-size=16", "--max-semi-space-size=1"],
      ...[programFile("watchdog"), watchdogFile(region)],
    ],
    isReady: () => accepts(join(region.agent.folder, "watchdog", "watchdog.sock")),
  };
}

export function agentSpec(options: RegionProcess): ChildSpec {
  const { health } = options.region.agent;
  return {
    ...specOf(options, "agent"),
    command: process.execPath,
    args: [options.cli, "agent", "--config", "agent.yaml"],
    isReady: (signal) => answersOk(`${urlOf(health)}/healthz`, signal),
  };
}

function specOf({ layout, region }: RegionProcess, name: string) {
  return {
    name,
    title: `${name} of ${region.cluster}`,
    cwd: region.folder,
    log: join(layout.state, "logs", region.cluster, `${name}.log`),
    channel: false,
  };
}

function placeText({ address, port }: DnsEndpoint): string {
  return `${address}:${port}`;
}

function urlOf(endpoint: DnsEndpoint): string {
  return `http://${placeText(endpoint)}`;
}

export async function answersOk(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal, headers: { connection: "close" } });
  await response.arrayBuffer();
  return response.ok;
}

/** Whether somebody listens there: on a unix socket, or an address and port. */
export function accepts(at: string | DnsEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === "string" ? connect(at) : connect(at.port, at.address);
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
