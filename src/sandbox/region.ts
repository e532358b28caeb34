/** One region of the sandbox: its processes, how they start, and how they are broken and restored. */
import { join } from "node:path";
import { hasZone } from "../adapters/powerdns/zones.ts";
import { initZoneOf } from "../daemon/dns/init-zone.ts";
import { Child, type ChildContext, type ChildSpec } from "./child.ts";
import { postgresPrograms } from "./database-commands.ts";
import { type Fault, type FaultEffect, faultEffects } from "./faults.ts";
import type { RegionLayout } from "./layout.ts";
import { type ServerFolder, signalIn } from "./processes-in.ts";
import type { SandboxStatus } from "./protocol.ts";
import {
  agentSpec,
  apiOf,
  controlSpec,
  databaseSpec,
  gatewaySpec,
  kubeApiSpec,
  powerDnsSpec,
  type RegionProcess,
  replicaSpec,
  watchdogSpec,
} from "./region-processes.ts";
import { clockFile, clockVariables, forgetClock, setClock } from "./stepped-clock.ts";

export type RegionOptions = RegionProcess & { readonly context: ChildContext };

const readyLimitMs = 90_000;
const graceMs = 3_000;
/** A watchdog fences before it ends, and a database writes down what it has. */
const longGraceMs = 15_000;

export class Region {
  readonly layout: RegionLayout;
  readonly #options: RegionOptions;
  readonly #powerDns: Child;
  readonly #gateway: Child;
  readonly #replicas: readonly Child[];
  readonly #control: Child;
  readonly #kubeApi: Child;
  readonly #database: Child;
  readonly #watchdog: Child;
  readonly #agent: Child;
  /** PostgreSQL's own processes, of which its keeper is the parent. */
  readonly #server: ServerFolder;
  #fault: Fault | undefined;

  constructor(options: RegionOptions) {
    this.#options = options;
    this.layout = options.region;
    const make = (spec: ChildSpec): Child => new Child(spec, options.context);
    this.#powerDns = make(powerDnsSpec(options));
    this.#replicas = options.region.replicas.map((_, index) => make(replicaSpec(options, index)));
    this.#gateway = make(gatewaySpec(options));
    this.#control = make(controlSpec(options));
    this.#kubeApi = make(kubeApiSpec(options));
    this.#database = make(databaseSpec(options));
    this.#watchdog = make(watchdogSpec(options));
    this.#agent = make(agentSpec(options));
    this.#server = { folder: options.dataFolder, programs: postgresPrograms(options.path) };
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
    const startAll = (children: readonly Child[]): Promise<void> =>
      this.#startAll(children, signal, onReady);
    // A name server that knows no health yet answers with its region: that one must serve by then.
    await startAll([...this.#replicas, this.#gateway, this.#database, this.#kubeApi]);
    await startAll([this.#powerDns, this.#watchdog]);
    await this.#makeZone(signal);
    await startAll([this.#agent, this.#control]);
  }

  /** Breaks what is in it; the supervisor refuses a second fault before the first is restored. */
  async break(fault: Fault): Promise<void> {
    const { kills, hangs, blackHole, ownClock } = faultEffects[fault];
    const clock = clockFile(this.layout);
    // What it needs may be missing: then nothing is broken.
    const variables = ownClock ? clockVariables(clock) : {};
    this.#fault = fault;
    if (ownClock) await setClock(clock, 0);
    const killed = this.#of(kills);
    await Promise.all(killed.map((child) => child.kill()));
    if (killed.includes(this.#database)) await signalIn(this.#server, "SIGKILL");
    const hung = this.#of(hangs);
    for (const child of hung) child.hang();
    if (hung.includes(this.#database)) await signalIn(this.#server, "SIGSTOP");
    // Between namespaces it is the network that loses what users send.
    const isNetworks = blackHole === "all" && this.#options.layout.network === "namespaces";
    this.#gateway.order({ blackHole: isNetworks ? "none" : blackHole });
    if (!ownClock) return;
    this.#agent.setVariables(variables);
    await this.#startAll([this.#agent]);
  }

  /** Undoes the fault, if there is one; resolves when everything answers again. */
  async restore(signal?: AbortSignal): Promise<void> {
    if (this.#fault === undefined) return;
    const { kills, hangs, ownClock } = faultEffects[this.#fault];
    this.#fault = undefined;
    this.#agent.setVariables({});
    if (ownClock) {
      const { pid } = this.#agent.status();
      await this.#agent.kill();
      await forgetClock(pid);
    }
    this.#gateway.order({ blackHole: "none" });
    const hung = this.#of(hangs);
    if (hung.includes(this.#database)) await signalIn(this.#server, "SIGCONT");
    for (const child of hung) child.resume();
    await Promise.all(hung.map((child) => child.ready(readyLimitMs, signal)));
    if (kills === "all") await this.start(signal);
    else await this.#startAll(this.#of(kills), signal);
  }

  /** Ends everything: who writes first, then who decides, then what they decide about. */
  async stop(): Promise<void> {
    const { pid } = this.#agent.status();
    await Promise.all([this.#control.stop(graceMs), this.#agent.stop(graceMs)]);
    await forgetClock(pid);
    await this.#watchdog.stop(longGraceMs);
    await Promise.all([
      ...[this.#gateway, ...this.#replicas].map((child) => child.stop(graceMs)),
      this.#database.stop(longGraceMs),
    ]);
    // What hung with its keeper, or outlived it.
    await signalIn(this.#server, "SIGKILL");
    await Promise.all([this.#powerDns.stop(graceMs), this.#kubeApi.stop(graceMs)]);
  }

  async #startAll(
    children: readonly Child[],
    signal?: AbortSignal,
    onReady?: (title: string) => void,
  ): Promise<void> {
    for (const child of children) child.start();
    await Promise.all(
      children.map(async (child) => {
        await child.ready(readyLimitMs, signal);
        onReady?.(child.spec.title);
      }),
    );
  }

  #all(): readonly Child[] {
    return [
      this.#powerDns,
      this.#gateway,
      ...this.#replicas,
      this.#control,
      this.#kubeApi,
      this.#database,
      this.#watchdog,
      this.#agent,
    ];
  }

  #of(which: FaultEffect["kills"]): readonly Child[] {
    switch (which) {
      case "all":
        return this.#all();
      case "agent":
        return [this.#agent];
      case "database":
        return [this.#database];
      case "kube":
        return [this.#kubeApi];
      case "none":
        return [];
    }
  }

  /** As `sovereign dns init-zone` makes it, once; the records of Applications are catalyst-dns's. */
  async #makeZone(signal?: AbortSignal): Promise<void> {
    const { layout, region } = this.#options;
    if (await hasZone(apiOf(region), `${layout.domain}.`, signal)) return;
    const limit = signal ?? AbortSignal.timeout(readyLimitMs);
    await initZoneOf(join(region.folder, "control.yaml"), limit);
  }
}
