/** What each form of report is called, which files it has, and how its bytes become what a list shows. */
import type { ReportForm } from "../../adapters/reports/report-folder.ts";
import {
  ledgerReports,
  requestReports,
  signedGamedays,
} from "../../adapters/reports/report-forms.ts";
import {
  summaryOfDrill,
  summaryOfGameday,
  summaryOfLedger,
} from "../../core/view/drill-summary.ts";
import type { DrillSummary, DrillView } from "../../core/view/drills-view.ts";

export type DrillForm = {
  readonly name: DrillView["form"];
  readonly report: ReportForm<unknown>;
  /** File of its page for people. */
  readonly page: string;
  /** Whether a signature lies beside the report. */
  readonly isSigned: boolean;
  /** Throws where the text is no report of this version. */
  readonly summary: (text: string, fingerprint: string) => DrillSummary;
};

export const drillForms: readonly DrillForm[] = [
  {
    name: "drill",
    report: requestReports,
    page: "report.html",
    isSigned: false,
    summary: (text) => summaryOfDrill(requestReports.parse(JSON.parse(text))),
  },
  {
    name: "ledger",
    report: ledgerReports,
    page: "report.html",
    isSigned: false,
    summary: (text) => summaryOfLedger(ledgerReports.parse(JSON.parse(text))),
  },
  {
    name: "gameday",
    report: signedGamedays,
    page: "gameday.html",
    isSigned: true,
    summary: (text, fingerprint) =>
      summaryOfGameday(signedGamedays.parse(JSON.parse(text)), fingerprint),
  },
];
