/** The watchdog's program for Valkey, on two real servers: what it ends, what it leaves alone, and what it can not tell. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { programFile } from "../../src/daemon/program-file.ts";
import { runningValkeys, type ValkeyPair, type ValkeySide } from "./valkey-pair.ts";

const program = programFile("valkey-fence");

let pair: ValkeyPair;
beforeEach(async () => {
  pair = await runningValkeys();
});
afterEach(() => pair.close());

/** Ends with this code. */
function fenceProgram(side: ValkeySide, mode: string, more: readonly string[] = []) {
  const server = ["--server", `${side.host}:${side.port}`, "--password", side.passwordFile];
  const args = [program, "--data", side.dataFolder, ...server, "--mode", mode, ...more];
  return new Promise<number>((resolve) => {
    const child = execFile(process.execPath, args, () => resolve(child.exitCode ?? -1));
  });
}

test("the watchdog's program ends a server that serves or hangs, and leaves alone one that refuses writes", async () => {
  const { a, b } = pair;
  const standby = await b.pid();
  expect(await fenceProgram(b, "confirm")).toBe(0);
  expect(await fenceProgram(b, "all")).toBe(0);
  expect(await b.pid()).toBe(standby);
  expect(await fenceProgram(a, "confirm")).toBe(1);
  expect(await fenceProgram(a, "all")).toBe(0);
  expect(await a.write(1)).toBe("refused");
  expect(await a.pid()).toBeNull();
  process.kill(standby ?? 0, "SIGSTOP");
  expect(await fenceProgram(b, "confirm", ["--limit", "2000"])).toBe(1);
  expect(await fenceProgram(b, "all")).toBe(0);
  expect(await b.pid()).toBeNull();
  const elsewhere = { ...a, dataFolder: join(a.dataFolder, "else") };
  expect(await fenceProgram(elsewhere, "all")).toBe(42);
});

test("the watchdog's program does not call fenced what takes writes at the address and is no process of the data", async () => {
  const { a } = pair;
  const unseen = join(a.dataFolder, "..", "unseen");
  for (const folder of [unseen, `${unseen}.sovereign`]) mkdirSync(folder);
  expect(await fenceProgram({ ...a, dataFolder: unseen }, "all")).toBe(42);
  expect(await fenceProgram({ ...a, dataFolder: unseen }, "confirm")).toBe(42);
  await a.die();
  expect(await fenceProgram({ ...a, dataFolder: unseen }, "all")).toBe(0);
});

test("the watchdog's program ends servers also when one of its folders is strange, and says so", async () => {
  const { a, b } = pair;
  const nowhere = join(a.stateFolder, "nowhere");
  expect(await fenceProgram(a, "all", ["--postgresql", nowhere])).toBe(42);
  expect(await a.pid()).toBeNull();
  b.tenure = 3;
  await b.service.promote(3);
  expect(await fenceProgram(b, "all", ["--state", nowhere])).toBe(42);
  expect(await b.pid()).toBeNull();
  expect(await fenceProgram({ ...b, dataFolder: `${b.dataFolder}/` }, "all")).toBe(0);
});

test("the watchdog's program fences all data that it is given, each asked at its own address", async () => {
  const { a, b } = pair;
  const standby = await b.pid();
  const asked = ["--data", b.dataFolder, "--server", `${b.host}:${b.port}`];
  expect(await fenceProgram(a, "confirm", asked)).toBe(1);
  expect(await fenceProgram(a, "all", asked)).toBe(0);
  expect(await a.pid()).toBeNull();
  expect(await b.pid()).toBe(standby);
  expect(await fenceProgram(a, "all", ["--data", b.dataFolder])).toBe(0);
  expect(await b.pid()).toBeNull();
});

test("a fence that comes between an agent's last look at its tenure and its order ends the promotion", async () => {
  const { a, b } = pair;
  a.tenure = null;
  await a.service.fence("the test says so");
  b.tenure = 3;
  let looks = 0;
  b.beforeTenure = async () => {
    looks += 1;
    if (looks === 2) expect(await fenceProgram(b, "all")).toBe(0);
  };
  await expect(b.service.promote(3)).rejects.toMatchObject({ code: "DataServiceUnreachable" });
  expect(looks).toBeGreaterThanOrEqual(2);
  b.tenure = null;
  await b.service.tend();
  expect(await b.write(1)).toBe("refused");
});
