/** Reports as files: `<reports>/<id>/report.json` is the evidence, `report.html` the same for people. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DrillReport, reportSchema } from "../../core/drill/report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { renderReportHtml } from "./html/render-report-html.ts";

export type ReportFiles = {
  readonly json: string;
  readonly html: string;
  /** SHA-256, hex, of the bytes of `report.json`; the journal keeps it. */
  readonly sha256: string;
};

const idPattern = /^drill-[0-9a-z]{8,20}$/;

/** Writes both files of a report. */
export async function writeReport(folder: string, report: DrillReport): Promise<ReportFiles> {
  const own = join(folder, report.id);
  const text = `${JSON.stringify(report, undefined, 1)}\n`;
  const files = { json: join(own, "report.json"), html: join(own, "report.html") };
  try {
    await mkdir(own, { recursive: true });
    await writeFile(files.json, text);
    await writeFile(files.html, renderReportHtml(report));
  } catch (thrown) {
    throw Failure.from(thrown, own);
  }
  return { ...files, sha256: createHash("sha256").update(text).digest("hex") };
}

/** The report of an id; fails with NotFound, or with DocumentInvalid when the file is not a report of this version. */
export async function readReport(folder: string, id: string): Promise<DrillReport> {
  const file = join(folder, id, "report.json");
  if (!idPattern.test(id)) throw notFound(id, folder);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") throw notFound(id, folder); // Thrown by node:fs.
    throw Failure.from(thrown, file);
  }
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Failure("DocumentInvalid", "The file is not a drill report of this version.", {
      where: file,
      remedy: "Run the drill again, or read the file with the version that wrote it.",
      cause: thrown,
    });
  }
}

/** Ids of the reports in a folder, newest first; none when there is no folder yet. */
export async function listReports(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => idPattern.test(name))
      .sort()
      .reverse();
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
