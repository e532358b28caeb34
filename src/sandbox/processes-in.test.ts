import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processesIn, sandboxVariable, signalIn, sweepAfterUs, sweepNow } from "./processes-in.ts";

let root = "";
const started: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sovereign-processes-"));
  mkdirSync(join(root, "programs"));
  mkdirSync(join(root, "data"));
  // A program with the name of PostgreSQL's that only waits.
  copyFileSync("/bin/sleep", join(root, "programs", "postgres"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

const where = () => ({ folder: join(root, "data"), programs: join(root, "programs") });

async function start(
  program: string,
  cwd: string,
  args: readonly string[] = ["600"],
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: "ignore" });
  started.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  return child;
}

/** What a process of the sandbox in that state folder started, such as git: of no program and in no folder of ours. */
const startMarked = (state: string): Promise<ChildProcess> =>
  start("/bin/sleep", "/", ["600"], { [sandboxVariable]: state });

const server = () => start(join(root, "programs", "postgres"), join(root, "data"));

test("a server of the folder is found in a session of its own; a shell that stands there is not ours", async () => {
  const ours = await server();
  await start("/bin/sleep", join(root, "data"));
  await start(join(root, "programs", "postgres"), root);
  await expect.poll(() => processesIn(where())).toEqual([ours.pid]);
});

test("what is frozen is killed too, and signalling ends when nothing is left", async () => {
  const ours = await server();
  await signalIn(where(), "SIGSTOP");
  await signalIn(where(), "SIGKILL");
  expect(processesIn(where())).toEqual([]);
  await expect.poll(() => ours.signalCode).toBe("SIGKILL");
});

test("the sweeper waits as long as we live, then kills what is frozen, a watchdog of ours and what our processes started, and nothing else", async () => {
  const [ours, shell] = [await server(), await start("/bin/sleep", join(root, "data"))];
  const waiting = ["-e", "setTimeout(() => {}, 600_000)", join(root, "agents", "1", "watchdog")];
  const watchdog = await start(process.execPath, "/", waiting);
  const helper = await startMarked(root);
  helper.kill("SIGSTOP");
  const another = await startMarked(`${root}-2`);
  const sweeper = sweepAfterUs(where(), root);
  await signalIn(where(), "SIGSTOP");
  expect(processesIn(where())).toEqual([ours.pid]);
  await sweepNow(sweeper);
  await expect.poll(() => ours.signalCode).toBe("SIGKILL");
  await expect.poll(() => watchdog.signalCode).toBe("SIGKILL");
  await expect.poll(() => helper.signalCode).toBe("SIGKILL");
  expect([shell.signalCode, another.signalCode]).toEqual([null, null]);
});
