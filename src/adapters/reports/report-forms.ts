/** The three kinds of report: what users notice, what becomes of data, and a day of such drills. */
import { type Gameday, gamedaySchema } from "../../core/drill/gameday.ts";
import { type LedgerReport, ledgerReportSchema } from "../../core/drill/ledger-report.ts";
import { type DrillReport, reportSchema } from "../../core/drill/report.ts";
import type { ReportForm } from "./report-folder.ts";

const ofDrills = {
  file: "report.json",
  noun: "report",
  whole: "drill report",
  remedies: {
    missing: "List the reports with `npx sovereign drill list`.",
    invalid: "Run the drill again, or read the file with the version that wrote it.",
  },
} as const;

const ofGamedays = {
  prefix: "gameday",
  parse: (value: unknown): Gameday => gamedaySchema.parse(value),
  noun: "game day",
  whole: "game day",
  remedies: { missing: "Begin one with `npx sovereign gameday`.", invalid: "Begin another one." },
} as const;

/** Drills that measure what users notice. */
export const requestReports: ReportForm<DrillReport> = {
  ...ofDrills,
  prefix: "drill",
  parse: (value) => reportSchema.parse(value),
};

/** Drills of data. */
export const ledgerReports: ReportForm<LedgerReport> = {
  ...ofDrills,
  prefix: "ledger",
  parse: (value) => ledgerReportSchema.parse(value),
};

/** A game day as far as it has come: what it goes on from. */
export const begunGamedays: ReportForm<Gameday> = { ...ofGamedays, file: "progress.json" };

/** The signed report of a game day. */
export const signedGamedays: ReportForm<Gameday> = { ...ofGamedays, file: "gameday.json" };
