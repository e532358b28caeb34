import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeAbort } from "../../control/abort.ts";
import { runTool } from "./run-tool.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "sovereign-tool-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const patience = { timeout: 60_000, interval: 50 };

/** As pg_basebackup does it: a second process, which holds the streams and hears of no end. */
const forking = ["/bin/sh", "-c", "sleep 600 & echo $! > forked; wait"];

const isAlive = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) [ZX] /s.test(stat(pid));
const stat = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "0 (gone) Z ";
  }
};

test("what is stopped ends with what it forked", async () => {
  const abort = makeAbort();
  const running = runTool({ argv: forking, cwd, limitMs: 600_000 }, abort.signal);
  const stopped = expect(running).rejects.toMatchObject({ code: "Cancelled" });
  const file = join(cwd, "forked");
  await expect
    .poll(() => (existsSync(file) ? readFileSync(file, "utf8").trim() : ""), patience)
    .not.toBe("");
  const pid = readFileSync(file, "utf8").trim();
  abort.abort();
  await stopped;
  await expect.poll(() => isAlive(pid), patience).toBe(false);
});

test("what takes too long ends with what it forked", async () => {
  const running = runTool({ argv: forking, cwd, limitMs: 50 });
  await expect(running).rejects.toMatchObject({ code: "TimedOut" });
});

test.each([
  [["/bin/sh", "-c", "echo done"], "done\n"],
  [["/bin/sh", "-c", "echo out; echo err >&2"], "out\nerr\n"],
])("%j says %j", async (argv, said) => {
  const text = await runTool({ argv, cwd, limitMs: 60_000 });
  expect(text.split("\n").sort()).toEqual(said.split("\n").sort());
});

test("one that fails is told by its last words", async () => {
  const argv = ["/bin/sh", "-c", "echo one; echo no space left >&2; exit 3"];
  await expect(runTool({ argv, cwd, limitMs: 60_000 })).rejects.toMatchObject({
    code: "ProcessFailed",
    message: expect.stringContaining("no space left"),
  });
});

test("one that is not there is called missing", async () => {
  await expect(runTool({ argv: ["/nowhere/tool"], cwd, limitMs: 1_000 })).rejects.toMatchObject({
    code: "ProgramMissing",
  });
});
