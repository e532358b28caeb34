/** Two region agents as real processes, with their watchdogs and a real witness, in one folder that goes with them. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lockHolder } from "../../src/adapters/journal/lock.ts";
import type { AgentReport } from "../../src/core/failover/agent-report.ts";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import type { WitnessHost } from "../../src/daemon/witness-host.ts";
import { type Certificates, makeCertificates } from "../../src/sandbox/certificates.ts";
import { freePort, ownLoopback } from "../../src/sandbox/servers/server-process.ts";
import { application, environment, organization } from "../fixtures/documents.ts";
import { fsn, group, guarded, hel, standby } from "../fixtures/failover.ts";
import {
  builtCli,
  credentialOf,
  startAny,
  type WitnessFolder,
  witnessFolder,
} from "./witness-hosts.ts";

export { fsn, hel };
export const regions = [fsn, hel] as const;

/** Longer than a process needs to start, also on a machine that does many other things. */
export const patientLease = {
  ttl: "150s",
  renewEvery: "2s",
  rpcTimeout: "2s",
  fenceBudget: "4s",
  margin: "1s",
} as const;

/** For waiting until a lost region's lease is over. */
export const fastLease = { ...patientLease, ttl: "12s" } as const;

const limitMs = 180_000;

/** Resolves when it holds; fails with `what` and what was seen last after a generous limit. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (seen: T) => boolean,
): Promise<T> {
  let seen: T | undefined;
  for (const endMs = performance.now() + limitMs; performance.now() < endMs; await sleep(50)) {
    seen = await look();
    if (holds(seen)) return seen;
  }
  throw new Error(
    `it did not come: ${what}; last seen: ${String(JSON.stringify(seen)).slice(0, 3_000)}`,
  );
}

export type RegionOptions = {
  /** Fields of agent.yaml beside or in place of the usual ones. */
  readonly config?: JsonObject;
  /** Cluster whose credential for the witness it is given. */
  readonly credentialOf?: string;
};

export class AgentWorld {
  readonly folder: string;
  /** Of both agents, and of nobody else: a port that one of them leaves is free when it comes back. */
  readonly #address: string;
  readonly #witnessFolder: WitnessFolder;
  readonly #witness: WitnessHost;
  readonly #certificates: Certificates;
  readonly #ports = new Map<string, { readonly health: number; readonly api: number }>();
  readonly #children = new Map<string, ChildProcess>();
  #groupSpec: JsonObject;
  #people: readonly JsonObject[] | undefined;

  private constructor(
    folder: string,
    parts: {
      readonly address: string;
      readonly witnessFolder: WitnessFolder;
      readonly witness: WitnessHost;
      readonly certificates: Certificates;
      readonly groupSpec: JsonObject;
    },
  ) {
    this.folder = folder;
    this.#address = parts.address;
    this.#witnessFolder = parts.witnessFolder;
    this.#witness = parts.witness;
    this.#certificates = parts.certificates;
    this.#groupSpec = parts.groupSpec;
  }

  /** Documents, certificates and a witness; no agent yet. */
  static async make(groupSpec: JsonObject = {}): Promise<AgentWorld> {
    const folder = await mkdtemp(join(tmpdir(), "sovereign-agents-"));
    const credentials = [credentialOf(fsn), credentialOf(hel)];
    const witnessAt = await witnessFolder(credentials);
    const witness = await startAny("node", witnessAt.config);
    const address = ownLoopback();
    const subjects = regions.map((name) => ({ name, addresses: [address] }));
    const certificates = await makeCertificates(join(folder, "keys"), subjects);
    const world = new AgentWorld(folder, {
      address,
      witnessFolder: witnessAt,
      witness,
      certificates,
      groupSpec: { mode: "automatic", lease: patientLease, ...groupSpec },
    });
    await mkdir(join(folder, "documents"));
    await world.declare();
    for (const cluster of regions) {
      const ports = { health: await freePort(address), api: await freePort(address) };
      world.#ports.set(cluster, ports);
    }
    return world;
  }

