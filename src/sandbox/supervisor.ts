/** The one process that owns all others of a sandbox: starts them in order, breaks, restores and ends them. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { udpDnsClient } from "../adapters/dns-client.ts";
import { systemRandom } from "../adapters/random.ts";
import { Failure } from "../core/kernel/failure.ts";
import { checkAddresses } from "./addresses.ts";
import { Child, type ChildContext } from "./child.ts";
import { alreadyRunning, claimState, liveClaim, releaseState } from "./claim.ts";
import { prepareDocuments } from "./documents-repository.ts";
import { type SandboxLayout, sandboxLayout } from "./layout.ts";
import { Observer } from "./observe.ts";
import { type ProgramName, requirePrograms } from "./programs.ts";
import type { SandboxRequest, SandboxStatus } from "./protocol.ts";
import { recursorConfig } from "./recursor-config.ts";
import { Region } from "./region.ts";
import { prepareRegion } from "./region-files.ts";
import { readSettings, type SandboxSettings, writeSettings } from "./settings.ts";
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

export class Supervisor {
  readonly layout: SandboxLayout;
  readonly observer: Observer;
  readonly #options: SupervisorOptions;
  readonly #startedAtMs = Date.now();
  readonly #stopping = new AbortController();
  #regions: readonly Region[] = [];
  #recursor: Child | undefined;
  #socket: SupervisorSocket | undefined;
  #waitingFor: readonly string[] = ["its processes"];
  /** Faults that end with the connection that made them, by region. */
  readonly #held = new Map<string, object>();
  readonly #closed = new WeakSet<object>();
  /** Faults and restorations happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.layout = sandboxLayout(options.state, options.settings.base);
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
    onEvent("preparing files and documents");
    for (const region of this.layout.regions)
      await prepareRegion(this.layout, region, settings, path);
    await prepareDocuments(path("git"), this.layout, settings, before);
    await writeSettings(state, settings);
    await this.#makeProcesses(path);
    this.#socket = await SupervisorSocket.listen(this.layout.socket, {
      handle: (request, connection) => this.#handle(request, connection),
      onClose: (connection) => this.#release(connection),
    });
    await this.#startProcesses(signal);
    onEvent("waiting until the recursor answers every Application");
    await this.#untilAnswered(signal);
    onEvent("everything is ready");
  }

  status(): SandboxStatus {
    const { settings } = this.#options;
    return {
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      base: settings.base,
      domain: this.layout.domain,
      probeIntervalMs: settings.probeIntervalMs,
      ttlSeconds: settings.ttlSeconds,
      ready: this.#waitingFor.length === 0,
      waitingFor: this.#waitingFor,
      shared: this.#recursor === undefined ? [] : [this.#recursor.status()],
      regions: this.#regions.map((region) => region.status()),
    };
  }

  /** Ends everything in order and gives the state folder back; safe at any moment. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([
      ...this.#regions.map((region) => region.stop()),
      this.#recursor?.stop(3_000),
    ]);
    await this.#socket?.close();
    const claim = await liveClaim(this.#options.state);
    if (claim?.pid === process.pid) await releaseState(this.#options.state);
  }

  async #forget(): Promise<void> {
    await removeState(this.#options.state);
    await claimState(this.#options.state);
  }

  async #makeProcesses(path: (name: ProgramName) => string): Promise<void> {
    const { state, cli, onEvent } = this.#options;
    const { layout } = this;
    const context: ChildContext = {
      setpriv: path("setpriv"),
      state,
      random: systemRandom,
      onEvent,
    };
    const folder = join(state, "recursor");
    await mkdir(folder, { recursive: true });
    await rm(join(folder, "pdns_recursor.controlsocket"), { force: true });
    await writeFile(join(folder, "recursor.conf"), recursorConfig(layout));
    const dns = udpDnsClient({ timeoutMs: 1_000 });
    this.#recursor = new Child(
      {
        name: "recursor",
        title: "the recursor",
        command: path("pdns_recursor"),
        args: ["--config-dir=."],
        cwd: folder,
        log: join(state, "logs", "recursor.log"),
        channel: false,
        isReady: async (signal) =>
          (await dns.query(layout.recursor, `${layout.domain}.`, "SOA", signal)).rcode ===
          "NOERROR",
      },
      context,
    );
    this.#regions = layout.regions.map(
      (region) => new Region({ layout, region, path, cli, context }),
    );
  }

  async #startProcesses(signal: AbortSignal): Promise<void> {
    const { onEvent } = this.#options;
    const stop = AbortSignal.any([signal, this.stopped]);
    await Promise.all([
      ...this.#regions.map(async (region) => {
        await region.start(stop, (title) => onEvent(`${title} answers`));
      }),
      (async () => {
        this.#recursor?.start();
        await this.#recursor?.ready(readyLimitMs, stop);
        onEvent("the recursor answers");
      })(),
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
      if (signal.aborted || this.stopped.aborted)
        throw new Failure("Cancelled", "Starting was cancelled.");
      if (performance.now() > deadline) throw this.#notAnswered();
      await pause(200);
    }
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
          if (this.#closed.has(connection))
            throw new Failure("Cancelled", "Whoever asked has gone.");
          if (request.hold === "connection") this.#held.set(request.region, connection);
          await region.break(request.fault);
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
    this.#options.onEvent(`${cluster} runs again`);
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

function alreadyBroken(region: Region): Failure {
  const { cluster } = region.layout;
  return new Failure("AlreadyRunning", `${cluster} is broken already: ${region.fault ?? ""}.`, {
    remedy: `Restore it first: npx sovereign sandbox restore ${cluster}`,
  });
}
