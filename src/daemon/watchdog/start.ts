/** Starts the watchdog so that it outlives whoever starts it, or finds the one that never stopped. */
import { spawn } from "node:child_process";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { machineMonotonicMs } from "../../adapters/agent/machine-clock.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { programFile } from "../program-file.ts";
import { parseWatchdogConfig, socketOf, type WatchdogConfig } from "./config.ts";

export type StartOptions = {
  /**
   * Who makes the process: `agent` is whoever calls; `pod` is a container beside it (`watchdog-beside`), which is waited for. A child of a
   * container ends with it, and no watchdog may.
   */
  readonly startedBy?: "agent" | "pod";
  /** The built program; default the one of this checkout. */
  readonly program?: string;
  readonly limitMs?: number;
};

/** Its configuration in its folder, written by its agent. */
export const configName = "watchdog.json";

/** It needs little, and a heap that never grows is never swept for long. */
export const nodeOptions = ["--max-old-space-size=16", "--max-semi-space-size=1"];

/**
 * Its socket, once it answers; `started` is its process when it was not there before, and it fences then. Fails with ConfigInvalid,
 * ProcessFailed (its log says why) or TimedOut.
 */
export async function startWatchdog(
  config: WatchdogConfig,
  { program = programFile("watchdog"), limitMs = 20_000, startedBy = "agent" }: StartOptions = {},
): Promise<{ readonly socket: string; readonly started: number | null }> {
  const { folder } = config;
  const text = `${JSON.stringify(config, null, 2)}\n`;
  parseWatchdogConfig(text);
  const socket = socketOf(folder);
  const file = join(folder, configName);
  if (startedBy === "pod") {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Also while one answers: when that one ends, the next is started by what is here.
    await writeFile(`${file}.next`, text, { mode: 0o600 });
    await rename(`${file}.next`, file);
    await awaitAnswer(socket, limitMs);
    return { socket, started: null };
  }
  if (await answers(socket)) return { socket, started: null };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
  const logPath = join(folder, "watchdog.log");
  const log = await open(logPath, "a", 0o600);
  // A session of its own: neither a terminal's Ctrl-C nor the end of the agent reaches it.
  const child = spawn(process.execPath, [...nodeOptions, program, file], {
    cwd: "/",
    detached: true,
    env: {},
    stdio: ["ignore", log.fd, log.fd],
  });
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code, signal) => {
    // Another one came first: that one is the watchdog.
    if (code !== codes.AlreadyRunning.exitCode) ended = `it ended with ${code ?? signal}`;
  });
  await log.close();
  child.unref();
  const untilMs = machineMonotonicMs() + limitMs;
  while (ended === undefined && machineMonotonicMs() < untilMs) {
    if (await answers(socket)) {
      const isOurs = child.exitCode === null && child.pid !== undefined;
      return { socket, started: isOurs ? child.pid : null };
    }
    await sleep(20);
  }
  const details = { where: logPath };
  if (ended !== undefined) throw new Failure("ProcessFailed", `the watchdog: ${ended}`, details);
  throw new Failure("TimedOut", "the watchdog does not answer", details);
}

/** For one that somebody else starts. Fails with TimedOut. */
async function awaitAnswer(socket: string, limitMs: number): Promise<void> {
  const untilMs = machineMonotonicMs() + limitMs;
  while (!(await answers(socket))) {
    if (machineMonotonicMs() > untilMs) {
      throw new Failure("TimedOut", "the watchdog that the Pod should start does not answer", {
        where: socket,
        remedy: "Run `watchdog-beside` as a container of the same Pod; its log says what is wrong.",
      });
    }
    await sleep(50);
  }
}

const answerLimitMs = 1_000;

/** Whether somebody answers there; one that hangs does not. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write('{"seq":0,"do":"read"}\n'));
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(answerLimitMs, () => end(false));
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
