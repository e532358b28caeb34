/** Reports of data as files: `<reports>/<id>/report.json` is the evidence, `report.html` the same for people. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LedgerReport, ledgerReportSchema } from "../../core/drill/ledger-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { renderLedgerHtml } from "./html/render-ledger-html.ts";
import type { ReportFiles } from "./report-files.ts";

const idPattern = /^ledger-[0-9a-z]{8,20}$/;

/** Whether an id is one of a drill of data. */
export function isLedgerId(id: string): boolean {
  return idPattern.test(id);
}

/** Writes both files of a report. */
export async function writeLedgerReport(
  folder: string,
  report: LedgerReport,
): Promise<ReportFiles> {
  const own = join(folder, report.id);
  const text = `${JSON.stringify(report, undefined, 1)}\n`;
  const files = { json: join(own, "report.json"), html: join(own, "report.html") };
  try {
    await mkdir(own, { recursive: true });
    await writeFile(files.json, text);
    await writeFile(files.html, renderLedgerHtml(report));
  } catch (thrown) {
    throw Failure.from(thrown, own);
  }
  return { ...files, sha256: createHash("sha256").update(text).digest("hex") };
}

/** The report of an id; fails with NotFound, or with DocumentInvalid when the file is not a report of this version. */
export async function readLedgerReport(folder: string, id: string): Promise<LedgerReport> {
  const file = join(folder, id, "report.json");
  if (!isLedgerId(id)) throw notFound(id, folder);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") throw notFound(id, folder); // Thrown by node:fs.
    throw Failure.from(thrown, file);
  }
  try {
    return ledgerReportSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Failure("DocumentInvalid", "The file is not a drill report of this version.", {
      where: file,
      remedy: "Run the drill again, or read the file with the version that wrote it.",
      cause: thrown,
    });
  }
}

/** Ids of the reports of data in a folder, newest first; a run that ended without a report is not one. */
export async function listLedgerReports(folder: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(folder)).filter(isLedgerId);
    const whole: string[] = [];
    for (const name of names)
      if ((await readdir(join(folder, name))).includes("report.json")) whole.push(name);
    return whole.sort().reverse();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return []; // Thrown by node:fs.
    throw Failure.from(thrown, folder);
  }
}

function notFound(id: string, folder: string): Failure {
  return new Failure("NotFound", `There is no report ${id}.`, {
    where: folder,
    remedy: "List the reports with `npx sovereign drill list`.",
  });
}
