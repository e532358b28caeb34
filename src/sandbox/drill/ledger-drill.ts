/** A whole drill of data against the sandbox of a state folder: plan, run, report, journal (stream `drills`). */
import { join } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import { udpDnsClient } from "../../adapters/dns-client.ts";
import { openFileJournal } from "../../adapters/journal/file-journal.ts";
import { systemRandom } from "../../adapters/random.ts";
import type { Journal } from "../../control/env.ts";
import type { LedgerReport } from "../../core/drill/ledger-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { newId } from "../../core/kernel/ids.ts";
import { openSandboxConnection, type SandboxConnection } from "../connection.ts";
import { sandboxLayout } from "../layout.ts";
import { readDeclared } from "./declared.ts";
import { writeLedgerReport } from "./ledger-files.ts";
import { type LedgerWish, planLedgerDrill } from "./ledger-plan.ts";
import { orderSwitchover } from "./order-switchover.ts";
import type { ReportFiles } from "./report-files.ts";
import { runLedgerDrill } from "./run-ledger-drill.ts";

export type LedgerDrillOptions = {
  /** State folder of the sandbox, absolute. */
  readonly state: string;
  /** Folder for the report; the sandbox's own when undefined. */
  readonly reports: string | undefined;
  readonly wish: LedgerWish;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
};

export type FinishedLedgerDrill = { readonly report: LedgerReport; readonly files: ReportFiles };

/** A recursor that first waits for a dead server answers well within this; so does a busy machine. */
const dnsTimeoutMs = 3_000;

/** Runs a drill to its written report; fails with NotRunning, NotFound, DrillRefused, OrderRefused or Cancelled. */
export async function ledgerDrill(options: LedgerDrillOptions): Promise<FinishedLedgerDrill> {
  const { state, signal } = options;
  const connection = await openSandboxConnection(sandboxLayout(state), { signal });
  try {
    return await drillOver(connection, options);
  } finally {
    connection.close();
  }
}

async function drillOver(
  connection: SandboxConnection,
  options: LedgerDrillOptions,
): Promise<FinishedLedgerDrill> {
  const { state, signal, wish, progress } = options;
  const status = await connection.request({ command: "status" }, { signal, timeoutMs: 10_000 });
  const layout = sandboxLayout(state, status.base);
  const clock = systemClock;
  const catalogue = await readDeclared(layout, signal);
  const plan = planLedgerDrill(wish, { layout, status, catalogue });
  const folder = join(state, "journal", "drills");
  const journal = await openFileJournal({ folder, stream: "drills", clock });
  try {
    const id = newId("ledger", clock.nowMs(), systemRandom);
    const reports = options.reports ?? layout.reports;
    const { fqdn } = plan.application;
    await journal.append({
      type: "drill.started",
      data: { drill: id, kind: plan.kind, region: plan.wished ?? "", application: fqdn },
    });
    const dns = udpDnsClient({ timeoutMs: dnsTimeoutMs });
    const order = (region: string): Promise<void> => orderSwitchover(layout, region, clock.nowMs());
    return await finish({ journal, id, reports }, () =>
      runLedgerDrill({ clock, dns, connection, journal, progress, order }, plan, {
        id,
        signal,
        log: join(reports, id, "writes.ndjson"),
      }),
    );
  } finally {
    await journal.close();
  }
}

/** Writes report and last event, also when the drill failed: then the event says with which code. */
async function finish(
  to: { readonly journal: Journal; readonly id: string; readonly reports: string },
  run: () => Promise<LedgerReport>,
): Promise<FinishedLedgerDrill> {
  const finished = (data: Readonly<Record<string, string>>) =>
    to.journal.append({ type: "drill.finished", data: { drill: to.id, ...data } });
  try {
    const report = await run();
    const files = await writeLedgerReport(to.reports, report);
    await finished({ verdict: report.verdict, reportSha256: files.sha256 });
    return { report, files };
  } catch (thrown) {
    const failure = Failure.from(thrown, to.id);
    await finished({ verdict: "none", code: failure.code, because: failure.message });
    throw thrown;
  }
}
