/** The watchdog's program for PostgreSQL, as it is built, on real servers: it ends what writes, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { send, serverProcesses } from "../../src/adapters/postgresql/server-processes.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { programFence } from "../../src/daemon/watchdog/fence-action.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import { runProgram } from "../../src/sandbox/run-program.ts";
import { isRoot } from "../../src/sandbox/servers/server-process.ts";
import { startLoad } from "./postgresql-load.ts";
import { type Pair, runningPair } from "./postgresql-pair.ts";

const program = programFile("postgres-fence");
let pair: Pair;
let epoch = 1;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const run = async (...args: readonly string[]): Promise<number | undefined> =>
  (await runProgram(process.execPath, [program, ...args], { timeoutMs: 60_000 })).exitCode;

/** As the watchdog is configured for a service. */
const fenceOf = (folder: string): (() => Promise<void>) => {
  const step = (mode: string) => ({
    argv: [process.execPath, program, "--data", folder, "--mode", mode],
    limitMs: 30_000,
  });
  return programFence({
    steps: [step("fast"), step("immediate"), step("kill")],
    confirm: { ...step("confirm"), exitCodes: [0] },
  });
};

describe("the fence program", () => {
  test("says how it is used to who asks for nothing that it does", async () => {
    expect(await run()).toBe(2);
    expect(await run("--data", "/nowhere", "--mode", "gently")).toBe(2);
    expect(await run("--data", "/nowhere", "--limit", "0")).toBe(2);
    expect(await run("--color", "red")).toBe(2);
  });

  test("says nothing of a folder that is none of a server's, or where it may not look", async () => {
    for (const folder of ["/nowhere/data", "/tmp"]) {
      expect(await run("--data", folder, "--mode", "confirm")).toBe(42);
      expect(await run("--data", folder)).toBe(42);
    }
  });

  test("confirms where an agent waits for its first copy, and where a copy takes the place of the data", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sovereign-fence-"));
    try {
      mkdirSync(join(folder, "data.sovereign"));
      expect(await run("--data", join(folder, "data"), "--mode", "confirm")).toBe(0);
      expect(await run("--data", join(folder, "data"))).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("leaves a standby as it is, in every mode", async () => {
    const { b } = pair;
    const before = await b.pids();
    expect(await run("--data", b.dataFolder, "--mode", "confirm")).toBe(0);
    for (const mode of ["fast", "immediate", "kill", "all"]) {
      expect(await run("--data", b.dataFolder, "--mode", mode)).toBe(0);
    }
    expect((await b.pids())[0]).toBe(before[0]);
    expect((await b.service.look()).isFollowing).toBe(true);
  });

  test.each([
    ["fast", false],
    ["immediate", false],
    ["kill", true],
    ["all", true],
  ])("ends a server that takes writes (%s)", async (mode, hangs) => {
    const { a } = pair;
    epoch += 1;
    a.tenure = epoch;
    await a.service.promote(epoch);
    await a.service.setSync("relaxed");
    const load = startLoad([a]);
    await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(3);
    expect(await run("--data", a.dataFolder, "--mode", "confirm")).toBe(1);
    const { postmaster, children } = await serverProcesses(a.dataFolder);
    if (hangs) {
      for (const one of [postmaster, ...children]) send(one?.pid ?? 0, "SIGSTOP");
    }
    expect(await run("--data", a.dataFolder, "--mode", mode, "--limit", "20000")).toBe(0);
    await load.stop();
    expect(await a.pids()).not.toContain(postmaster?.pid);
    // Whoever starts it now gets one that takes no writes, and the watchdog's next fence leaves that alone.
    await a.startByHand().catch(() => a.again().tend());
    const before = await a.pids();
    await fenceOf(a.dataFolder)();
    expect((await a.pids())[0]).toBe(before[0]);
    expect(await a.write(1)).toBe("refused");
    a.tenure = null;
    await a.service.fence("as its agent does beside it");
  });

  test("without the right to see processes it never says that all is done", async () => {
    const { a } = pair;
    epoch += 1;
    a.tenure = epoch;
    await a.service.promote(epoch);
    // Without it not even root sees where another user's process stands; an ordinary user sees its own anyway.
    const rights = isRoot() ? ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"] : [];
    const argv = [...rights, "--", process.execPath, program, "--data", a.dataFolder];
    const setpriv = requireProgram("setpriv", process.env);
    const { exitCode } = await runProgram(setpriv, [...argv, "--mode", "confirm"]);
    expect([1, 42]).toContain(exitCode);
    a.tenure = null;
    await a.service.fence("as its agent does beside it");
  });

  test("ends a server at any moment of its promotion", async () => {
    const { a } = pair;
    const fence = fenceOf(a.dataFolder);
    for (const delayMs of [0, 30, 80, 200]) {
      epoch += 1;
      a.tenure = epoch;
      const promoted = a.service.promote(epoch).then(
        () => true,
        () => false,
      );
      await systemClock.sleep(delayMs);
      // The deadline: the watchdog's tenure is over, and it fences.
      a.tenure = null;
      await fence();
      await promoted;
      await fence();
      expect(await a.write(500 + delayMs)).toBe("refused");
      await a.service.fence("as its agent does beside it");
    }
  });
});
