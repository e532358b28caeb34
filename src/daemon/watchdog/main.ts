/**
 * The watchdog: a process beside a region agent that fences when the agent does not (DESIGN §2, docs/guides/watchdog.md). It needs nothing
 * but Node, starts nothing but the fence's programs, and outlives the agent. Its argument is its configuration; with `fence-and-end` after it,
 * it does no more than that.
 */
import { readFileSync, writeSync } from "node:fs";
import { chmod, mkdir, readFile, rm, stat } from "node:fs/promises";
import { machineMonotonicMs } from "../../adapters/agent/machine-clock.ts";
import { acquireLock } from "../../adapters/journal/lock.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { clockJump } from "./clock-jump.ts";
import { configDigest, parseWatchdogConfig, socketOf, type WatchdogConfig } from "./config.ts";
import { programFence } from "./fence-action.ts";
import { watchdogKeeper } from "./keeper.ts";
import { lastRun } from "./main-arguments.ts";
import { watchdogSocket } from "./socket.ts";

function log(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const at = new Date().toISOString();
  try {
    writeSync(2, `${JSON.stringify({ at, event, pid: process.pid, ...fields })}\n`);
  } catch {
    // A full disk under the log stops no watchdog.
  }
}

function uptimeMs(file: string): number | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync(file, "latin1"));
    return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  } catch {
    return undefined; // Where there is no such file, the wall clock alone has to tell.
  }
}

/** Makes the folder for this user alone; refuses one that others can enter. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return;
  throw new Failure("ConfigInvalid", "the watchdog's folder is open to other users", {
    where: folder,
    remedy: "Give it a folder of its own with mode 0700.",
  });
}

async function watch(config: WatchdogConfig): Promise<void> {
  const { folder, fence, retryMs, tickMs, gapNoticeMs, longestTenureMs, uptimeFile } = config;
  await ownFolder(folder);
  // Before the first fence: a second watchdog that is started by mistake stops nothing.
  await acquireLock(folder, "is the watchdog");
  const bootMs = (): number | undefined => uptimeMs(uptimeFile);
  const times = { monotonicMs: machineMonotonicMs, wallMs: () => Date.now(), bootMs };
  const keeper = watchdogKeeper({
    monotonicMs: machineMonotonicMs,
    jumpMs: clockJump(times, gapNoticeMs),
    fence: programFence(fence),
    retryMs,
    longestTenureMs,
    jumped: (because) => socket.tell(because),
    log,
  });
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const untilAtMs = keeper.tick();
    const leftMs = untilAtMs === null ? tickMs : untilAtMs - machineMonotonicMs();
    timer = setTimeout(look, Math.max(0, Math.min(tickMs, Math.ceil(leftMs))));
  };
  const socket = watchdogSocket(keeper, look, configDigest(config));
  const end = endWell(keeper.end);
  if (process.argv[3] === lastRun) return end("the one before was killed, and none follows", 0);
  // Not awaited: it guards from now on, whatever becomes of this fence.
  void keeper.fenceNow("the watchdog starts, and nothing was guarded before");
  look();
  const path = socketOf(folder);
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    socket.server.once("error", reject).listen(path, resolve);
  });
  await chmod(path, 0o600);
  log("watching", { path });
}

/** Whoever ends it, or whatever bug: what it guards is fenced first, since nobody guards it after that. */
function endWell(fenceAndEnd: (because: string) => Promise<void>) {
  let isEnding = false;
  const end = (because: string, exitCode: number): void => {
    if (isEnding) return;
    isEnding = true;
    void fenceAndEnd(because).then(() => process.exit(exitCode)); // It never rejects.
  };
  process.on("SIGHUP", () => undefined); // The end of somebody's terminal is none of its business.
  process.on("SIGTERM", () => end("the watchdog was told to end", 0));
  process.on("SIGINT", () => end("the watchdog was told to end", 0));
  process.on("uncaughtException", (error) => {
    log("bug", { error: error.stack ?? error.message });
    end("the watchdog has a bug", 70);
  });
  return end;
}

try {
  await watch(parseWatchdogConfig(await readFile(process.argv[2] ?? "", "utf8")));
} catch (thrown) {
  const failure = Failure.from(thrown, "the watchdog");
  log("ended", { failure: failure.toJson() });
  process.exit(failure.facts.exitCode);
}
