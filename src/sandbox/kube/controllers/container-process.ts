/**
 * One container as a process of this machine: started, watched, probed, started again with back-off when it ends by itself. It dies with
 * the API server's process (docs/adr/0009-sandbox-children-die-with-their-parent.md).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { get } from "node:http";
import { errorCode } from "../../../adapters/journal/error-code.ts";
import { tie } from "../../tie.ts";
import type { Container } from "../built-in/workload-types.ts";
import type { ContainerState, PodOrder } from "./pod-runner.ts";

export type ContainerOptions = {
  readonly order: PodOrder;
  readonly container: Container;
  /** The program that stands for the image, and its arguments; undefined when none does. */
  readonly command: readonly string[] | undefined;
  /** Log file, absolute. */
  readonly log: string;
  readonly onChange: () => void;
};

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
/** What runs so long has recovered. */
const steadyMs = 60_000;

export class ContainerProcess {
  readonly #options: ContainerOptions;
  #process: ChildProcess | undefined;
  #state: ContainerState["state"] = waiting("ContainerCreating", "");
  #ready = false;
  #restarts = 0;
  #backoffMs = firstBackoffMs;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: ContainerOptions) {
    this.#options = options;
    const refusal = refusalOf(options);
    if (refusal === undefined) this.#start();
    else this.#state = refusal;
  }

  get state(): ContainerState {
    const { name } = this.#options.container;
    return { name, ready: this.#ready, restarts: this.#restarts, state: this.#state };
  }

  /** Asks it to end, and ends it after the grace. */
  async end(graceMs: number): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    this.#ready = false;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
    const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(killer);
  }

  #start(): void {
    const startedAtMs = Date.now();
    let child: ChildProcess;
    try {
      child = spawned(this.#options);
    } catch (thrown) {
      // Arguments that no process can have, a log that can not be opened. Node's words would quote them; its code does not.
      const why = `it can not be started (${errorCode(thrown) || "for a reason without a name"})`;
      this.#startLater(waiting("CreateContainerError", why), 0);
      return;
    }
    this.#process = child;
    this.#state = { kind: "running", sinceMs: startedAtMs };
    child.once("error", (cause) => this.#ended(startedAtMs, cause.message));
    child.once("exit", (code, signal) => this.#ended(startedAtMs, `ended with ${signal ?? code}`));
    this.#watch(child);
  }

  #ended(startedAtMs: number, why: string): void {
    if (this.#ending.signal.aborted || this.#state.kind === "waiting") return;
    clearTimeout(this.#probe);
    this.#ready = false;
    if (Date.now() - startedAtMs > steadyMs) this.#backoffMs = firstBackoffMs;
    const said = `${why}; started again in ${this.#backoffMs} ms`;
    this.#startLater(waiting("CrashLoopBackOff", said), 1);
    this.#options.onChange();
  }

  #startLater(state: ContainerState["state"], restarts: 0 | 1): void {
    this.#state = state;
    this.#timer = setTimeout(() => {
      this.#restarts += restarts;
      this.#start();
      this.#options.onChange();
    }, this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, longestBackoffMs);
  }

  /** Without a probe it is ready while it runs. */
  #watch(child: ChildProcess): void {
    const { readinessProbe } = this.#options.container;
    if (readinessProbe?.httpGet === undefined) {
      this.#ready = true;
      return;
    }
    const { periodSeconds = 10, initialDelaySeconds = 0, failureThreshold = 3 } = readinessProbe;
    let failures = 0;
    const ask = (): void => {
      probe(this.#options, (isGood) => {
        if (this.#ending.signal.aborted || this.#state.kind !== "running") return;
        // The question was to the process before this one.
        if (this.#process !== child) return;
        failures = isGood ? 0 : failures + 1;
        this.#judge(isGood || (this.state.ready && failures < failureThreshold));
        // Until it first answers it is asked more often: people wait for it.
        const pauseMs = this.state.ready
          ? periodSeconds * 1_000
          : Math.min(periodSeconds * 1_000, 250);
        this.#probe = setTimeout(ask, pauseMs);
      });
    };
    this.#probe = setTimeout(ask, initialDelaySeconds * 1_000);
  }

  #judge(isReady: boolean): void {
    if (this.#ready === isReady) return;
    this.#ready = isReady;
    this.#options.onChange();
  }
}

function waiting(reason: string, message: string): ContainerState["state"] {
  return { kind: "waiting", reason, message };
}

function refusalOf({ command, container }: ContainerOptions): ContainerState["state"] | undefined {
  if (command === undefined)
    return waiting(
      "ErrImagePull",
      `no program of the sandbox stands for the image ${container.image}`,
    );
  const foreign = (container.env ?? []).find((one) => "valueFrom" in one);
  if (foreign !== undefined)
    return waiting(
      "CreateContainerConfigError",
      `the sandbox does not fill in ${foreign.name} from elsewhere`,
    );
  return undefined;
}

/** The image says which program runs; the container may only add arguments. */
const argumentsOf = ({ container }: ContainerOptions): readonly string[] => container.args ?? [];

function environmentOf({ container, order }: ContainerOptions): NodeJS.ProcessEnv {
  const [port] = container.ports ?? [];
  const own = (container.env ?? []).map(({ name, value = "" }) => [name, value] as const);
  return {
    PATH: process.env["PATH"],
    ...(port === undefined ? {} : { PORT: String(port.containerPort) }),
    ADDRESS: order.address,
    POD_IP: order.address,
    POD_NAME: order.name,
    POD_NAMESPACE: order.namespace,
    ...Object.fromEntries(own),
  };
}

/** Tells once whether it answers as it should, at the latest after the probe's limit. */
function probe({ container, order }: ContainerOptions, tell: (isGood: boolean) => void): void {
  const { httpGet, timeoutSeconds = 1 } = container.readinessProbe ?? {};
  const { path = "/", port = 0, host = order.address } = httpGet ?? {};
  const named = container.ports?.find(({ name }) => name === port);
  let isTold = false;
  const tellOnce = (isGood: boolean): void => {
    if (isTold) return;
    isTold = true;
    tell(isGood);
  };
  try {
    const request = get(
      {
        host,
        port: named === undefined ? port : named.containerPort,
        path,
        signal: AbortSignal.timeout(timeoutSeconds * 1_000),
        agent: false,
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        tellOnce(statusCode >= 200 && statusCode < 400);
      },
    );
    request.on("error", () => tellOnce(false));
  } catch {
    // A port, a path or a limit that no request can have: nothing answers there.
    tellOnce(false);
  }
}

/** Throws at once when no process can be made of it. */
function spawned(options: ContainerOptions): ChildProcess {
  const { command = [], log } = options;
  const output = openSync(log, "a", 0o600);
  try {
    return spawn("setpriv", [...tie(), ...command, ...argumentsOf(options)], {
      stdio: ["ignore", output, output],
      env: environmentOf(options),
    });
  } finally {
    closeSync(output);
  }
}
