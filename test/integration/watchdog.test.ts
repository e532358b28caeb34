/** The watchdog as a real process: whatever happens to its agent, what it guards is fenced at the deadline, and not before. */
import { spawn } from "node:child_process";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { machineMonotonicMs } from "../../src/adapters/agent/machine-clock.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { until, WatchdogWorld } from "./watchdog-world.ts";

let world: WatchdogWorld;
beforeEach(async () => {
  world = await WatchdogWorld.make();
});
afterEach(() => world.close());

const holds = (pid: number): Promise<void> =>
  until("its tenure", async () => (await world.ask()).instance === `agent-${pid}`);

test("one that starts fences at once; a second start finds it, and fences nothing", async () => {
  await world.start();
  expect(await world.tries()).toBe(1);
  expect(await world.startAgain()).toBeNull();
  expect(world.isFenced()).toBe(false);
  expect((await stat(world.config.folder)).mode & 0o777).toBe(0o700);
  expect((await stat(world.socket)).mode & 0o777).toBe(0o600);
});

test.each([
  ["is killed", "SIGKILL" as const, undefined],
  ["hangs", "SIGSTOP" as const, undefined],
  ["ends", undefined, "leave"],
])("an agent that %s is fenced for at its deadline, not before", async (_, signal, word) => {
  await world.start();
  const agent = world.agent("new");
  await holds(agent.pid);
  await sleep(500);
  expect(world.isFenced()).toBe(false);
  const endedAtMs = machineMonotonicMs();
  if (signal !== undefined) agent.signal(signal);
  if (word !== undefined) agent.tell(word);
  await until("the fence", () => world.isFenced());
  const { dueAtMs, begunAtMs, fencedAtMs } = await world.report();
  expect(begunAtMs).toBeGreaterThanOrEqual(dueAtMs);
  expect(fencedAtMs).toBeGreaterThanOrEqual(begunAtMs);
  // Its last renewal was at most one pace before its end, as far as this machine let it run.
  expect(dueAtMs).toBeGreaterThan(endedAtMs - 10_000);
  expect(begunAtMs - dueAtMs).toBeLessThan(10_000);
});

test("a tenure goes from the old agent to the new one without a fence", async () => {
  await world.start();
  const before = world.agent("new", 20_000);
  await holds(before.pid);
  before.signal("SIGKILL");
  const after = world.agent("resume", 20_000);
  await after.heard("found");
  expect(after.said[0]?.tenure?.instance).toBe(`agent-${before.pid}`);
  await holds(after.pid);
  expect(world.isFenced()).toBe(false);
  expect(await world.tries()).toBe(1);
});

test("an agent that was replaced while it hung sets nothing any more, and is told", async () => {
  await world.start();
  const before = world.agent("new", 20_000);
  await holds(before.pid);
  before.signal("SIGSTOP");
  const after = world.agent("resume", 20_000);
  await holds(after.pid);
  before.signal("SIGCONT");
  await before.heard("lost", 2);
  expect((await world.ask()).instance).toBe(`agent-${after.pid}`);
  expect(world.isFenced()).toBe(false);
});

test("the last word of an agent that dies in the same moment counts, also before its successor's", async () => {
  await world.start();
  const before = world.agent("new", 20_000);
  await holds(before.pid);
  before.tell("shorten");
  await until("the fence", () => world.isFenced());
});

test("a watchdog that is killed is missed by its agent; the next one fences at once", async () => {
  const pid = await world.start();
  const agent = world.agent("new");
  await holds(agent.pid);
  process.kill(pid, "SIGKILL");
  await agent.heard("lost");
  agent.signal("SIGKILL");
  await world.write();
  expect(await world.startAgain()).not.toBeNull();
  await until("the fence", () => world.isFenced());
});

test("a watchdog that hangs is missed by its agent", async () => {
  const pid = await world.start();
  const agent = world.agent("new");
  await holds(agent.pid);
  process.kill(pid, "SIGSTOP");
  await agent.heard("lost");
});

test("a machine that stood still is fenced, and the agent is told", async () => {
  // Linux's word on how long the machine is up, which goes on while it stands still; here it jumps by an hour.
  let jumpMs = 0;
  const uptime = async (): Promise<void> => {
    await writeFile(
      `${world.config.uptimeFile}.next`,
      `${(machineMonotonicMs() + jumpMs) / 1_000} 0\n`,
    );
    await rename(`${world.config.uptimeFile}.next`, world.config.uptimeFile);
  };
  await uptime();
  const over = new AbortController();
  const writing = (async () => {
    for (; !over.signal.aborted; await sleep(20)) await uptime();
  })();
  await world.start();
  const agent = world.agent("new", 20_000);
  await holds(agent.pid);
  jumpMs = 3_600_000;
  await until("the fence", () => world.isFenced());
  await agent.heard("lost");
  over.abort();
  await writing;
  // The file is a little older than the moment at which it is read.
  expect(await readFile(join(world.config.folder, "watchdog.log"), "utf8")).toMatch(
    /the clocks jumped by 3(599\d|600)/,
  );
});

test("a deadline that no lease can have is refused, and the one before it is kept", async () => {
  await world.start();
  const agent = world.agent("new");
  await holds(agent.pid);
  agent.tell("forever");
  await agent.heard("lost");
  await until("the fence", () => world.isFenced());
});

test("a fence that is not confirmed is tried again until it is", async () => {
  await world.start();
  await world.refuse(true);
  const agent = world.agent("new");
  await holds(agent.pid);
  agent.signal("SIGKILL");
  await until("three tries", async () => (await world.tries()) >= 4);
  expect(world.isFenced()).toBe(false);
  await world.refuse(false);
  await until("the fence", () => world.isFenced());
});

test("whatever else is said ends that connection, and nothing more", async () => {
  await world.start();
  const agent = world.agent("new", 20_000);
  await holds(agent.pid);
  for (const text of [
    "{\n",
    "GET / HTTP/1.1\r\n\r\n",
    "x".repeat(5_000),
    '{"seq":1,"do":"own"}\n',
  ]) {
    expect(await world.say(text)).toBe("");
  }
  expect(await world.say('{"seq":4,"do":"set","tenure":null}\n')).toBe(
    '{"seq":4,"ok":false,"because":"superseded"}\n',
  );
  expect((await world.ask()).instance).toBe(`agent-${agent.pid}`);
  expect(world.isFenced()).toBe(false);
});

test("one that is told to end fences first, and what it takes of memory for itself is below 40 MiB", async () => {
  const pid = await world.start();
  const agent = world.agent("new", 20_000);
  await holds(agent.pid);
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  expect(Number(/^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1])).toBeLessThan(40 * 1024);
  process.kill(pid, "SIGTERM");
  await until("the fence", () => world.isFenced());
  await agent.heard("lost");
});

test("it outlives whoever started it, also when a whole group of processes is killed", async () => {
  const file = join(world.folder, "config.json");
  await writeFile(file, JSON.stringify(world.config));
  const starter = fileURLToPath(new URL("fixtures/watchdog-starter.mjs", import.meta.url));
  const child = spawn(process.execPath, [starter, file], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const group = required(child.pid, "it was started");
  const pid = await new Promise<number>((resolve) => {
    child.stdout.once("data", (part: Buffer) => resolve(Number(part.toString())));
  });
  world.adopt(pid);
  process.kill(-group, "SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  await world.report();
  expect(await world.startAgain()).toBeNull();
});
