/**
 * Drills of data against a whole sandbox of real servers: two PostgreSQL servers, two agents, the witness, PowerDNS, and a client that
 * counts. The short run of CI; all kinds are run by `sovereign gameday`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ledgerAnswerOf } from "../../src/core/drill/ledger-answer.ts";
import { type LedgerReport, ledgerReportSchema } from "../../src/core/drill/ledger-report.ts";
import type { DrillView } from "../../src/core/view/drills-view.ts";
import { type SandboxProgram, startSandboxProgram } from "./sandbox-program.ts";

const minutes = 60_000;

let sandbox: SandboxProgram;

beforeAll(async () => {
  sandbox = await startSandboxProgram({ open: true });
}, 6 * minutes);

afterAll(() => sandbox.stop(), 2 * minutes);
afterEach(() => vi.unstubAllEnvs());

/** What the control process of each region shows of a report. */
const shown = (id: string): Promise<readonly DrillView[]> =>
  Promise.all(
    sandbox.layout.regions.map(async ({ control: { address, port } }) => {
      const response = await fetch(`http://${address}:${port}/v1/drills/${id}`);
      return (await response.json()) as DrillView; // Ours.
    }),
  );

const verdicts = ({ invariants }: LedgerReport): Readonly<Record<string, string>> =>
  Object.fromEntries(invariants.map((one) => [one.id, one.verdict]));

describe("what a drill of data refuses", () => {
  test("steps of a clock without the library that makes them, with what to install", async () => {
    vi.stubEnv("SOVEREIGN_LIBFAKETIME", "/nowhere/libfaketimeMT.so.1");
    const ended = await sandbox.sovereign("-o", "json", "drill", "clock-step");
    expect(ended.code).toBe(22);
    const { error } = JSON.parse(ended.err);
    expect(error.message).toContain("libfaketime: SOVEREIGN_LIBFAKETIME points at something");
    expect(error.remedy).toBe("Correct the variable, or unset it.");
  });
  test("the region that the kind does not aim at", async () => {
    const ended = await sandbox.sovereign(
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
    const ended = await sandbox.sovereign("-o", "json", "drill", ...wish);
    expect(ended.code).toBe(22);
    expect(JSON.parse(ended.err).error.message).toContain("--data");
  });
});

describe.each([
  ["region-kill", ["region-kill", "--data"]],
  ["planned-switchover", ["planned-switchover"]],
] as const)("%s under load", (kind, args) => {
  test("moves the writer and loses nothing", { timeout: 8 * minutes }, async () => {
    const ended = await sandbox.sovereign("-o", "json", "drill", ...args);
    // How long it takes on a busy machine is in the report; what may never be is unsafe.
    expect([0, 12], ended.err).toContain(ended.code);
    const report = ledgerReportSchema.parse(await sandbox.reportOf(ended));
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
    expect(await sandbox.faults()).toEqual([undefined, undefined]);
    const again = await sandbox.sovereign("drill", "show", report.id);
    expect(again.out).toContain(ledgerAnswerOf(report));
    expect((await sandbox.sovereign("drill", "list")).out).toContain(report.id);
    for (const { evidence, summary } of await shown(report.id)) {
      expect(evidence.kind).toBe("genuine");
      expect(summary).toMatchObject({ kind, verdict: report.verdict, losses: { lost: 0 } });
    }
  });
});

test("a drill that is killed in the middle leaves nothing broken", {
  timeout: 6 * minutes,
}, async () => {
  const { child, ended } = sandbox.start("drill", "witness-loss");
  await expect
    .poll(sandbox.faults, { timeout: 4 * minutes, interval: 100 })
    .toContain("witness-loss");
  child.kill("SIGKILL");
  await ended;
  await expect
    .poll(sandbox.faults, { timeout: minutes, interval: 250 })
    .toEqual([undefined, undefined]);
});

describe("a game day", () => {
  test("is kept, signed, and refused by verify once it was changed", {
    timeout: 6 * minutes,
  }, async () => {
    vi.stubEnv("SOVEREIGN_LIBFAKETIME", "/nowhere/libfaketimeMT.so.1");
    const day = await sandbox.sovereign("-o", "json", "gameday", "--only", "clock-step");
    expect(day, day.err).toMatchObject({ code: 0 });
    const { gameday, verdict, fingerprint, files } = JSON.parse(day.out) as Day; // Printed by our own program.
    expect(verdict).toBe("incomplete");
    expect(gameday.steps.map(({ result }) => result)).toEqual(["notDone"]);
    const verified = await sandbox.sovereign("-o", "json", "gameday", "verify", gameday.id);
    expect(JSON.parse(verified.out)).toMatchObject({ verdict, fingerprint });
    expect((await shown(gameday.id)).map(({ summary }) => summary?.signedBy)).toEqual([
      fingerprint,
      fingerprint,
    ]);
    await writeFile(files.json, `${await readFile(files.json, "utf8")} `);
    expect(await sandbox.sovereign("gameday", "verify", gameday.id)).toMatchObject({ code: 23 });
    for (const { evidence, summary } of await shown(gameday.id)) {
      expect(evidence.kind).toBe("changed");
      expect(summary).toBeNull();
    }
    expect(await sandbox.sovereign("gameday", "--resume")).toMatchObject({ code: 4 });
  });
});

type Day = {
  readonly gameday: { readonly id: string; readonly steps: readonly { readonly result: string }[] };
  readonly verdict: string;
  readonly fingerprint: string;
  readonly files: { readonly json: string };
};
