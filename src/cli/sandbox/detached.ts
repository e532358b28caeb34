/** `sovereign up --detach`: the supervisor in a session of its own, its progress shown here until it is ready. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import { type Code, codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { programFile } from "../../daemon/program-file.ts";
import { alreadyRunning, liveClaim } from "../../sandbox/claim.ts";
import { sandboxRequest } from "../../sandbox/connection.ts";
import { endSandbox } from "../../sandbox/end.ts";
import { sandboxLayout } from "../../sandbox/layout.ts";
import { lastLines, rotateLog } from "../../sandbox/log-file.ts";
import { Observer } from "../../sandbox/observe.ts";
import type { SandboxStatus } from "../../sandbox/protocol.ts";
import { openState } from "../../sandbox/state-folder.ts";
import type { Context } from "../command.ts";
import { renderSandbox } from "../render/sandbox-view.ts";
import { factsOf } from "./watch.ts";

const readyLimitMs = 300_000;

/** Starts it with the same arguments and returns when it is ready; nothing is left of it when it can not be. */
export async function runDetached(
  { io, signal }: Context,
  state: string,
  args: readonly string[],
): Promise<void> {
  const running = await liveClaim(state);
  if (running !== undefined) throw alreadyRunning(state, running.pid);
  await openState(state);
  const log = join(state, "logs", "supervisor.log");
  const child = start(log, args);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  io.progress(`starting in the background, pid ${child.pid ?? 0}; log ${log} …`);
  let status: SandboxStatus | undefined;
  try {
    status = await untilReady(child, log, { io, signal });
  } finally {
    if (status === undefined) {
      child.kill("SIGTERM");
      await Promise.race([ended, systemClock.sleep(20_000)]);
      await endSandbox(state, (line) => io.progress(line));
    }
    child.unref();
  }
  const layout = sandboxLayout(state, status.base);
  const cache = `observer-${process.pid}`;
  const observation = await new Observer(layout, cache).observe(signal);
  await rm(join(state, "run", cache), { recursive: true, force: true });
  const facts = factsOf(layout, status, observation, []);
  const text = renderSandbox(facts, { width: process.stdout.columns || 100, colour: io.colour });
  // A status is JSON as it stands: it came over the socket.
  io.result(JSON.parse(JSON.stringify(status)) as JsonObject, text.join("\n"));
}

function start(log: string, args: readonly string[]): ChildProcess {
  mkdirSync(join(log, ".."), { recursive: true });
  rotateLog(log);
  const file = openSync(log, "a", 0o600);
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [programFile("sovereign"), "up", "--plain", ...args], {
    stdio: ["ignore", file, file],
    detached: true,
    env,
  });
  closeSync(file);
  return child;
}

async function untilReady(
  child: ChildProcess,
  log: string,
  { io, signal }: Context,
): Promise<SandboxStatus> {
  const layout = sandboxLayout(join(log, "..", ".."));
  const deadline = performance.now() + readyLimitMs;
  let shown = "";
  while (performance.now() < deadline) {
    if (signal.aborted) throw new Failure("Cancelled", "Starting was cancelled.");
    if (child.exitCode !== null || child.signalCode !== null)
      throw couldNotStart(child.exitCode, log);
    // Not listening yet, or busy: asked again.
    const status = await sandboxRequest(layout, { command: "status" }, { timeoutMs: 5_000 }).catch(
      () => undefined,
    );
    if (status?.ready === true) return status;
    const said = lastLines(log, 1);
    if (said !== shown) io.progress(said);
    shown = said;
    await systemClock.sleep(200, signal);
  }
  throw new Failure("TimedOut", "The sandbox is not ready after five minutes.", { where: log });
}

/** The failure that ended it, as it stands in its log, with the same code. */
function couldNotStart(exitCode: number | null, log: string): Failure {
  const words = lastLines(log, 20);
  const [, said = words] = /^error ([\s\S]*)$/m.exec(words) ?? [];
  const names = Object.keys(codes) as Code[]; // Its own keys, by its type.
  const code = names.find((name) => codes[name].exitCode === exitCode) ?? "ProcessFailed";
  return new Failure(code, `The sandbox could not be started: ${said}\n`, {
    where: log,
    remedy: "The lines above say what to do; the log has the rest.",
  });
}
