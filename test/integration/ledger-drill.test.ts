/**
 * Drills of data against a whole sandbox of real servers: two PostgreSQL servers, two agents, the witness, PowerDNS, and a client that
 * counts. The short run of CI; all kinds are run by `sovereign gameday`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerAnswerOf } from "../../src/core/drill/ledger-answer.ts";
import { type LedgerReport, ledgerReportSchema } from "../../src/core/drill/ledger-report.ts";
import { sandboxRequest } from "../../src/sandbox/connection.ts";
import { sandboxLayout } from "../../src/sandbox/layout.ts";

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

const sovereign = (...args: readonly string[]): Promise<Ended> =>
  start([...args, "--state", state]).ended;
const layout = () => sandboxLayout(state, base);
const status = () => sandboxRequest(layout(), { command: "status" });
/** The fault of each region; JSON has no undefined, so a sound region's is absent. */
const faults = async (): Promise<readonly (string | undefined)[]> =>
  (await status()).regions.map(({ fault }) => fault);

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "sovereign-ledger-"));
  // PostgreSQL runs as another user below it when this is root.
  await chmod(state, 0o755);
  const up = await sovereign("up", "--detach", "--fast", "--base", base);
  expect(up, up.err).toMatchObject({ code: 0 });
  supervisor = (await status()).pid;
}, 4 * minutes);

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  const down = await sovereign("down");
  // Its children end with it; this is for the case that `down` itself does not work.
  if (down.code !== 0 && supervisor !== 0) process.kill(supervisor, "SIGTERM");
  await rm(state, { recursive: true, force: true });
}, 2 * minutes);

async function reportOf(ended: Ended): Promise<LedgerReport> {
  const { id } = JSON.parse(ended.out) as { id: string }; // Printed by our own program.
  const file = join(layout().reports, id, "report.json");
  return ledgerReportSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

const verdicts = ({ invariants }: LedgerReport): Readonly<Record<string, string>> =>
  Object.fromEntries(invariants.map((one) => [one.id, one.verdict]));

describe("what a drill of data refuses", () => {
  test("what can not be done without root, with the reason", async () => {
    const ended = await sovereign("-o", "json", "drill", "clock-step");
    expect(ended.code).toBe(22);
    expect(JSON.parse(ended.err).error.message).toContain("needs root or a preloaded library");
  });
  test("the region that the kind does not aim at", async () => {
    const ended = await sovereign(
      "-o",
      "json",
      "drill",
      "witness-cut",
      "--region",
      "hz-nbg-rtz-prod",
    );
    expect(ended.code).toBe(4);
    expect(JSON.parse(ended.err).error.message).toContain("no region hz-nbg-rtz-prod");
  });
  test("an Application of a group is not measured by its requests", async () => {
    const wish = ["region-kill", "--region", "hz-fsn-rtz-prod", "--application", "ledger"];
    const ended = await sovereign("-o", "json", "drill", ...wish);
    expect(ended.code).toBe(22);
    expect(JSON.parse(ended.err).error.message).toContain("--data");
  });
});

describe.each([
  ["region-kill", ["region-kill", "--data"]],
  ["planned-switchover", ["planned-switchover"]],
] as const)("%s under load", (kind, args) => {
  test("moves the writer and loses nothing", { timeout: 8 * minutes }, async () => {
    const ended = await sovereign("-o", "json", "drill", ...args);
    // How long it takes on a busy machine is in the report; what may never be is unsafe.
    expect([0, 12], ended.err).toContain(ended.code);
    const report = await reportOf(ended);
    expect(report).toMatchObject({ kind, application: { name: "ledger" } });
    expect(report.measured).toMatchObject({ lost: 0, overlapMs: 0, falseAnswers: 0, rpoBytes: 0 });
    expect(report.measured.rtoMs).not.toBeNull();
    expect(report.measured.lastWriter).not.toBe(report.region);
    expect(verdicts(report)).toMatchObject({
      ExactlyOneWriter: "held",
      NothingAcknowledgedLost: "held",
      NoFalseAcknowledgement: "held",
      EpochsGrow: "held",
      WriterAsExpected: "held",
    });
    if (kind === "region-kill") expect(verdicts(report)).toMatchObject({ ReturnsFenced: "held" });
    expect(await faults()).toEqual([undefined, undefined]);
    const shown = await sovereign("drill", "show", report.id);
    expect(shown.out).toContain(ledgerAnswerOf(report));
    expect((await sovereign("drill", "list")).out).toContain(report.id);
  });
});

test("a drill that is killed in the middle leaves nothing broken", {
  timeout: 6 * minutes,
}, async () => {
  const { child, ended } = start(["drill", "witness-loss", "--state", state]);
  await expect.poll(faults, { timeout: 4 * minutes, interval: 100 }).toContain("witness-loss");
  child.kill("SIGKILL");
  await ended;
  await expect.poll(faults, { timeout: minutes, interval: 250 }).toEqual([undefined, undefined]);
});

describe("a game day", () => {
  test("is kept, signed, and refused by verify once it was changed", {
    timeout: 6 * minutes,
  }, async () => {
    const day = await sovereign("-o", "json", "gameday", "--only", "clock-step");
    expect(day, day.err).toMatchObject({ code: 0 });
    const { gameday, verdict, fingerprint, files } = JSON.parse(day.out) as Day; // Printed by our own program.
    expect(verdict).toBe("incomplete");
    expect(gameday.steps.map(({ result }) => result)).toEqual(["notDone"]);
    const verified = await sovereign("-o", "json", "gameday", "verify", gameday.id);
    expect(JSON.parse(verified.out)).toMatchObject({ verdict, fingerprint });
    await writeFile(files.json, `${await readFile(files.json, "utf8")} `);
    expect(await sovereign("gameday", "verify", gameday.id)).toMatchObject({ code: 23 });
    expect(await sovereign("gameday", "--resume")).toMatchObject({ code: 4 });
  });
});

type Day = {
  readonly gameday: { readonly id: string; readonly steps: readonly { readonly result: string }[] };
  readonly verdict: string;
  readonly fingerprint: string;
  readonly files: { readonly json: string };
};