  /** Writes the documents, with this change of the group. */
  async declare(change: JsonObject = {}): Promise<void> {
    this.#groupSpec = { ...this.#groupSpec, ...change };
    const write = (name: string, value: Json): Promise<void> =>
      writeFile(join(this.folder, "documents", `${name}.yaml`), JSON.stringify(value));
    const witnesses = [{ name: "outside", urls: [this.#witness.url] }];
    const people = this.#people === undefined ? {} : { people: this.#people };
    await write("sovereign", guarded({ witnesses, ...people }));
    await write("organization", organization());
    await write("environment", environment());
    await write("other", application("other"));
    await write("shop", standby());
    await write("group", group({ ...this.#groupSpec }));
  }

  /** Writes the documents with this roster. */
  async enrol(people: readonly JsonObject[]): Promise<void> {
    this.#people = people;
    await this.declare();
  }

  get authority(): string {
    return this.#certificates.ca;
  }

  state(cluster: string): string {
    return join(this.folder, cluster, "state");
  }

  /** Writes its configuration and starts it; resolves when it answers. */
  async start(
    cluster: string,
    options: RegionOptions = {},
    args: readonly string[] = [],
  ): Promise<void> {
    const file = await this.configure(cluster, options);
    const { child, log } = spawnAgent(file, args);
    this.#children.set(cluster, child);
    await until(
      `the agent of ${cluster} answers: ${log.join("")}`,
      () => {
        if (child.exitCode !== null) throw new Error(`it ended: ${log.join("")}`);
        return this.report(cluster);
      },
      (report) => report !== undefined,
    );
  }

  /** Starts it once more beside what runs, and waits for its end. */
  async runToEnd(
    cluster: string,
    args: readonly string[],
  ): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
    const { child, log } = spawnAgent(join(this.folder, cluster, "agent.yaml"), args);
    const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { exitCode, stderr: log.join("") };
  }

  signal(cluster: string, signal: NodeJS.Signals): void {
    this.#children.get(cluster)?.kill(signal);
  }

  /** As when the repository is away. */
  removeDocuments(): Promise<void> {
    return rm(join(this.folder, "documents"), { recursive: true });
  }

  async configure(cluster: string, options: RegionOptions = {}): Promise<string> {
    const folder = join(this.folder, cluster);
    await mkdir(folder, { recursive: true });
    const ports = this.#portsOf(cluster);
    const peerPorts = this.#portsOf(this.peerOf(cluster));
    const credential = credentialOf(options.credentialOf ?? cluster);
    await writeFile(join(folder, "witness.json"), JSON.stringify(credential), { mode: 0o600 });
    const sh = (script: string): JsonObject => ({
      argv: ["/bin/sh", "-c", script, "fence", folder],
      limitMs: 1_000,
    });
    const config = {
      cluster,
      group: "acme-prod",
      source: { folder: "../documents" },
      pollEvery: "200ms",
      state: "state",
      health: { address: this.#address, port: ports.health },
      api: { address: this.#address, port: ports.api, tls: this.#certificates.of(cluster) },
      peer: { url: `https://${this.#address}:${peerPorts.api}` },
      witness: { credential: { file: "witness.json" } },
      watchdog: {
        fence: {
          steps: [sh('touch "$1/fenced"')],
          confirm: { ...sh('test -e "$1/fenced" && ! test -e "$1/refuse"'), exitCodes: [0] },
        },
      },
      ...options.config,
    };
    const file = join(folder, "agent.yaml");
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  peerOf(cluster: string): string {
    return cluster === fsn ? hel : fsn;
  }

  /** What its status says; undefined when it does not answer. */
  async report(cluster: string): Promise<AgentReport | undefined> {
    const answer = await this.get(cluster, "/v1/status");
    return answer === undefined ? undefined : (JSON.parse(answer.text) as AgentReport); // The agent of this repository answers.
  }

  /** What its health path answers for the Application; undefined when it does not answer. */
  async health(cluster: string, app = "shop"): Promise<number | undefined> {
    return (await this.get(cluster, `/.well-known/failover/acme-prod/${app}`))?.status;
  }

  async get(
    cluster: string,
    path: string,
  ): Promise<{ readonly status: number; readonly text: string } | undefined> {
    try {
      const url = `http://${this.#address}:${this.#portsOf(cluster).health}${path}`;
      const response = await fetch(url, { headers: { connection: "close" } });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined; // It does not listen.
    }
  }

  apiUrl(cluster: string): string {
    return `https://${this.#address}:${this.#portsOf(cluster).api}`;
  }

  /** How often the watchdog began to fence. */
  async fences(cluster: string): Promise<number> {
    const log = join(this.state(cluster), "watchdog", "watchdog.log");
    const text = await readFile(log, "utf8").catch(() => "");
    return text.split('"event":"fencing"').length - 1;
  }

  /** From now on the watchdog's fence does not succeed, or does again. */
  async refuseFence(cluster: string, isRefused: boolean): Promise<void> {
    const path = join(this.folder, cluster, "refuse");
    if (isRefused) await writeFile(path, "");
    else await rm(path);
  }

  watchdogPid(cluster: string): Promise<number | undefined> {
    return lockHolder(join(this.state(cluster), "watchdog")).catch(() => undefined);
  }

  /** Ends the agent's process with this signal, and resolves when it is gone. */
  async end(cluster: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#children.get(cluster);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return gone;
  }

  async close(): Promise<void> {
    for (const cluster of regions) {
      await this.end(cluster, "SIGKILL");
      const pid = await this.watchdogPid(cluster);
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
    await this.#witness.stop();
    await this.#witnessFolder.remove();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  stopWitness(): Promise<void> {
    return this.#witness.stop();
  }

  #portsOf(cluster: string): { readonly health: number; readonly api: number } {
    const ports = this.#ports.get(cluster);
    if (ports === undefined) throw new Error(`there is no region ${cluster}`);
    return ports;
  }
}

function spawnAgent(
  file: string,
  args: readonly string[],
): { readonly child: ChildProcess; readonly log: readonly string[] } {
  const child = spawn(process.execPath, [builtCli, "agent", "--config", file, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (part: string) => void log.push(part));
  return { child, log };
}
