/** A whole drill against the sandbox of a state folder: plan, run, report, journal (stream `drills`). */
import { join } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import { udpDnsClient } from "../../adapters/dns-client.ts";
import { openFileJournal } from "../../adapters/journal/file-journal.ts";
import { systemRandom } from "../../adapters/random.ts";
import type { Journal } from "../../control/env.ts";
import type { DrillReport } from "../../core/drill/report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { newId } from "../../core/kernel/ids.ts";
import { openSandboxConnection, type SandboxConnection } from "../connection.ts";
import { sandboxLayout } from "../layout.ts";
import { readDeclared } from "./declared.ts";
import { type DrillWish, planDrill } from "./plan-drill.ts";
import { type ReportFiles, writeReport } from "./report-files.ts";
import { runDrill } from "./run-drill.ts";

export type DrillOptions = {
  /** State folder of the sandbox, absolute. */
  readonly state: string;
  /** Folder for the report; the sandbox's own when undefined. */
  readonly reports: string | undefined;
  readonly wish: DrillWish;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
};

export type FinishedDrill = { readonly report: DrillReport; readonly files: ReportFiles };

/** A recursor that first waits for a dead server answers well within this; so does a busy machine. */
const dnsTimeoutMs = 3_000;

/** Runs a drill to its written report; fails with NotRunning, NotFound, DrillRefused or Cancelled. */
export async function drill(options: DrillOptions): Promise<FinishedDrill> {
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
  options: DrillOptions,
): Promise<FinishedDrill> {
  const { state, signal, wish } = options;
  const status = await connection.request({ command: "status" }, { signal, timeoutMs: 10_000 });
  const layout = sandboxLayout(state, status.base);
  const dns = udpDnsClient({ timeoutMs: dnsTimeoutMs });
  const catalogue = await readDeclared(layout, signal);
  const plan = await planDrill(wish, { layout, status, catalogue, dns });
  const clock = systemClock;
  const folder = join(state, "journal", "drills");
  const journal = await openFileJournal({ folder, stream: "drills", clock });
  try {
    const id = newId("drill", clock.nowMs(), systemRandom);
    await journal.append({
      type: "drill.started",
      data: { drill: id, kind: plan.drill, region: plan.region, application: plan.fqdn },
    });
    return await finish({ journal, id, reports: options.reports ?? layout.reports }, () =>
      runDrill({ ...options, clock, dns, connection, journal }, plan, { id, signal }),
    );
  } finally {
    await journal.close();
  }
}

/** Writes report and last event, also when the drill failed: then the event says with which code. */
async function finish(
  to: { readonly journal: Journal; readonly id: string; readonly reports: string },
  run: () => Promise<DrillReport>,
): Promise<FinishedDrill> {
  const finished = (data: Readonly<Record<string, string>>) =>
    to.journal.append({ type: "drill.finished", data: { drill: to.id, ...data } });
  try {
    const report = await run();
    const files = await writeReport(to.reports, report);
    await finished({ verdict: report.verdict, reportSha256: files.sha256 });
    return { report, files };
  } catch (thrown) {
    const failure = Failure.from(thrown, to.id);
    await finished({ verdict: "none", code: failure.code, because: failure.message });
    throw thrown;
  }
}
