/**
 * The witness under workerd (ADR 23). workerd itself takes no lock, outlives whoever started it, and knows no limit of memory:
 * flock(1), setpriv(1) and prlimit(1) of util-linux see to that (facts of the witness §0, §2).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../core/kernel/failure.ts";
import { capnpConfig, capnpFiles } from "./witness-capnp.ts";
import type { WitnessConfig } from "./witness-config.ts";
import {
  folderHeld,
  lockFile,
  lockHeldExitCode,
  lockWaitSeconds,
  prepareFolder,
  readCredentials,
  storeOf,
  type WitnessHost,
} from "./witness-host.ts";
import { limitMemory, untilHealthy } from "./witness-process.ts";

export type WorkerdOptions = {
  /** A line that workerd wrote. */
  readonly onLine?: (line: string) => void;
  /** For the test of what holds without it. */
  readonly withoutLock?: boolean;
};

const runPrefix = "run-";
const stopGraceMs = 5_000;
const wordsKept = 5;

/** Exits at once when we died before the kernel was told to tie the process to us. */
const tied = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';

const bundlePath = fileURLToPath(new URL("../../dist/worker/witness.js", import.meta.url));

/**
 * Starts it and waits until it has read its store. Fails with AlreadyRunning, AddressTaken, ProgramMissing, ConfigInvalid,
 * CredentialUnreadable or ProcessFailed.
 */
export async function startWorkerdHost(
  config: WitnessConfig,
  options: WorkerdOptions = {},
): Promise<WitnessHost> {
  const program = workerdPath();
  const { text } = await readCredentials(config);
  await prepareFolder(config.data, "workerd");
  const objects = join(config.data, storeOf.workerd);
  await mkdir(objects, { recursive: true, mode: 0o700 });
  const run = await mkdtemp(join(config.data, runPrefix));
  const health = randomBytes(16).toString("hex");
  try {
    await writeRunFiles(run, config, text, { objects, health });
    const child = spawnWorkerd(program, run, config.data, options.withoutLock === true);
    const started = await follow(child, config, health, options);
    await clearRuns(config.data);
    return started;
  } finally {
    // What it holds was read at the start; secrets do not lie about any longer than needed.
    await rm(run, { recursive: true, force: true });
  }
}

/** The binary of the package for this machine. Fails with ProgramMissing. */
export function workerdPath(): string {
  const require = createRequire(import.meta.url);
  const names: Readonly<Record<string, string>> = {
    x64: "@cloudflare/workerd-linux-64/bin/workerd",
    arm64: "@cloudflare/workerd-linux-arm64/bin/workerd",
  };
  const name = process.platform === "linux" ? names[process.arch] : undefined;
  try {
    return require.resolve(name ?? "no workerd for this machine");
  } catch (cause) {
    throw new Failure("ProgramMissing", "workerd is not installed for this machine", {
      remedy: "Run `npm ci`, or start the witness with --host node.",
      cause,
    });
  }
}

async function writeRunFiles(
  run: string,
  config: WitnessConfig,
  credentials: string,
  facts: { readonly objects: string; readonly health: string },
): Promise<void> {
  const secret = { mode: 0o600 };
  const at = (name: keyof typeof capnpFiles): string => join(run, capnpFiles[name]);
  const { listen, settleMs, tls } = config;
  await copyFile(bundlePath, at("bundle")).catch((cause: unknown) => {
    throw new Failure("ProgramMissing", "the witness's bundle is not built", {
      remedy: "Run `npm run build`.",
      cause,
    });
  });
  await writeFile(at("credentials"), credentials, secret);
  if (tls !== undefined) {
    const unreadable = (cause: unknown): never => {
      throw new Failure("ConfigInvalid", "a file of `tls` can not be read", {
        field: "tls",
        cause,
      });
    };
    await copyFile(tls.certificate, at("certificate")).catch(unreadable);
    // Made first, so that it is never readable for others.
    await writeFile(at("key"), "", secret);
    await copyFile(tls.key, at("key")).catch(unreadable);
  }
  const text = capnpConfig({ ...listen, ...facts, settleMs, hasTls: tls !== undefined });
  await writeFile(at("config"), text, secret);
}

function spawnWorkerd(
  program: string,
  run: string,
  folder: string,
  withoutLock: boolean,
): ChildProcess {
  const wait = ["-w", String(lockWaitSeconds)];
  const lock = ["flock", ...wait, "-F", "-E", String(lockHeldExitCode), lockFile(folder)];
  const tie = ["setpriv", "--pdeathsig", "KILL", "--", "/bin/sh", "-c", tied, String(process.pid)];
  const serve = [program, "serve", "--control-fd=3", join(run, capnpFiles.config)];
  const [command = "", ...args] = [...(withoutLock ? [] : lock), ...tie, ...serve];
  return spawn(command, args, {
    cwd: folder,
    // A session of its own: Ctrl-C reaches us, and we end it in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
  });
}

/** Waits until it answers, and stands for it from then on. */
async function follow(
  child: ChildProcess,
  config: WitnessConfig,
  health: string,
  options: WorkerdOptions,
): Promise<WitnessHost> {
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter((one) => one !== "")) {
        options.onLine?.(line);
        words.push(line);
        if (words.length > wordsKept) words.shift();
      }
    });
  }
  let stopping = false;
  const exited = new Promise<Failure | undefined>((resolve) => {
    child.once("error", (cause: NodeJS.ErrnoException) =>
      resolve(
        new Failure("ProgramMissing", `flock or setpriv can not be run (${cause.code})`, { cause }),
      ),
    );
    child.once("close", (code, signal) =>
      resolve(stopping ? undefined : endOf(config, code, signal, words)),
    );
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
    await exited;
    clearTimeout(killer);
  };
  const ready = await Promise.race([
    untilHealthy(child, config, health),
    exited.then((failure) => failure ?? new Failure("ProcessFailed", "workerd ended")),
  ]);
  if (ready instanceof Failure) {
    await stop();
    throw ready;
  }
  const pid = child.pid ?? 0;
  await limitMemory(pid).catch((thrown: unknown) =>
    options.onLine?.(Failure.from(thrown, "").message),
  );
  return { url: ready, pid, ended: exited, stop };
}

function endOf(
  config: WitnessConfig,
  code: number | null,
  signal: NodeJS.Signals | null,
  words: readonly string[],
): Failure {
  const { address, port } = config.listen;
  const said = words.join("\n").slice(0, 1_000);
  if (code === lockHeldExitCode) return folderHeld(config.data);
  if (/already in use/i.test(said)) {
    return new Failure("AddressTaken", `${address}:${port} is in use`, { field: "listen" });
  }
  if (code === 127 || code === 126) {
    return new Failure("ProgramMissing", `workerd can not be run on this system:\n${said}`, {
      remedy: "It needs glibc 2.27 or newer; start the witness with --host node.",
    });
  }
  const how = signal === null ? `with ${code}` : `by ${signal}`;
  return new Failure("ProcessFailed", `workerd ended ${how}:\n${said}`, { where: config.data });
}

/** Folders that launchers before us left when they were killed; the lock is ours, so they run no more. */
async function clearRuns(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(runPrefix));
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}
