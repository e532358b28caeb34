/**
 * The runner of data drills against a fake region pair on loopback. What has to hold here is that it never leaves anything broken,
 * and that it finds what went wrong by the client's own log.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { LedgerKind } from "../../src/core/drill/ledger-kinds.ts";
import type { LedgerReport } from "../../src/core/drill/ledger-report.ts";
import { runLedgerDrill } from "../../src/sandbox/drill/run-ledger-drill.ts";
import { fsn, hel } from "./ledger-sample.ts";
import { type LedgerFakeWorld, ledgerWorld, type Wrong } from "./ledger-world.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const id = "ledger-mi6x1k9q20a7";
type Started = {
  readonly world: LedgerFakeWorld;
  readonly log: string;
  readonly abort: AbortController;
  readonly running: Promise<LedgerReport>;
};

async function start(kind: LedgerKind, wrong: Wrong = {}): Promise<Started> {
  const world = await ledgerWorld(wrong);
  const folder = await mkdtemp(join(tmpdir(), "sovereign-ledger-"));
  cleanups.push(world.end, () => rm(folder, { recursive: true, force: true }));
  const abort = new AbortController();
  const log = join(folder, "writes.ndjson");
  const running = runLedgerDrill(world.tools, world.plan(kind), { id, signal: abort.signal, log });
  running.catch(() => undefined); // Each test awaits it; here it only must not be unhandled before that.
  return { world, log, abort, running };
}

const verdicts = ({ invariants }: LedgerReport): Readonly<Record<string, string>> =>
  Object.fromEntries(invariants.map((one) => [one.id, one.verdict]));

describe("a running drill of data", () => {
  test("restores when it is cancelled in the middle", async () => {
    const { world, abort, running } = await start("region-kill");
    const ended = expect(running).rejects.toMatchObject({ code: "Cancelled" });
    await expect.poll(() => world.journal, { timeout: 60_000 }).toContain("drill.broken");
    abort.abort();
    await ended;
    expect(world.asked).toEqual(["break kill", "restore"]);
  });

  test("gives the connection up when restoring fails, so that the supervisor undoes the break", async () => {
    const { world, running } = await start("region-kill", { restoreFails: true });
    await expect(running).rejects.toMatchObject({ code: "ProcessFailed" });
    expect(world.connection.isClosed).toBe(true);
  });

  test("ends with NotRunning when the sandbox goes away", async () => {
    const { world, running } = await start("region-kill");
    const ended = expect(running).rejects.toMatchObject({ code: "NotRunning" });
    await expect.poll(() => world.journal, { timeout: 60_000 }).toContain("drill.broken");
    world.connection.close();
    await ended;
  });

  test("does not begin while the group is not ready, and stops waiting when it is cancelled", async () => {
    const { world, abort, running } = await start("region-kill", { neverArmed: true });
    const ended = expect(running).rejects.toMatchObject({ code: "Cancelled" });
    // A while, in which it must not begin.
    setTimeout(() => abort.abort(), 1_500);
    await ended;
    expect(world.asked).toEqual([]);
  });

  test("measures RTO, keeps every write in its own log, and compares both databases", async () => {
    const { world, log, running } = await start("region-kill");
    const report = await running;
    expect(world.asked).toEqual(["break kill", "restore"]);
    expect(report).toMatchObject({ verdict: "passed", region: fsn });
    expect(report.measured).toMatchObject({
      lost: 0,
      overlapMs: 0,
      lastWriter: hel,
      missingInCopy: 0,
    });
    expect(report.measured.rtoMs).toBeGreaterThan(500);
    const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(report.writes.length + 1);
    const ids = lines.slice(1).map((line) => JSON.parse(line).id as string); // Written by our own client.
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids)).toEqual(new Set(report.writes.map((write) => write.id)));
  });

  test("finds acknowledged writes that the new writer does not have", async () => {
    const { running } = await start("region-kill", { forgets: 2 });
    const report = await running;
    expect(report.verdict).toBe("unsafe");
    expect(report.measured.lost).toBe(2);
    expect(verdicts(report)).toMatchObject({
      NothingAcknowledgedLost: "broken",
      ExactlyOneWriter: "held",
    });
  });

  test("finds two regions that write at a time", async () => {
    const { running } = await start("region-kill", { twoWriters: true });
    const report = await running;
    expect(report.verdict).toBe("unsafe");
    expect(verdicts(report)).toMatchObject({ ExactlyOneWriter: "broken", EpochsGrow: "broken" });
    expect(report.measured.provenOverlapMs).toBeGreaterThan(1_000);
  });

  test("hands over and back by orders, and measures the way back", async () => {
    const { world, running } = await start("failback");
    const report = await running;
    expect(world.asked).toEqual([`order ${fsn}`, `order ${hel}`]);
    expect(report).toMatchObject({ verdict: "passed", region: hel });
    expect(report.measured.lastWriter).toBe(fsn);
  });

  test("restarts the agent again and again, and not a single write fails", async () => {
    const { world, running } = await start("agent-restart");
    const report = await running;
    const rounds = Array.from({ length: 3 }, () => ["break agent-kill", "restore"]).flat();
    expect(world.asked).toEqual(rounds);
    expect(report).toMatchObject({ verdict: "passed" });
    expect(verdicts(report)).toMatchObject({ NoWriteFailed: "held", WriterAsExpected: "held" });
  });
});
