/** `sovereign drill …`: breaks a part of the running sandbox, measures what users notice, and restores it. */
import { join } from "node:path";
import type { Command } from "commander";
import { isReportId, listReports, readReport } from "../../adapters/reports/report-folder.ts";
import { ledgerReports, requestReports } from "../../adapters/reports/report-forms.ts";
import { answerOf } from "../../core/drill/answer.ts";
import { ledgerAnswerOf } from "../../core/drill/ledger-answer.ts";
import { type LedgerKind, ledgerKinds } from "../../core/drill/ledger-kinds.ts";
import { type DrillKind, drillKinds } from "../../core/drill/profile.ts";
import type { DrillReport } from "../../core/drill/report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { drill } from "../../sandbox/drill/drill.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { group, type Run } from "../command.ts";
import { dataDrillCommand, runDataDrill } from "../drill/data-drill.ts";
import { type Places, reportsFolder, shownPath, withPlaces } from "../drill/places.ts";
import { type Io, paint } from "../io.ts";
import { drillReportData, drillReportText } from "../render/drill-report.ts";
import { ledgerReportData, ledgerReportText } from "../render/ledger-report.ts";

type DrillOptionValues = Places & {
  readonly region?: string;
  readonly application?: string;
  readonly data?: boolean;
  readonly fast?: boolean;
};

const descriptions: Readonly<Record<DrillKind, string>> = {
  "region-kill": "Kill every process of a region, as a power cut does.",
  "region-hang":
    "Stop every process of a region without ending it: connections open, nothing answers.",
  "probe-blackhole": "Swallow the health probes of a region while users' requests go on.",
};

const help = `
A drill measures a steady state, breaks the region, waits until the answer of the recursor is without it and users are
served, restores it, and waits until it is back. It always restores: also on Ctrl-C, and when it is killed itself.
It ends with 12 (BoundMissed) when something took longer than its stated bound.

Drills of data count writes: a client writes to the ledger all the time and keeps what was acknowledged, and both
databases are compared with its log at the end. They end with 30 (PropertyViolated) when something acknowledged is
lost or two regions wrote. region-kill and region-hang count writes with --data.

Examples:
  $ npx sovereign drill region-kill --region hz-fsn-rtz-prod
  $ npx sovereign drill region-kill --data
  $ npx sovereign drill planned-switchover
  $ npx sovereign drill region-hang --region hz-fsn-rtz-prod --application shop
  $ npx sovereign drill list
  $ npx sovereign drill show drill-mi6x1k9q20a7`;

/** The command group with its drills, `list` and `show`. */
export function drillCommand(run: Run): Command {
  const drills = group("drill", "Break a region of the running sandbox and measure it.");
  drills.addHelpText("after", help);
  for (const kind of drillKinds) drills.addCommand(oneDrill(kind, run));
  for (const kind of ledgerKinds)
    if (!isDrillKind(kind)) drills.addCommand(dataDrillCommand(kind, run));
  drills.addCommand(listCommand(run));
  drills.addCommand(showCommand(run));
  return drills;
}

function isDrillKind(kind: string): kind is DrillKind {
  return (drillKinds as readonly string[]).includes(kind); // Widened, so that any word may be looked for.
}

function isLedgerKind(kind: string): kind is LedgerKind {
  return (ledgerKinds as readonly string[]).includes(kind); // Widened, so that any word may be looked for.
}

