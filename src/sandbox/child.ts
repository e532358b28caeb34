/**
 * One process of the sandbox, owned by the supervisor: started, watched, started again when it ends by itself.
 * It runs in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor, and under
 * `setpriv --pdeathsig KILL` (prctl(2) PR_SET_PDEATHSIG), so that it can not outlive the supervisor.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { backoffMs } from "../core/kernel/backoff.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { Random } from "../core/kernel/random.ts";
import type { GatewayOrder } from "./apps/gateway-order.ts";
import type { NetworkOrder } from "./apps/network-order.ts";
import { lastLines, rotateLog } from "./log-file.ts";
import { sandboxVariable } from "./processes-in.ts";
import type { ProcessState, ProcessStatus } from "./protocol.ts";
import { tie } from "./tie.ts";

export type ChildSpec = {
  readonly name: string;
  /** For messages: `powerdns of hz-fsn-rtz-prod`. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Log file, absolute. */
  readonly log: string;
  /** Whether it answers now; asked again and again until it does, then never again. */
  readonly isReady: (signal: AbortSignal) => Promise<boolean>;
  /** Gives it a channel for orders. */
  readonly channel: boolean;
};

export type ChildContext = {
  readonly setpriv: string;
  /** Program and arguments that put a command into its network namespace and become it; none: it stays where we are. */
  readonly enter: readonly string[];
  readonly state: string;
  readonly random: Random;
  /** A line for people when something happens to a process by itself. */
  readonly onEvent: (line: string) => void;
};

const backoff = { firstMs: 500, ceilingMs: 10_000 };

export class Child {
  readonly spec: ChildSpec;
  readonly #context: ChildContext;
  #process: ChildProcess | undefined;
  #state: ProcessState = "down";
  #restarts = 0;
  #attempt = 0;
  /** What it should do; while it rests, broken or stopped, an exit is no surprise. */
  #goal: "run" | "rest" = "rest";
  #timesReady = 0;
  #order: GatewayOrder | NetworkOrder | undefined;
  #variables: Readonly<Record<string, string>> = {};
  #timer: NodeJS.Timeout | undefined;
  #probing = new AbortController();
  #exited: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec, context: ChildContext) {
    this.spec = spec;
    this.#context = context;
    rotateLog(spec.log);
  }

  status(): ProcessStatus {
    return {
      name: this.spec.name,
      state: this.#state,
      pid: this.#process?.pid,
      restarts: this.#restarts,
      log: relative(this.#context.state, this.spec.log),
    };
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Starts it when it does not run; it is restarted with back-off from now on. */
  start(): void {
    if (this.#goal === "run") return;
    this.#goal = "run";
    this.#attempt = 0;
    this.#spawn();
  }

  /** Resolves when it answers; fails with ProcessFailed when it ends before, with TimedOut when it takes too long. */
  async ready(limitMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.#state !== "ready") {
      if (signal?.aborted === true) throw new Failure("Cancelled", "Starting was cancelled.");
      // The first start decides whether it can work at all; later ones are retried in the background.
      if (this.#state === "restarting" && this.#timesReady === 0) throw this.failure();
      if (performance.now() > deadline)
        throw new Failure("TimedOut", `${this.spec.title} does not answer.`, {
          where: this.spec.log,
          remedy: "Read its log.",
        });
      await pause(20);
    }
  }

  failure(): Failure {
    return new Failure(
      "ProcessFailed",
      `${this.spec.title} ended by itself; its last words:\n${indent(lastLines(this.spec.log, 5))}\n`,
      { where: this.spec.log },
    );
  }

  /** Ends it at once and keeps it down until `start`. */
  async kill(): Promise<void> {
    this.#rest();
    this.#signal("SIGKILL");
    await this.#exited;
    this.#state = "down";
  }

  /** Asks it to end, and ends it when it has not after `graceMs`. A hung process is not asked. */
  async stop(graceMs: number): Promise<void> {
    const hung = this.#state === "hung";
    this.#rest();
    this.#signal(hung ? "SIGKILL" : "SIGTERM");
    const killer = setTimeout(() => this.#signal("SIGKILL"), graceMs);
    await this.#exited;
    clearTimeout(killer);
    this.#state = "down";
  }

  /** Freezes it; its sockets go on accepting connections. */
  hang(): void {
    if (this.#process === undefined) return;
    this.#signal("SIGSTOP");
    this.#state = "hung";
  }

  /** Lets a hung process go on. */
  resume(): void {
    if (this.#state !== "hung") return;
    this.#signal("SIGCONT");
    this.#state = "starting";
    this.#probe();
  }

  /** Gives an order now and after every restart. */
  order(order: GatewayOrder | NetworkOrder): void {
    this.#order = order;
    if (this.#process?.connected === true) this.#process.send(order);
  }

  /** What its environment has beside that of every process of the sandbox, from its next start on. */
  setVariables(variables: Readonly<Record<string, string>>): void {
    this.#variables = variables;
  }

  #rest(): void {
    this.#goal = "rest";
    clearTimeout(this.#timer);
    this.#probing.abort();
  }

  /** To its whole group, so that what it started itself shares its fate. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }

  #spawn(): void {
    const { command, args, cwd, log, channel } = this.spec;
    mkdirSync(dirname(log), { recursive: true });
    const file = openSync(log, "a", 0o600);
    const child = spawn(
      this.#context.setpriv,
      [...tie(), ...this.#context.enter, command, ...args],
      {
        cwd,
        stdio: channel ? ["ignore", file, file, "ipc"] : ["ignore", file, file],
        detached: true,
        env: { ...childEnvironment(this.#context.state), ...this.#variables },
      },
    );
    closeSync(file);
    this.#process = child;
    this.#state = "starting";
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        if (this.#process === child) this.#process = undefined;
        resolve();
        this.#onEnd();
      };
      child.once("exit", ended);
      child.once("error", ended);
    });
    if (this.#order !== undefined && channel) child.send(this.#order);
    this.#probe();
  }

  #onEnd(): void {
    this.#probing.abort();
    if (this.#goal === "rest") return;
    this.#state = "restarting";
    this.#restarts += 1;
    this.#attempt += 1;
    const waitMs = backoffMs(this.#attempt, backoff, this.#context.random);
    if (this.#timesReady > 0)
      this.#context.onEvent(`${this.spec.title} ended by itself; it is started again`);
    this.#timer = setTimeout(() => this.#spawn(), waitMs);
  }

  /** Asks whether it answers until it does, ends, or is not wanted any more. */
  #probe(): void {
    this.#probing.abort();
    const probing = new AbortController();
    this.#probing = probing;
    const ask = async (): Promise<void> => {
      while (!probing.signal.aborted) {
        const limit = AbortSignal.any([probing.signal, AbortSignal.timeout(3_000)]);
        // A refusal is the ordinary answer of a process that is still starting.
        const answers = await this.spec.isReady(limit).catch(() => false);
        if (probing.signal.aborted) return;
        if (answers) {
          this.#state = "ready";
          this.#timesReady += 1;
          this.#attempt = 0;
          return;
        }
        await pause(50);
      }
    };
    void ask(); // It ends with the process; every failure of the question means "not yet".
  }
}

function childEnvironment(state: string): NodeJS.ProcessEnv {
  // Nothing of npm, of an editor or of somebody's Node options is any business of the sandbox's processes.
  const kept = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
  const inherited = Object.fromEntries(kept.map((name) => [name, process.env[name]]));
  return { ...inherited, [sandboxVariable]: state };
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}
