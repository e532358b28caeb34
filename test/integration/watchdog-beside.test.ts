/** The watchdog in a container of its own: the agent does not start it, only says by what it works; it outlives the agent, and comes back by itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockHolder } from "../../src/adapters/journal/lock.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { startWatchdog } from "../../src/daemon/watchdog/start.ts";
import { until, WatchdogWorld } from "./watchdog-world.ts";

let world: WatchdogWorld;
let beside: ChildProcess | undefined;
beforeEach(async () => {
  world = await WatchdogWorld.make();
});
afterEach(async () => {
  if (beside !== undefined && beside.exitCode === null && beside.signalCode === null) {
    const ended = once(beside, "exit");
    beside.kill("SIGKILL");
    await ended;
  }
  beside = undefined;
  const left = await holder();
  if (left !== undefined) world.adopt(left);
  await world.close();
});

const holder = (): Promise<number | undefined> =>
  lockHolder(world.config.folder).catch(() => undefined); // Without a folder there is none.
const start = (limitMs = 60_000) =>
  startWatchdog(world.config, { startedBy: "pod", program: "/nowhere", limitMs });
const runBeside = (): ChildProcess => {
  const program = programFile("watchdog-beside");
  beside = spawn(process.execPath, [program, world.config.folder], { stdio: "ignore" });
  return beside;
};

test("an agent in a Pod without that container starts no watchdog, and says which container is missing", async () => {
  const failure = await start(300).catch((thrown: unknown) => thrown);
  if (!(failure instanceof Failure)) throw new Error("there is no watchdog to be found");
  expect(failure.code).toBe("TimedOut");
  expect(failure.remedy).toContain("watchdog-beside");
  expect(await holder()).toBeUndefined();
});

test("it waits for the agent, and outlives it; killed, it is there again and fences", async () => {
  runBeside();
  expect(await start()).toMatchObject({ started: null });
  await until("its first fence", () => world.isFenced());
  const agent = world.agent("new", 20_000);
  await until("its tenure", async () => (await world.ask()).instance === `agent-${agent.pid}`);
  await world.write();
  agent.signal("SIGKILL");
  expect(await start()).toMatchObject({ started: null });
  expect(world.isFenced()).toBe(false);
  const before = await holder();
  if (before === undefined) throw new Error("the watchdog holds its folder");
  process.kill(before, "SIGKILL");
  await until("another one", async () => ![undefined, before].includes(await holder()));
  await until("its first fence", () => world.isFenced());
});

test("told to end with its Pod, it fences first", async () => {
  const container = runBeside();
  await start();
  await until("its first fence", () => world.isFenced());
  await world.write();
  const ended = once(container, "exit");
  container.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(world.isFenced()).toBe(true);
  expect(await holder()).toBeUndefined();
});

test("told to end while a watchdog starts that can not hear it yet, it fences all the same", async () => {
  const container = runBeside();
  await start();
  await until("its first fence", () => world.isFenced());
  const before = await holder();
  if (before === undefined) throw new Error("the watchdog holds its folder");
  await world.write();
  const ended = once(container, "exit");
  process.kill(before, "SIGKILL");
  const children = `/proc/${container.pid}/task/${container.pid}/children`;
  // It takes a process of Node a good while to hear; one that came so far fences by itself.
  await until("the next one", async () => {
    const pids = (await readFile(children, "utf8")).trim().split(" ");
    return pids.some((pid) => pid !== "" && Number(pid) !== before);
  });
  container.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(world.isFenced()).toBe(true);
  expect(await holder()).toBeUndefined();
});

test("what the agent wrote counts when an idle one is ended for newer settings", async () => {
  runBeside();
  await start();
  const before = await holder();
  if (before === undefined) throw new Error("the watchdog holds its folder");
  const newer = { ...world.config, longestTenureMs: 20_000 };
  await startWatchdog(newer, { startedBy: "pod", limitMs: 60_000 });
  const digest = async () => JSON.parse((await world.say('{"seq":1,"do":"read"}\n')).trim()).config;
  const older = await digest();
  process.kill(before, "SIGTERM");
  await until("the newer settings", async () => {
    const now = await digest().catch(() => older); // Between the two nobody answers.
    return now !== older;
  });
});