function oneDrill(kind: DrillKind, run: Run): Command {
  const command = group(kind, descriptions[kind])
    .option(
      "--region <cluster>",
      "cluster name of the region, such as hz-fsn-rtz-prod; with --data it has a default",
    )
    .option(
      "--application <name>",
      "Application to measure: name or FQDN (default: the active-hotstandby that the region answers for now)",
    );
  if (isLedgerKind(kind)) {
    command.option("--data", "count writes: what is acknowledged, what is lost, who writes");
  }
  return withPlaces(command).action((options: DrillOptionValues, self: Command) =>
    run(self, async (context) => {
      const { io, signal } = context;
      const { region, application, report: reports } = options;
      if (options.data === true && isLedgerKind(kind)) {
        if (application !== undefined)
          throw new Failure(
            "UsageInvalid",
            "--data counts writes to the ledger, of no other Application.",
          );
        await runDataDrill(kind, options, context);
        return;
      }
      if (region === undefined)
        throw new Failure("UsageInvalid", "required option '--region <cluster>' not specified");
      const finished = await drill({
        state: stateFolder(options.state),
        reports,
        wish: { drill: kind, region, application },
        signal,
        progress: io.progress,
      });
      const { report, files } = finished;
      const [json = "", html = ""] = [files.json, files.html].map(shownPath);
      io.result(
        drillReportData(report, { json, html, sha256: files.sha256 }),
        drillReportText(report, [html, json], io),
      );
      failWhenMissed(report);
    }),
  );
}

function failWhenMissed(report: DrillReport): void {
  const missed = report.rows.filter(({ verdict }) => verdict === "missed");
  if (missed.length === 0) return;
  const names = missed.map(({ label }) => label.toLowerCase()).join(", ");
  throw new Failure("BoundMissed", `Missed: ${names}.`, { where: report.id });
}

type Listed = {
  readonly id: string;
  readonly kind: string;
  readonly region: string;
  readonly application: string;
  readonly brokenAt: string;
  readonly verdict: string;
  readonly answer: string;
};

function listCommand(run: Run): Command {
  return withPlaces(group("list", "List the reports of earlier drills, newest first.")).action(
    (options: Places, self: Command) =>
      run(self, async ({ io }) => {
        const listed = await listedReports(reportsFolder(options));
        const lines = listed.map((one) => listLine(one, io));
        io.result(
          { drills: listed.map(({ kind, ...rest }) => ({ drill: kind, ...rest })) },
          lines.length === 0 ? "No drill has been run yet." : lines.join("\n"),
        );
      }),
  );
}

function listLine({ id, kind, brokenAt, verdict, answer }: Listed, io: Io): string {
  const mark = verdict === "passed" ? paint(io, "green", "✓") : paint(io, "red", "✗");
  return `${mark} ${id.padEnd(19)}  ${brokenAt.slice(0, 19).replace("T", " ")}  ${kind.padEnd(18)}  ${answer}`;
}

async function listedReports(folder: string): Promise<readonly Listed[]> {
  const listed: Listed[] = [];
  for (const id of await listReports(folder, requestReports)) {
    const report = await readReport(folder, requestReports, id);
    const { drill: kind, region, verdict, times } = report;
    const application = report.application.fqdn;
    const { brokenAt } = times;
    listed.push({ id, kind, region, application, brokenAt, verdict, answer: answerOf(report) });
  }
  for (const id of await listReports(folder, ledgerReports)) {
    const report = await readReport(folder, ledgerReports, id);
    const { kind, region, verdict, times } = report;
    const application = report.application.fqdn;
    const { brokenAt } = times;
    listed.push({
      id,
      kind,
      region,
      application,
      brokenAt,
      verdict,
      answer: ledgerAnswerOf(report),
    });
  }
  return listed.sort((a, b) => b.brokenAt.localeCompare(a.brokenAt));
}

function showCommand(run: Run): Command {
  return withPlaces(
    group("show", "Show the report of an earlier drill again.").argument("<id>", "id of the drill"),
  ).action((id: string, options: Places, self: Command) =>
    run(self, async ({ io }) => {
      const folder = reportsFolder(options);
      const file = shownPath(join(folder, id, "report.html"));
      if (isReportId(ledgerReports, id)) {
        const report = await readReport(folder, ledgerReports, id);
        io.result(ledgerReportData(report, { html: file }), ledgerReportText(report, [file], io));
        return;
      }
      const report = await readReport(folder, requestReports, id);
      io.result(drillReportData(report, { html: file }), drillReportText(report, [file], io));
    }),
  );
}
