/** The drills that count writes, as commands: one for each kind of the table. */
import type { Command } from "commander";
import { type LedgerKind, ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import { type LedgerReport, shortcomings } from "../../core/drill/ledger-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { ledgerDrill } from "../../sandbox/drill/ledger-drill.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { type Context, group, type Run } from "../command.ts";
import { ledgerReportData, ledgerReportText } from "../render/ledger-report.ts";
import { type Places, shownPath, withPlaces } from "./places.ts";

export type DataOptions = Places & { readonly region?: string; readonly fast?: boolean };

/** `sovereign drill <kind>` for a kind that always counts writes. */
export function dataDrillCommand(kind: LedgerKind, run: Run): Command {
  const { breaks, expects, aims } = ledgerKindFacts[kind];
  const command = group(kind, breaks)
    .option("--region <cluster>", `cluster that it is done to (default: the ${aims} one)`)
    .option("--fast", "hold what lasts long for a shorter time; the report says so")
    .addHelpText("after", `\nExpected: ${expects}`);
  return withPlaces(command).action((options: DataOptions, self: Command) =>
    run(self, (context) => runDataDrill(kind, options, context)),
  );
}

/** Runs the drill, prints its report, and fails with BoundMissed or PropertyViolated when it did not pass. */
export async function runDataDrill(
  kind: LedgerKind,
  options: DataOptions,
  { io, signal }: Context,
): Promise<void> {
  const { report, files } = await ledgerDrill({
    state: stateFolder(options.state),
    reports: options.report,
    wish: { kind, region: options.region, fast: options.fast === true },
    signal,
    progress: io.progress,
  });
  const [json = "", html = ""] = [files.json, files.html].map(shownPath);
  io.result(
    ledgerReportData(report, { json, html, sha256: files.sha256 }),
    ledgerReportText(report, [html, json], io),
  );
  failUnlessPassed(report);
}

function failUnlessPassed(report: LedgerReport): void {
  if (report.verdict === "passed") return;
  const what = shortcomings(report).join(", ");
  if (report.verdict === "missed")
    throw new Failure("BoundMissed", `Missed: ${what}.`, { where: report.id });
  throw new Failure("PropertyViolated", `Unsafe: ${what}.`, {
    where: report.id,
    remedy:
      "Keep the state folder as it is: the report and the client's log beside it are the evidence.",
  });
}
