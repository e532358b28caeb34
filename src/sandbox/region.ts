/** One region of the sandbox: its processes, how they start, and how they are broken and restored. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { powerDnsNameServer } from "../adapters/powerdns/name-server.ts";
import { ensureZone, serverVersion } from "../adapters/powerdns/zones.ts";
import { unreachable } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { Child, type ChildContext, type ChildSpec } from "./child.ts";
import type { RegionLayout, SandboxLayout } from "./layout.ts";
import type { ProgramName } from "./programs.ts";
import type { Fault, SandboxStatus } from "./protocol.ts";
import { apiKeyFile } from "./region-files.ts";

export type RegionOptions = {
  readonly layout: SandboxLayout;
  readonly region: RegionLayout;
  readonly path: (name: ProgramName) => string;
  /** The compiled CLI, of which the control process is a command. */
  readonly cli: string;
  readonly context: ChildContext;
};

const readyLimitMs = 30_000;
const graceMs = 3_000;

export class Region {
  readonly layout: RegionLayout;
  readonly #options: RegionOptions;
  readonly #powerDns: Child;
  readonly #gateway: Child;
  readonly #replicas: readonly Child[];
  readonly #control: Child;
  #fault: Fault | undefined;

  constructor(options: RegionOptions) {
    this.#options = options;
    this.layout = options.region;
    const make = (spec: ChildSpec): Child => new Child(spec, options.context);
    this.#powerDns = make(powerDnsSpec(options));
    this.#replicas = options.region.replicas.map((_, index) => make(replicaSpec(options, index)));
    this.#gateway = make(gatewaySpec(options));
    this.#control = make(controlSpec(options));
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  status(): SandboxStatus["regions"][number] {
    return {
      cluster: this.layout.cluster,
      fault: this.#fault,
      processes: this.#all().map((child) => child.status()),
    };
  }

  /** Starts everything in order; resolves when all of it answers; `onReady` is told of each process that does. */
  async start(signal?: AbortSignal, onReady?: (title: string) => void): Promise<void> {
    const answers = async (child: Child): Promise<void> => {
      await child.ready(readyLimitMs, signal);
      onReady?.(child.spec.title);
    };
    const startAll = async (children: readonly Child[]): Promise<void> => {
      for (const child of children) child.start();
      await Promise.all(children.map(answers));
    };
    // A name server that knows no health yet answers with its region: that one must serve by then.
    await startAll([...this.#replicas, this.#gateway]);
    await startAll([this.#powerDns]);
    await this.#makeZone(signal);
    await startAll([this.#control]);
  }

  /** Breaks it; the supervisor refuses a second fault before the first is restored. */
  async break(fault: Fault): Promise<void> {
    this.#fault = fault;
    if (fault === "kill") await Promise.all(this.#all().map((child) => child.kill()));
    else if (fault === "hang") for (const child of this.#all()) child.hang();
    else if (fault === "probe-blackhole") this.#gateway.order({ blackHole: true });
    else unreachable(fault);
  }

  /** Undoes the fault, if there is one; resolves when everything answers again. */
  async restore(signal?: AbortSignal): Promise<void> {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault === "probe-blackhole") this.#gateway.order({ blackHole: false });
    else if (fault === "hang") {
      for (const child of this.#all()) child.resume();
      await Promise.all(this.#all().map((child) => child.ready(readyLimitMs, signal)));
    } else if (fault === "kill") await this.start(signal);
  }

  /** Ends everything, who writes first. */
  async stop(): Promise<void> {
    await this.#control.stop(graceMs);
    await Promise.all([this.#gateway, ...this.#replicas].map((child) => child.stop(graceMs)));
    await this.#powerDns.stop(graceMs);
  }

  #all(): readonly Child[] {
    return [this.#powerDns, this.#gateway, ...this.#replicas, this.#control];
  }

  /** The Native zone with the addresses of the name servers; the records of Applications are catalyst-dns's. */
  async #makeZone(signal?: AbortSignal): Promise<void> {
    const { layout, region } = this.#options;
    const server = apiOf(region);
    const zone = `${layout.domain}.`;
    const names = layout.regions.map(({ nameServer }) => `${nameServer.name}.${zone}`);
    await ensureZone(server, zone, names, signal);
    const changes = layout.regions.map(({ nameServer }) => ({
      kind: "replace" as const,
      rrset: {
        name: `${nameServer.name}.${zone}`,
        type: "A",
        ttlSeconds: 60,
        records: [nameServer.dns.address],
      },
    }));
    await powerDnsNameServer(server).change(zone, changes, signal);
  }
}

function apiOf(region: RegionLayout) {
  const { name, api } = region.nameServer;
  return {
    id: `${name} of ${region.cluster}`,
    apiUrl: `http://${api.address}:${api.port}`,
    readKey: async (): Promise<string> => (await readFile(apiKeyFile(region), "utf8")).trim(),
    timeoutMs: 3_000,
  };
}

function specOf({ layout, region }: RegionOptions, name: string) {
  return {
    name,
    title: `${name} of ${region.cluster}`,
    cwd: region.folder,
    log: join(layout.state, "logs", region.cluster, `${name}.log`),
    channel: false,
  };
}

function powerDnsSpec(options: RegionOptions): ChildSpec {
  return {
    ...specOf(options, "powerdns"),
    command: options.path("pdns_server"),
    args: ["--config-dir=."],
    isReady: async (signal) => (await serverVersion(apiOf(options.region), signal)) !== "",
  };
}

function replicaSpec(options: RegionOptions, index: number): ChildSpec {
  const { region } = options;
  const replica = region.replicas[index];
  if (replica === undefined) throw new Failure("Unexpected", "The layout has no such replica.");
  const name = `replica-${index + 1}`;
  return {
    ...specOf(options, name),
    command: process.execPath,
    args: [app("replica"), region.cluster, name, replica.address, String(replica.port)],
    isReady: (signal) => answersOk(`http://${replica.address}:${replica.port}/healthz`, signal),
  };
}

function gatewaySpec(options: RegionOptions): ChildSpec {
  const { cluster, loadBalancer, replicas } = options.region;
  const targets = replicas.map(({ address, port }) => `${address}:${port}`);
  const { ipv4, port } = loadBalancer;
  return {
    ...specOf(options, "gateway"),
    command: process.execPath,
    args: [app("gateway"), cluster, ipv4, String(port), ...targets],
    // Not the health path: a black-holed gateway is ready all the same.
    isReady: (signal) => answersOk(`http://${ipv4}:${port}/`, signal),
    channel: true,
  };
}

function controlSpec(options: RegionOptions): ChildSpec {
  const { address, port } = options.region.control;
  return {
    ...specOf(options, "control"),
    command: process.execPath,
    args: [options.cli, "control", "--config", "control.yaml"],
    isReady: (signal) => answersOk(`http://${address}:${port}/healthz`, signal),
  };
}

function app(name: string): string {
  return fileURLToPath(new URL(`./apps/${name}.js`, import.meta.url));
}

async function answersOk(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal, headers: { connection: "close" } });
  await response.arrayBuffer();
  return response.ok;
}
