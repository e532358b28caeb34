/** The three drills against a whole sandbox of real servers, by the command line that a user types. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf } from "../../src/core/drill/answer.ts";
import { drillKinds } from "../../src/core/drill/profile.ts";
import { reportSchema } from "../../src/core/drill/report.ts";
import { type Ended, type SandboxProgram, startSandboxProgram } from "./sandbox-program.ts";

const fsn = "hz-fsn-rtz-prod";
const minutes = 60_000;

let sandbox: SandboxProgram;

/** Every process of every region ready and nothing broken. */
async function allReady(): Promise<boolean> {
  const { regions } = await sandbox.status();
  return regions.every(
    ({ fault, processes }) =>
      fault === undefined && processes.every((one) => one.state === "ready"),
  );
}

beforeAll(async () => {
  sandbox = await startSandboxProgram({ open: false });
}, 6 * minutes);

afterAll(() => sandbox.stop(), 2 * minutes);

describe("what a drill refuses", () => {
  const drill = (...args: readonly string[]): Promise<Ended> =>
    sandbox.sovereign("--output", "json", "drill", "region-kill", ...args);
  test.each([
    { args: ["--region", "hz-nbg-rtz-prod"], code: 4, says: "no region hz-nbg-rtz-prod" },
    { args: ["--region", fsn, "--application", "nope"], code: 4, says: "no Application nope" },
    { args: ["--region", fsn, "--application", "reports"], code: 22, says: "not placed in" },
    {
      args: ["--region", "hz-hel-rtz-prod", "--application", "reports"],
      code: 22,
      says: "stay unreachable",
    },
    {
      args: ["--region", "hz-hel-rtz-prod", "--application", "shop"],
      code: 22,
      says: "would change nothing",
    },
  ])("ends with $code for $args", async ({ args, code, says }) => {
    const ended = await drill(...args);
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.err).error.message).toContain(says);
    expect(await sandbox.faults()).toEqual([undefined, undefined]);
  });

  test("ends with 18 when no sandbox runs there", async () => {
    const empty = await mkdtemp(join(tmpdir(), "sovereign-none-"));
    const ended = await sandbox.sovereign(
      "drill",
      "region-kill",
      "--region",
      fsn,
      "--state",
      empty,
    );
    await rm(empty, { recursive: true });
    expect(ended).toMatchObject({ code: 18, err: expect.stringContaining("NotRunning") });
  });
});

describe.each(drillKinds)("%s of the region that answers", (kind) => {
  test("is measured, reported and restored", { timeout: 6 * minutes }, async () => {
    await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
    const ended = await sandbox.sovereign("-o", "json", "drill", kind, "--region", fsn);
    expect([0, 12], ended.err).toContain(ended.code);
    const report = reportSchema.parse(await sandbox.reportOf(ended));
    const printed = JSON.parse(ended.out) as Record<string, unknown>; // Printed by our own program.
    expect(printed).toMatchObject({ verdict: report.verdict, answer: answerOf(report) });
    for (const row of report.rows) {
      const within = row.measured !== null && row.measured <= row.bound;
      expect(row.verdict).toBe(within ? "within" : "missed");
    }
    expect(ended.code).toBe(report.verdict === "passed" ? 0 : 12);
    expect(report).toMatchObject({ drill: kind, region: fsn, application: { name: "shop" } });
    expect(report.measured.detectMs).not.toBeNull();
    expect(report.measured.answerChangedMs).not.toBeNull();
    expect(report.measured.returnMs).not.toBeNull();
    expect(report.measured.wrongAnswers).toBe(0);
    if (kind === "probe-blackhole") expect(report.measured.failedWhileBroken).toBe(0);
    expect(await sandbox.faults()).toEqual([undefined, undefined]);
    const listed = await sandbox.sovereign("drill", "list");
    expect(listed.out).toContain(report.id);
    const shown = await sandbox.sovereign("drill", "show", report.id);
    expect(shown.out).toContain(answerOf(report));
  });
});

test("a drill that is killed in the middle leaves no region broken", {
  timeout: 5 * minutes,
}, async () => {
  await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
  const { child, ended } = sandbox.start("drill", "region-kill", "--region", fsn);
  await expect.poll(sandbox.faults, { timeout: minutes, interval: 100 }).toContain("kill");
  child.kill("SIGKILL");
  await ended;
  await expect
    .poll(sandbox.faults, { timeout: minutes, interval: 250 })
    .toEqual([undefined, undefined]);
  await expect.poll(allReady, { timeout: minutes, interval: 250 }).toBe(true);
});

test("Ctrl-C in the middle restores the region, and says so with 130", {
  timeout: 5 * minutes,
}, async () => {
  await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
  const { child, ended } = sandbox.start("drill", "region-hang", "--region", fsn);
  await expect.poll(sandbox.faults, { timeout: minutes, interval: 100 }).toContain("hang");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, err: expect.stringContaining("Cancelled") });
  expect(await sandbox.faults()).toEqual([undefined, undefined]);
});
