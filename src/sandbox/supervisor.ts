/** The one process that owns all others of a sandbox: starts them in order, breaks, restores and ends them. */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemRandom } from "../adapters/random.ts";
import { Failure } from "../core/kernel/failure.ts";
import { checkAddresses } from "./addresses.ts";
import type { ChildContext } from "./child.ts";
import { namespacePrograms } from "./choose-network.ts";
import { alreadyRunning, claimState, liveClaim, releaseState } from "./claim.ts";
import { postgresPrograms } from "./database-commands.ts";
import { prepareDocuments } from "./documents-repository.ts";
import { needsNamespaces } from "./faults.ts";
import type { SandboxKeys } from "./keys.ts";
import { ledger, type SandboxLayout, sandboxLayout } from "./layout.ts";
import { activeRegion } from "./ledger-sight.ts";
import { type Namespace, regionLink } from "./namespace-plan.ts";
import { Namespaces } from "./namespaces.ts";
import { Observer } from "./observe.ts";
import { writePeopleConfig } from "./people-config.ts";
import { dataFolderOf, postgresPlace, removePostgresPlace } from "./postgres-place.ts";
import { preparePostgres } from "./postgres-prepare.ts";
import { peopleOf, prepareKeys } from "./prepare-keys.ts";
import { sweepAfterUs, sweepNow, untilSwept } from "./processes-in.ts";
import { type ProgramName, requirePrograms } from "./programs.ts";
import type { SandboxRequest, SandboxStatus } from "./protocol.ts";
import { Region } from "./region.ts";
import { prepareRegion, type RegionParts } from "./region-files.ts";
import { readSettings, type SandboxSettings, writeSettings } from "./settings.ts";
import { SharedProcesses } from "./shared-processes.ts";
import { openState, removeState } from "./state-folder.ts";
import { SupervisorSocket } from "./supervisor-socket.ts";

export type SupervisorOptions = {
  readonly state: string;
  readonly settings: SandboxSettings;
  /** Throws the old state away first. */
  readonly fresh: boolean;
  /** The compiled CLI, of which the control process is a command. */
  readonly cli: string;
  readonly onEvent: (line: string) => void;
};

const readyLimitMs = 90_000;
/** A lease of before has to run out first. */
const ledgerLimitMs = 60_000;

