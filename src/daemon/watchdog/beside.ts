/**
 * The watchdog's container in the agent's Pod (docs/guides/install.md): waits until the agent has written what the watchdog works by, runs it, and
 * runs it again when it ended. So the watchdog is nobody's child that ends with the agent. Its one argument is the watchdog's folder.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { programFile } from "../program-file.ts";
import { configName, nodeOptions } from "./start.ts";

const pauseMs = 100;

/** What Kubernetes tells every Pod, by which a program of the fence finds the API server; nothing else goes on. */
const surroundings = Object.fromEntries(
  ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

const [folder = ""] = process.argv.slice(2);
let child: ChildProcess | undefined;
let isEnding = false;

/** It fences and ends; then this ends too. */
function end(): void {
  isEnding = true;
  child?.kill("SIGTERM");
}
process.on("SIGTERM", end);
process.on("SIGINT", end);

/** Resolves when it ended, however that was: what it says is in its log, which is this one. */
function run(file: string): Promise<void> {
  return new Promise((resolve) => {
    child = spawn(process.execPath, [...nodeOptions, programFile("watchdog"), file], {
      cwd: "/",
      env: surroundings,
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
    if (isEnding) child.kill("SIGTERM");
  });
}

if (!folder.startsWith("/")) {
  process.stderr.write("watchdog-beside needs the absolute path of the watchdog's folder\n");
  process.exit(2);
}
const file = join(folder, configName);
while (!isEnding) {
  if (existsSync(file)) await run(file);
  await sleep(pauseMs);
}
