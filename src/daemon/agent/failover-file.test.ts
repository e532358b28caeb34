import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Log } from "../../control/env.ts";
import { openFailoverFile } from "./failover-file.ts";

const hourMs = 3_600_000;
let folder = "";
let path = "";
let told: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-failovers-"));
  path = join(folder, "failovers.json");
  told = [];
});
afterEach(() => rm(folder, { recursive: true }));

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: (text) => told.push(text) };
const clock = {
  nowMs: () => 100 * hourMs,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
};
const open = () => openFailoverFile({ clock, log }, path);

test("what is not readable counts as a limit used up, half a day ago, and is told", async () => {
  await writeFile(path, '{"failovers": [{"atMs"');
  const { failovers } = await open();
  expect(failovers).toHaveLength(11);
  expect(failovers[0]).toEqual({ atMs: 88 * hourMs, lossy: true });
  expect(told).toEqual(["the failovers of the last day can not be read"]);
  // It is being written; the folder is removed after that.
  await expect.poll(() => readFile(path, "utf8"), { timeout: 20_000 }).toContain('"lossy":true}]}');
});

test("what stands for an unreadable file is kept at once, so that a restart does not move it on", async () => {
  await writeFile(path, '{"failovers": [{"atMs"');
  const { failovers } = await open();
  const later = { ...clock, nowMs: () => 111 * hourMs };
  const silentLog = { ...log, error: silent };
  await expect
    .poll(() => readFile(path, "utf8"), { timeout: 20_000 })
    .toBe(`${JSON.stringify({ failovers })}\n`);
  const again = await openFailoverFile({ clock: later, log: silentLog }, path);
  expect(again.failovers).toEqual(failovers);
  expect(again.failovers[0]).toEqual({ atMs: 88 * hourMs, lossy: true });
});

test("a disk that takes nothing stops nobody, and is told", async () => {
  const memory = await openFailoverFile({ clock, log }, join(path, "below", "a", "file"));
  await writeFile(path, "a file where the folder should be");
  memory.keep([{ atMs: 1, lossy: true }]);
  await expect.poll(() => told).toEqual(["a failover could not be counted durably"]);
});

test("who begins without a file remembers nothing; what is kept is there for the next process", async () => {
  const memory = await open();
  expect(memory.failovers).toEqual([]);
  memory.keep([{ atMs: 1, lossy: true }]);
  const both = [
    { atMs: 1, lossy: true },
    { atMs: 2, lossy: false },
  ];
  memory.keep(both);
  expect(memory.failovers).toEqual(both);
  await expect.poll(async () => (await open()).failovers, { timeout: 20_000 }).toEqual(both);
  expect(told).toEqual([]);
  expect(await readFile(path, "utf8")).toContain('"lossy":true');
});
