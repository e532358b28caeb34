/** What every drill against a sandbox is about its own subject: connect, plan, journal, run, report, and journal how it ended. */
import { systemClock } from "../../adapters/clock.ts";
import { udpDnsClient } from "../../adapters/dns-client.ts";
import { openFileJournal } from "../../adapters/journal/file-journal.ts";
import { systemRandom } from "../../adapters/random.ts";
import {
  type ReportFiles,
  type ReportForm,
  writeReport,
} from "../../adapters/reports/report-folder.ts";
import type { Clock, DnsClient, Journal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { newId } from "../../core/kernel/ids.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { openSandboxConnection, type SandboxConnection } from "../connection.ts";
import { type SandboxLayout, sandboxLayout } from "../layout.ts";
import type { SandboxStatus } from "../protocol.ts";
import { readDeclared } from "./declared.ts";

export type DrillOptions = {
  /** State folder of the sandbox, absolute. */
  readonly state: string;
  /** Folder for the report; the sandbox's own when undefined. */
  readonly reports: string | undefined;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
};

/** What a drill is planned from. */
export type DrillWorld = {
  readonly layout: SandboxLayout;
  readonly status: SandboxStatus;
  readonly catalogue: Catalogue;
  readonly dns: DnsClient;
};

/** What it is run with. */
export type DrillTools = {
  readonly clock: Clock;
  readonly dns: DnsClient;
  readonly connection: SandboxConnection;
  readonly journal: Journal;
  readonly progress: (line: string) => void;
};

export type DrillRun = {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly layout: SandboxLayout;
  /** Folder of the reports. */
  readonly reports: string;
};

type Reported = { readonly id: string; readonly verdict: string };

/** What one drill does in its own way. */
export type Conduct<P, R extends Reported> = {
  readonly form: ReportForm<R>;
  readonly plan: (world: DrillWorld) => P | Promise<P>;
  /** What the journal says of its beginning. */
  readonly started: (plan: P) => {
    readonly kind: string;
    readonly region: string;
    readonly application: string;
  };
  readonly run: (tools: DrillTools, plan: P, run: DrillRun) => Promise<R>;
  readonly page: (report: R) => string;
};

export type FinishedDrill<R> = { readonly report: R; readonly files: ReportFiles };

/** A recursor that first waits for a dead server answers well within this; so does a busy machine. */
const dnsTimeoutMs = 3_000;

/** Runs a drill to its written report; fails with NotRunning, NotFound, DrillRefused, Cancelled, or as its run does. */
export async function conductDrill<P, R extends Reported>(
  options: DrillOptions,
  conduct: Conduct<P, R>,
): Promise<FinishedDrill<R>> {
  const { state, signal } = options;
  const connection = await openSandboxConnection(sandboxLayout(state), { signal });
  try {
    const status = await connection.request({ command: "status" }, { signal, timeoutMs: 10_000 });
    const layout = sandboxLayout(state, status.base);
    const dns = udpDnsClient({ timeoutMs: dnsTimeoutMs });
    const catalogue = await readDeclared(layout, signal);
    const plan = await conduct.plan({ layout, status, catalogue, dns });
    return await withDrillJournal(state, (journal) => {
      const tools = { ...options, clock: systemClock, dns, connection, journal };
      const reports = options.reports ?? layout.reports;
      const id = newId(conduct.form.prefix, systemClock.nowMs(), systemRandom);
      return onRecord(conduct, tools, plan, { id, signal, layout, reports });
    });
  } finally {
    connection.close();
  }
}

/** The journal of the drills of a sandbox, for as long as `use` takes. */
export async function withDrillJournal<T>(
  state: string,
  use: (journal: Journal) => Promise<T>,
): Promise<T> {
  const folder = sandboxLayout(state).drillJournal;
  const journal = await openFileJournal({ folder, stream: "drills", clock: systemClock });
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

/** First and last event, the report between them; also when the drill failed: then the event says with which code. */
async function onRecord<P, R extends Reported>(
  conduct: Conduct<P, R>,
  tools: DrillTools,
  plan: P,
  run: DrillRun,
): Promise<FinishedDrill<R>> {
  const { id, reports } = run;
  const say = (type: string, data: Readonly<Record<string, string>>) =>
    tools.journal.append({ type, data: { drill: id, ...data } });
  await say("drill.started", conduct.started(plan));
  try {
    const report = await conduct.run(tools, plan, run);
    const files = await writeReport(reports, report, conduct.page(report));
    const { sha256: reportSha256, pageSha256 } = files;
    await say("drill.finished", { verdict: report.verdict, reportSha256, pageSha256 });
    return { report, files };
  } catch (thrown) {
    const failure = Failure.from(thrown, id);
    await say("drill.finished", {
      verdict: "none",
      code: failure.code,
      because: failure.message,
    });
    throw thrown;
  }
}