export class Supervisor {
  readonly layout: SandboxLayout;
  readonly observer: Observer;
  readonly #options: SupervisorOptions;
  readonly #startedAtMs = Date.now();
  readonly #stopping = new AbortController();
  #regions: readonly Region[] = [];
  #shared: SharedProcesses | undefined;
  #namespaces: Namespaces | undefined;
  #sweeper: ChildProcess | undefined;
  #socket: SupervisorSocket | undefined;
  #waitingFor: readonly string[] = ["its processes"];
  /** Faults that end with the connection that made them, by region. */
  readonly #held = new Map<string, object>();
  readonly #closed = new WeakSet<object>();
  /** Faults and restorations happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { base, network } = options.settings;
    this.layout = sandboxLayout(options.state, base, network);
    this.observer = new Observer(this.layout);
  }

  /** Aborts when somebody asked for the end over the socket. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Prepares and starts everything; resolves when the sandbox is ready. Whatever it throws, call `stop`. */
  async start(signal: AbortSignal): Promise<void> {
    const { state, settings, fresh, onEvent } = this.#options;
    const path = requirePrograms("up", process.env);
    const running = await liveClaim(state);
    if (running !== undefined) throw alreadyRunning(state, running.pid);
    await openState(state);
    await claimState(state);
    if (fresh) await this.#forget();
    const before = await readSettings(state);
    await checkAddresses(this.layout);
    onEvent("preparing files, keys, databases and documents");
    const keys = await prepareKeys(this.layout, path);
    await preparePostgres({ state, keys, path });
    const parts = this.layout.regions.map(
      (region, index): RegionParts => ({
        ...{ layout: this.layout, region, keys, path },
        dataFolder: dataFolderOf(state, index + 1),
      }),
    );
    for (const region of parts) await prepareRegion(region, settings);
    await writePeopleConfig(this.layout, keys);
    const people = await peopleOf(keys);
    await prepareDocuments(path("git"), this.layout, { settings, before, people });
    await writeSettings(state, settings);
    await this.#makeProcesses(path, keys, parts);
    this.#socket = await SupervisorSocket.listen(this.layout.socket, {
      handle: (request, connection) => this.#handle(request, connection),
      onClose: (connection) => this.#release(connection),
    });
    await this.#startProcesses(signal);
    onEvent("waiting until the recursor answers every Application");
    await this.#untilAnswered(signal);
    onEvent("waiting until a region may write the ledger");
    await this.#untilWritten(signal);
    this.#waitingFor = [];
    onEvent("everything is ready");
  }

  status(): SandboxStatus {
    const { settings } = this.#options;
    return {
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      base: settings.base,
      network: settings.network,
      domain: this.layout.domain,
      probeIntervalMs: settings.probeIntervalMs,
      ttlSeconds: settings.ttlSeconds,
      ready: this.#waitingFor.length === 0,
      waitingFor: this.#waitingFor,
      shared: this.#shared?.status() ?? [],
      regions: this.#regions.map((region) => region.status()),
    };
  }

  /** Ends everything in order and gives the state folder back; safe at any moment. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#regions.map((region) => region.stop()));
    await this.#shared?.stop();
    await this.#namespaces?.close();
    await this.#socket?.close();
    if (this.#sweeper !== undefined) await sweepNow(this.#sweeper);
    const claim = await liveClaim(this.#options.state);
    if (claim?.pid === process.pid) await releaseState(this.#options.state);
  }

  async #forget(): Promise<void> {
    await removePostgresPlace(this.#options.state);
    await removeState(this.#options.state);
    await claimState(this.#options.state);
  }

  async #makeProcesses(
    path: (name: ProgramName) => string,
    keys: SandboxKeys,
    parts: readonly RegionParts[],
  ): Promise<void> {
    const { state, cli, onEvent } = this.#options;
    const { layout } = this;
    const context = { setpriv: path("setpriv"), state, random: systemRandom, onEvent };
    const servers = { folder: postgresPlace(state), programs: postgresPrograms(path) };
    // What comes after a sandbox that was killed here must not take our processes for its; and it may have been killed too.
    await untilSwept(servers.folder);
    await sweepNow(sweepAfterUs(servers, state));
    this.#sweeper = sweepAfterUs(servers, state);
    const namespaces = await this.#makeNamespaces();
    const within = (name: Namespace): ChildContext => ({
      ...context,
      enter: namespaces?.enter(name) ?? [],
    });
    const outside = { context: within("outside"), namespaces };
    this.#shared = await SharedProcesses.prepare({ layout, keys, path, cli, ...outside });
    this.#regions = parts.map(
      (region, index) => new Region({ ...region, cli, context: within(regionLink(index + 1)) }),
    );
  }

  /** Undefined when the network is proxies. */
  async #makeNamespaces(): Promise<Namespaces | undefined> {
    const { base, network } = this.#options.settings;
    if (network === "namespaces")
      this.#namespaces = await Namespaces.make(base, namespacePrograms(process.env));
    return this.#namespaces;
  }

  async #startProcesses(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.stopped]);
    const onReady = (title: string): void => this.#options.onEvent(`${title} answers`);
    await Promise.all([
      ...this.#regions.map((region) => region.start(stop, onReady)),
      this.#shared?.start(stop, onReady),
    ]);
  }

  /** Waits until the recursor answers every Application that is declared. */
  async #untilAnswered(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + readyLimitMs;
    for (;;) {
      const { applications } = await this.observer.observe(signal);
      const missing = applications.filter(({ answer }) => answer.addresses.length === 0);
      this.#waitingFor = missing.map(({ fqdn, answer }) => `${fqdn} (${answer.rcode})`);
      if (missing.length === 0) return;
      this.#mayGoOn(signal);
      if (performance.now() > deadline) throw this.#notAnswered();
      await pause(200);
    }
  }

  /** Waits until the lease is held and the name leads there; what keeps the agents from it is for people, and the rest is ready. */
  async #untilWritten(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + ledgerLimitMs;
    this.#waitingFor = ["a region that may write the ledger"];
    for (;;) {
      const { applications, ledger: regions } = await this.observer.observe(signal);
      const active = activeRegion(regions)?.cluster;
      const named = applications.find(({ name }) => name === ledger.application);
      // A user may have taken the Application away.
      if (named === undefined) return;
      if (active !== undefined && named.answer.clusters.includes(active)) return;
      this.#mayGoOn(signal);
      if (performance.now() > deadline) {
        const why = regions.map(({ cluster, because }) => `${cluster}: ${because}`).join("; ");
        this.#options.onEvent(`no region may write the ledger yet: ${why}`);
        return;
      }
      await pause(300);
    }
  }

  #mayGoOn(signal: AbortSignal): void {
    if (signal.aborted || this.stopped.aborted)
      throw new Failure("Cancelled", "Starting was cancelled.");
  }

  #notAnswered(): Failure {
    return new Failure(
      "TimedOut",
      `The recursor does not answer ${this.#waitingFor.join(", ")} after ${readyLimitMs / 1_000} s.`,
      {
        where: join(this.#options.state, "logs"),
        remedy: "Read control.log and powerdns.log of the regions there.",
      },
    );
  }

  #handle(request: SandboxRequest, connection: object): Promise<SandboxStatus> {
    switch (request.command) {
      case "status":
        return Promise.resolve(this.status());
      case "stop":
        this.#stopping.abort();
        return Promise.resolve(this.status());
      case "break":
        return this.#inTurn(async () => {
          const region = this.#region(request.region);
          if (!this.status().ready)
            throw new Failure("NotRunning", "The sandbox is still starting.", {
              remedy: "Wait until `npx sovereign sandbox status` says ready.",
            });
          if (region.fault !== undefined) throw alreadyBroken(region);
          if (needsNamespaces(request.fault) && this.#namespaces === undefined)
            throw needsOtherNetwork(request.fault);
          if (this.#closed.has(connection))
            throw new Failure("Cancelled", "Whoever asked has gone.");
          if (request.hold === "connection") this.#held.set(request.region, connection);
          await region.break(request.fault);
          await this.#followFaults();
          this.#options.onEvent(`${request.region} is broken: ${request.fault}`);
        });
      case "restore":
        return this.#inTurn(() => this.#restore(request.region));
    }
  }

  async #restore(cluster: string): Promise<void> {
    const region = this.#region(cluster);
    this.#held.delete(cluster);
    if (region.fault === undefined) return;
    this.#options.onEvent(`${cluster} is being restored`);
    await region.restore(this.stopped);
    await this.#followFaults();
    this.#options.onEvent(`${cluster} runs again`);
  }

  /** What regions share, as their faults have it. */
  async #followFaults(): Promise<void> {
    const broken = this.#regions.flatMap(({ layout: { cluster }, fault }) =>
      fault === undefined ? [] : [{ cluster, fault }],
    );
    await this.#shared?.follow(broken, this.stopped);
  }

  #inTurn(work: () => Promise<void>): Promise<SandboxStatus> {
    const done = this.#last.then(async () => {
      if (this.stopped.aborted) throw new Failure("NotRunning", "The sandbox is ending.");
      await work();
      return this.status();
    });
    this.#last = done.catch(() => undefined); // The one who asked is told; the next in turn goes on.
    return done;
  }

  /** A connection ended: what it held is undone. */
  #release(connection: object): void {
    this.#closed.add(connection);
    for (const [cluster, holder] of this.#held) {
      if (holder !== connection || this.stopped.aborted) continue;
      this.#inTurn(() => this.#restore(cluster)).catch((thrown: unknown) => {
        const { message } = Failure.from(thrown, cluster);
        this.#options.onEvent(`${cluster} could not be restored: ${message}`);
      });
    }
  }

  #region(cluster: string): Region {
    const region = this.#regions.find((candidate) => candidate.layout.cluster === cluster);
    if (region !== undefined) return region;
    const known = this.#regions.map((candidate) => candidate.layout.cluster).join(", ");
    throw new Failure("NotFound", `"${cluster}" is no region of this sandbox.`, {
      field: "region",
      remedy: `There are: ${known}.`,
    });
  }
}

function needsOtherNetwork(fault: string): Failure {
  return new Failure("UsageInvalid", `A fault proxy can not lose one direction: ${fault}.`, {
    field: "fault",
    remedy: "Start the sandbox with --network namespaces, as root.",
  });
}

function alreadyBroken(region: Region): Failure {
  const { cluster } = region.layout;
  return new Failure("AlreadyRunning", `${cluster} is broken already: ${region.fault ?? ""}.`, {
    remedy: `Restore it first: npx sovereign sandbox restore ${cluster}`,
  });
}
