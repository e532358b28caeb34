/** `sovereign drill …`: breaks a region of the running sandbox, measures what users notice, and restores it. */
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { answerOf } from "../../core/drill/answer.ts";
import { type DrillKind, drillKinds } from "../../core/drill/profile.ts";
import type { DrillReport } from "../../core/drill/report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { drill } from "../../sandbox/drill/drill.ts";
import { listReports, readReport } from "../../sandbox/drill/report-files.ts";
import { sandboxLayout } from "../../sandbox/layout.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { group, type Run } from "../command.ts";
import { paint } from "../io.ts";
import { drillReportData, drillReportText } from "../render/drill-report.ts";

type Places = { readonly state: string; readonly report?: string };
type DrillOptionValues = Places & { readonly region: string; readonly application?: string };

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

Examples:
  $ npx sovereign drill region-kill --region hz-fsn-rtz-prod
  $ npx sovereign drill region-hang --region hz-fsn-rtz-prod --application shop
  $ npx sovereign drill list
  $ npx sovereign drill show drill-mi6x1k9q20a7`;

/** The command group with its three drills, `list` and `show`. */
export function drillCommand(run: Run): Command {
  const drills = group("drill", "Break a region of the running sandbox and measure it.");
  drills.addHelpText("after", help);
  for (const kind of drillKinds) drills.addCommand(oneDrill(kind, run));
  drills.addCommand(listCommand(run));
  drills.addCommand(showCommand(run));
  return drills;
}

function withPlaces(command: Command): Command {
  return command
    .option("--state <folder>", "state folder of the sandbox", ".sovereign")
    .option("--report <folder>", "folder of the reports (default: reports in the state folder)");
}

function oneDrill(kind: DrillKind, run: Run): Command {
  const command = group(kind, descriptions[kind])
    .requiredOption("--region <cluster>", "cluster name of the region, such as hz-fsn-rtz-prod")
    .option(
      "--application <name>",
      "Application to measure: name or FQDN (default: the active-hotstandby that the region answers for now)",
    );
  return withPlaces(command).action((options: DrillOptionValues, self: Command) =>
    run(self, async ({ io, signal }) => {
      const { region, application, report: reports } = options;
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

function listCommand(run: Run): Command {
  return withPlaces(group("list", "List the reports of earlier drills, newest first.")).action(
    (options: Places, self: Command) =>
      run(self, async ({ io }) => {
        const folder = reportsFolder(options);
        const reports: DrillReport[] = [];
        for (const id of await listReports(folder)) reports.push(await readReport(folder, id));
        const lines = reports.map((report) => {
          const mark = report.verdict === "passed" ? "✓" : "✗";
          const colour = report.verdict === "passed" ? "green" : "red";
          const when = report.times.brokenAt.slice(0, 19).replace("T", " ");
          return `${paint(io, colour, mark)} ${report.id}  ${when}  ${report.drill.padEnd(15)}  ${answerOf(report)}`;
        });
        io.result(
          {
            drills: reports.map((report) => ({
              id: report.id,
              drill: report.drill,
              region: report.region,
              application: report.application.fqdn,
              brokenAt: report.times.brokenAt,
              verdict: report.verdict,
              answer: answerOf(report),
            })),
          },
          lines.length === 0 ? "No drill has been run yet." : lines.join("\n"),
        );
      }),
  );
}

function showCommand(run: Run): Command {
  return withPlaces(
    group("show", "Show the report of an earlier drill again.").argument("<id>", "id of the drill"),
  ).action((id: string, options: Places, self: Command) =>
    run(self, async ({ io }) => {
      const folder = reportsFolder(options);
      const report = await readReport(folder, id);
      const file = shownPath(join(folder, id, "report.html"));
      io.result(drillReportData(report, { html: file }), drillReportText(report, [file], io));
    }),
  );
}

function reportsFolder({ state, report }: Places): string {
  return report ?? sandboxLayout(stateFolder(state)).reports;
}

/** A path as one would type it here: relative below the present folder, absolute elsewhere. */
function shownPath(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith("..") ? resolve(path) : here;
}
