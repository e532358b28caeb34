/** A folder of reports and the journal that has their hashes, as drills and a game day write them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { type ReportFiles, writeReport } from "../../src/adapters/reports/report-folder.ts";
import { signingKey } from "../../src/adapters/reports/signed-file.ts";
import type { LedgerReport } from "../../src/core/drill/ledger-report.ts";
import type { NewEvent } from "../../src/core/kernel/event.ts";
import { renderLedgerHtml } from "../../src/sandbox/drill/html/render-ledger-html.ts";
import { renderReportHtml } from "../../src/sandbox/drill/html/render-report-html.ts";
import { type FinishedGameday, runGameday } from "../../src/sandbox/drill/run-gameday.ts";
import { scriptedReport } from "./drill-sample.ts";
import { scriptedLedgerReport } from "./ledger-sample.ts";

export type ReportShelf = {
  readonly reports: string;
  readonly journal: string;
  /** Puts an event into the journal of the drills. */
  record(event: NewEvent): Promise<void>;
  /** A drill of what users notice, with its hashes on record. */
  drill(id: string): Promise<ReportFiles>;
  /** A drill of data. */
  ledger(
    id: string,
    parts?: { readonly lost?: number },
  ): Promise<ReportFiles & { readonly report: LedgerReport }>;
  /** A signed game day of one drill of data. */
  gameday(id: string, ledgerId: string): Promise<FinishedGameday>;
};

/** An empty shelf in a folder. */
export async function reportShelf(folder: string): Promise<ReportShelf> {
  const [reports, journal] = [join(folder, "reports"), join(folder, "journal")];
  await mkdir(reports);
  const record = async (event: NewEvent): Promise<void> => {
    const open = await openFileJournal({ folder: journal, stream: "drills", clock: systemClock });
    await open.append(event);
    await open.close();
  };
  const finished = async (id: string, files: ReportFiles): Promise<void> => {
    const { sha256: reportSha256, pageSha256 } = files;
    const data = { drill: id, verdict: "passed", reportSha256, pageSha256 };
    await record({ type: "drill.finished", data });
  };
  const ledger: ReportShelf["ledger"] = async (id, parts = {}) => {
    const report = { ...scriptedLedgerReport(parts), id };
    const files = await writeReport(reports, report, renderLedgerHtml(report));
    await finished(id, files);
    return { ...files, report };
  };
  return {
    ...{ reports, journal, record, ledger },
    async drill(id) {
      const report = { ...scriptedReport(), id };
      const files = await writeReport(reports, report, renderReportHtml(report));
      await finished(id, files);
      return files;
    },
    async gameday(id, ledgerId) {
      const key = await signingKey(join(folder, "key.pem"), true);
      return runGameday(
        {
          ...{ clock: systemClock, reports, key, progress: () => undefined },
          record: (data) => record({ type: "drill.gamedaySigned", data }),
          drill: async () => {
            const { report, ...files } = await ledger(ledgerId);
            return { report, files };
          },
        },
        {
          ...{ version: 1, id, startedAt: "2026-11-21T02:41:00.000Z", endedAt: null },
          ...{ profile: "fast", kinds: ["region-kill"], steps: [] },
        },
      );
    },
  };
}
