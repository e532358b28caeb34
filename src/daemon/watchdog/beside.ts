/**
 * The watchdog's container in the agent's Pod (docs/guides/install.md): waits until the agent has written what the watchdog works by, runs it, and
 * runs it again when it ended. So the watchdog is nobody's child that ends with the agent. Its one argument is the watchdog's folder. It ends
 * after a watchdog that fenced: one that died of a signal did not, and is followed by one more that fences and ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { programFile } from "../program-file.ts";
import { lastRun } from "./main-arguments.ts";
import { restartPause } from "./restart-pause.ts";
import { configName, nodeOptions } from "./start.ts";

const lookEveryMs = 100;

/** What Kubernetes tells every Pod, by which a program of the fence finds the API server; nothing else goes on. */
const surroundings = Object.fromEntries(
  ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

const [folder = ""] = process.argv.slice(2);
let child: ChildProcess | undefined;
const ending = new AbortController();

/** It fences and ends; then this ends too. Told once: the last one must not be killed while it starts. */
function end(): void {
  if (ending.signal.aborted) return;
  ending.abort();
  child?.kill("SIGTERM");
}
process.on("SIGTERM", end);
process.on("SIGINT", end);

/** Resolves when it ended, with whether a signal killed it: what it says is in its log, which is this one. */
function run(file: string, ...more: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    child = spawn(process.execPath, [...nodeOptions, programFile("watchdog"), file, ...more], {
      cwd: "/",
      env: surroundings,
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", () => resolve(false));
    child.once("exit", (_, signal) => resolve(signal !== null));
  });
}

if (!folder.startsWith("/")) {
  process.stderr.write("watchdog-beside needs the absolute path of the watchdog's folder\n");
  process.exit(2);
}
const file = join(folder, configName);
const pauseMs = restartPause();
const pause = (ms: number): Promise<void> =>
  sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined); // It is to end: nothing is waited for.
let wasKilled = false;
while (!ending.signal.aborted) {
  if (!existsSync(file)) {
    await pause(lookEveryMs);
    continue;
  }
  const beganAtMs = performance.now();
  wasKilled = await run(file);
  await pause(pauseMs(performance.now() - beganAtMs));
}
if (wasKilled) await run(file, lastRun);
