/** The three drills against a whole sandbox of real servers, by the command line that a user types. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf } from "../../src/core/drill/answer.ts";
import { drillKinds } from "../../src/core/drill/profile.ts";
import { type DrillReport, reportSchema } from "../../src/core/drill/report.ts";
import { sandboxRequest } from "../../src/sandbox/connection.ts";
import { sandboxLayout } from "../../src/sandbox/layout.ts";

const fsn = "hz-fsn-rtz-prod";
const program = new URL("../../bin/sovereign.mjs", import.meta.url).pathname;
const base = `127.${64 + Math.floor(Math.random() * 150)}`;
const minutes = 60_000;

let state = "";
/** The sandbox that this test started; 0 before. */
let supervisor = 0;
type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
const running = new Set<ChildProcess>();

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code, out, err });
    });
  });
  return { child, ended };
}

const sovereign = (...args: readonly string[]): Promise<Ended> => start(args).ended;
const layout = () => sandboxLayout(state, base);
const status = () => sandboxRequest(layout(), { command: "status" });
/** The fault of each region; JSON has no undefined, so a sound region's is absent. */
const faults = async (): Promise<readonly (string | undefined)[]> =>
  (await status()).regions.map(({ fault }) => fault);

/** Every process of every region ready and nothing broken. */
async function allReady(): Promise<boolean> {
  const { regions } = await status();
  return regions.every(
    ({ fault, processes }) =>
      fault === undefined && processes.every((one) => one.state === "ready"),
  );
}

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "sovereign-drill-"));
  const up = await sovereign("up", "--detach", "--fast", "--state", state, "--base", base);
  expect(up, up.err).toMatchObject({ code: 0 });
  supervisor = (await status()).pid;
}, 3 * minutes);

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  const down = await sovereign("down", "--state", state);
  // Its children end with it; this is for the case that `down` itself does not work.
  if (down.code !== 0 && supervisor !== 0) process.kill(supervisor, "SIGTERM");
  await rm(state, { recursive: true, force: true });
}, 2 * minutes);

describe("what a drill refuses", () => {
  const drill = (...args: readonly string[]): Promise<Ended> =>
    sovereign("--output", "json", "drill", "region-kill", "--state", state, ...args);
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
    expect(await faults()).toEqual([undefined, undefined]);
  });

  test("ends with 18 when no sandbox runs there", async () => {
    const empty = await mkdtemp(join(tmpdir(), "sovereign-none-"));
    const ended = await sovereign("drill", "region-kill", "--region", fsn, "--state", empty);
    await rm(empty, { recursive: true });
    expect(ended).toMatchObject({ code: 18, err: expect.stringContaining("NotRunning") });
  });
});

async function reportOf(ended: Ended): Promise<DrillReport> {
  const { id } = JSON.parse(ended.out) as { id: string }; // Printed by our own program.
  const file = join(layout().reports, id, "report.json");
  return reportSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

describe.each(drillKinds)("%s of the region that answers", (kind) => {
  test("is measured, reported and restored", { timeout: 6 * minutes }, async () => {
    await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
    const ended = await sovereign("-o", "json", "drill", kind, "--region", fsn, "--state", state);
    expect([0, 12], ended.err).toContain(ended.code);
    const report = await reportOf(ended);
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
    expect(await faults()).toEqual([undefined, undefined]);
    const listed = await sovereign("drill", "list", "--state", state);
    expect(listed.out).toContain(report.id);
    const shown = await sovereign("drill", "show", report.id, "--state", state);
    expect(shown.out).toContain(answerOf(report));
  });
});

test("a drill that is killed in the middle leaves no region broken", {
  timeout: 5 * minutes,
}, async () => {
  await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
  const { child, ended } = start(["drill", "region-kill", "--region", fsn, "--state", state]);
  await expect.poll(faults, { timeout: minutes, interval: 100 }).toContain("kill");
  child.kill("SIGKILL");
  await ended;
  await expect.poll(faults, { timeout: minutes, interval: 250 }).toEqual([undefined, undefined]);
  await expect.poll(allReady, { timeout: minutes, interval: 250 }).toBe(true);
});

test("Ctrl-C in the middle restores the region, and says so with 130", {
  timeout: 5 * minutes,
}, async () => {
  await expect.poll(allReady, { timeout: minutes, interval: 500 }).toBe(true);
  const { child, ended } = start(["drill", "region-hang", "--region", fsn, "--state", state]);
  await expect.poll(faults, { timeout: minutes, interval: 100 }).toContain("hang");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, err: expect.stringContaining("Cancelled") });
  expect(await faults()).toEqual([undefined, undefined]);
});
