/**
 * One server of a test or a measurement: a process that can be killed, frozen and started again on the same data, that dies
 * with whoever started it (prctl(2) PR_SET_PDEATHSIG), and that leaves no folder behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../../core/kernel/failure.ts";

export type ServerSpec = {
  readonly name: string;
  readonly setpriv: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Whether it answers now. */
  readonly isReady: () => Promise<boolean>;
  /** Runs it without the rights of root, which some servers refuse. */
  readonly asNobody?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

export type ServerProcess = {
  /** Starts it and waits until it answers. Fails with ProcessFailed and its last words. */
  start(): Promise<void>;
  /** Starts it without waiting. */
  launch(): void;
  /** Waits until it answers, starting it again when it ended before. */
  ready(): Promise<void>;
  /** SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** What it has written so far. */
  log(): string;
};

/** The user without rights, when we are root; its number is the same on every Linux. */
export const nobody = 65_534;
export const isRoot = (): boolean => process.getuid?.() === 0;
export const dropRights: readonly string[] = [
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  "--clear-groups",
];

const startLimitMs = 60_000;
const logMax = 200_000;

/** A temporary folder that the server may write. */
export function serverFolder(name: string, asNobody = false): string {
  const folder = mkdtempSync(join(tmpdir(), `sovereign-${name}-`));
  if (asNobody && isRoot()) chownSync(folder, nobody, nobody);
  return folder;
}

/** A loopback address that hardly anybody else uses, so that a port that is free now is free in a moment too. */
export function ownLoopback(): string {
  const byte = (): number => 1 + Math.floor(Math.random() * 250);
  return `127.${200 + Math.floor(Math.random() * 50)}.${byte()}.${byte()}`;
}

/** Ports that this process was given: one that nobody listens at yet would be found free again. */
const given = new Set<string>();

/** A port of the address at which nobody listens, and that was not given before. */
export async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const name = `${address} ${port}`;
  if (given.has(name)) return freePort(address);
  given.add(name);
  return port;
}

export function serverProcess(spec: ServerSpec): ServerProcess {
  let child: ChildProcess | undefined;
  let log = "";
  const isRunning = (): boolean =>
    child !== undefined && child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals): void => {
    if (isRunning()) child?.kill(name);
  };
  const clean = (): void => {
    signal("SIGKILL");
    rmSync(spec.folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const launch = (): void => {
    const rights = spec.asNobody === true && isRoot() ? dropRights : [];
    const args = [...rights, "--pdeathsig", "KILL", "--", spec.command, ...spec.args];
    const started = spawn(spec.setpriv, args, {
      cwd: spec.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], LC_ALL: "C", ...spec.env },
    });
    child = started;
    started.on("error", (error) => {
      log += error.message;
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (data: Buffer) => {
        log = (log + data.toString()).slice(-logMax);
      });
    }
  };
  const ready = async (): Promise<void> => {
    const endMs = performance.now() + startLimitMs;
    while (!(await spec.isReady().catch(() => false))) {
      if (performance.now() > endMs) {
        const words = log.split("\n").slice(-8).join("\n");
        throw new Failure("ProcessFailed", `${spec.name} does not answer: ${words}`);
      }
      // After kill -9 a server may refuse its own data until the last process of before is gone.
      if (!isRunning()) launch();
      await pause(30);
    }
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || !isRunning()) return;
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    signal("SIGKILL");
    await ended;
  };
  return {
    launch,
    ready,
    async start() {
      launch();
      await ready();
    },
    kill,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async stop() {
      await kill();
      process.removeListener("exit", clean);
      clean();
    },
    get pid() {
      return isRunning() ? child?.pid : undefined;
    },
    log: () => log,
  };
}
