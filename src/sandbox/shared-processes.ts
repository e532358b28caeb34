/** What stands outside of both regions: the resolvers that clients ask, the witness, and the network between them all. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { udpDnsClient } from "../adapters/dns-client.ts";
import type { DnsEndpoint } from "../control/env.ts";
import { programFile } from "../daemon/program-file.ts";
import { type Way, wayArgument } from "./apps/network-order.ts";
import { Child, type ChildContext, type ChildSpec } from "./child.ts";
import { cutRules } from "./cut-rules.ts";
import { cutWays, type Fault, faultEffects, type WayName, wayName } from "./faults.ts";
import type { SandboxKeys } from "./keys.ts";
import type { SandboxLayout } from "./layout.ts";
import type { Namespaces } from "./namespaces.ts";
import type { ProgramName } from "./programs.ts";
import type { ProcessStatus } from "./protocol.ts";
import { recursorConfig } from "./recursor-config.ts";
import { accepts, answersOk } from "./region-processes.ts";

export type SharedOptions = {
  readonly layout: SandboxLayout;
  readonly keys: SandboxKeys;
  readonly path: (name: ProgramName) => string;
  readonly cli: string;
  readonly context: ChildContext;
  /** The network between them and the regions; undefined: it is a process of ours. */
  readonly namespaces: Namespaces | undefined;
};

const readyLimitMs = 90_000;
const graceMs = 3_000;

export class SharedProcesses {
  readonly #layout: SandboxLayout;
  readonly #resolvers: readonly Child[];
  readonly #network: Child | Namespaces;
  readonly #witness: Child;

  private constructor(options: SharedOptions, resolvers: readonly ChildSpec[]) {
    const make = (spec: ChildSpec): Child => new Child(spec, options.context);
    this.#layout = options.layout;
    this.#resolvers = resolvers.map(make);
    this.#network = options.namespaces ?? make(networkSpec(options));
    this.#witness = make(witnessSpec(options));
  }

  /** Writes their files; starts nothing. */
  static async prepare(options: SharedOptions): Promise<SharedProcesses> {
    const resolvers = [];
    for (const index of options.layout.resolvers.keys())
      resolvers.push(await prepareResolver(options, index));
    await prepareWitness(options);
    return new SharedProcesses(options, resolvers);
  }

  status(): readonly ProcessStatus[] {
    return this.#all().map((child) => child.status());
  }

  /** Resolves when all of them answer; `onReady` is told of each. */
  async start(signal: AbortSignal, onReady: (title: string) => void): Promise<void> {
    for (const child of this.#all()) child.start();
    await Promise.all(
      this.#all().map(async (child) => {
        await child.ready(readyLimitMs, signal);
        onReady(child.spec.title);
      }),
    );
  }

  /** Makes the network and the witness as they have to be with these faults of regions. */
  async follow(
    broken: readonly { readonly cluster: string; readonly fault: Fault }[],
    signal: AbortSignal,
  ): Promise<void> {
    const clusters = this.#layout.regions.map(({ cluster }) => cluster);
    if (this.#network instanceof Child) this.#network.order({ cut: cutWays(broken, clusters) });
    else await this.#network.cut(cutRules(this.#layout, broken));
    if (broken.some(({ fault }) => faultEffects[fault].killsWitness)) await this.#witness.kill();
    else {
      this.#witness.start();
      await this.#witness.ready(readyLimitMs, signal);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((child) => child.stop(graceMs)));
  }

  #all(): readonly Child[] {
    const network = this.#network instanceof Child ? [this.#network] : [];
    return [...this.#resolvers, this.#witness, ...network];
  }
}

async function prepareResolver({ layout, path }: SharedOptions, index: number): Promise<ChildSpec> {
  const name = index === 0 ? "recursor" : `resolver-${index + 1}`;
  const at = layout.resolvers[index] ?? layout.recursor;
  const folder = join(layout.state, name);
  await mkdir(folder, { recursive: true });
  await rm(join(folder, "pdns_recursor.controlsocket"), { force: true });
  await writeFile(join(folder, "recursor.conf"), recursorConfig(layout, at));
  const dns = udpDnsClient({ timeoutMs: 1_000 });
  return {
    name,
    title: index === 0 ? "the recursor" : `resolver ${index + 1}`,
    command: path("pdns_recursor"),
    args: ["--config-dir=."],
    cwd: folder,
    log: join(layout.state, "logs", `${name}.log`),
    channel: false,
    isReady: async (signal) =>
      (await dns.query(at, `${layout.domain}.`, "SOA", signal)).rcode === "NOERROR",
  };
}

function witnessFolder(layout: SandboxLayout): string {
  return join(layout.state, "witness");
}

async function prepareWitness({ layout, keys }: SharedOptions): Promise<void> {
  const folder = witnessFolder(layout);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const config = {
    listen: layout.witness,
    data: "./data",
    credentials: { file: keys.witnessList },
  };
  await writeFile(join(folder, "witness.yaml"), stringify(config));
}

function witnessSpec({ layout, cli }: SharedOptions): ChildSpec {
  const { address, port } = layout.witness;
  return {
    name: "witness",
    title: "the witness",
    command: process.execPath,
    args: [cli, "witness", "serve", "--config", "witness.yaml"],
    cwd: witnessFolder(layout),
    log: join(layout.state, "logs", "witness.log"),
    channel: false,
    isReady: (signal) => answersOk(`http://${address}:${port}/healthz`, signal),
  };
}

function waysOf(layout: SandboxLayout): readonly Way[] {
  return layout.regions.flatMap(({ cluster, ways, agent: own }) => {
    const way = (name: WayName, from: DnsEndpoint, to: DnsEndpoint, datagrams = false): Way => ({
      ...{ name: wayName(cluster, name), from, to, datagrams },
    });
    const other = layout.regions.filter((region) => region.cluster !== cluster);
    return [
      way("witness", ways.witness, layout.witness),
      ...other.flatMap(({ agent, postgres }) => [
        way("peer", ways.peer, agent.api),
        way("database", ways.database, postgres),
      ]),
      ...resolverWays.flatMap(([resolver, heartbeat], index) => {
        const [out, into] = [ways.resolvers[index], ways.heartbeats[index]];
        const there = layout.resolvers[index];
        if (out === undefined || into === undefined || there === undefined) return [];
        return [way(resolver, out, there, true), way(heartbeat, into, own.heartbeat, true)];
      }),
    ];
  });
}

const resolverWays = [
  ["resolver-1", "heartbeat-1"],
  ["resolver-2", "heartbeat-2"],
  ["resolver-3", "heartbeat-3"],
] as const;

function networkSpec({ layout }: SharedOptions): ChildSpec {
  const ways = waysOf(layout);
  return {
    name: "network",
    title: "the network",
    command: process.execPath,
    args: [programFile("network"), ...ways.map(wayArgument)],
    cwd: layout.state,
    log: join(layout.state, "logs", "network.log"),
    isReady: async () =>
      (await Promise.all(ways.map(({ from }) => accepts(from)))).every((isThere) => isThere),
    channel: true,
  };
}
