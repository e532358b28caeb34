/**
 * Reports of drills as files: `<reports>/<id>/report.json` is the evidence, `report.html` the same for people. A report is there
 * once its evidence is: that is renamed into its place last, so that who reads the folder never meets half of one.
 */
import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { syncParent } from "../journal/segments.ts";
import { sha256 } from "../journal/sha256.ts";

/** One kind of report that a folder holds. */
export type ReportForm<R> = {
  /** How its ids begin, before the dash. */
  readonly prefix: string;
  /** The file that it is read from. */
  readonly file: string;
  readonly parse: (value: unknown) => R;
  /** As in "There is no report x." */
  readonly noun: string;
  /** As in "The file is not a drill report of this version." */
  readonly whole: string;
  readonly remedies: { readonly missing: string; readonly invalid: string };
};

export type ReportFiles = {
  readonly json: string;
  readonly html: string;
  /** SHA-256, hex, of the bytes of `report.json`; the journal keeps it. */
  readonly sha256: string;
  /** The same of `report.html`. */
  readonly pageSha256: string;
};

/** Whether an id is one of this kind of report; no path is. */
export function isReportId({ prefix }: Pick<ReportForm<unknown>, "prefix">, id: string): boolean {
  return id.startsWith(`${prefix}-`) && /^[0-9a-z]{8,20}$/.test(id.slice(prefix.length + 1));
}

/** Writes both files of a report. */
export async function writeReport(
  folder: string,
  report: { readonly id: string },
  page: string,
): Promise<ReportFiles> {
  const own = join(folder, report.id);
  const text = `${JSON.stringify(report, undefined, 1)}\n`;
  const files = { json: join(own, "report.json"), html: join(own, "report.html") };
  try {
    await mkdir(own, { recursive: true });
    await writeWhole(files.html, page);
    await writeWhole(files.json, text);
    await syncParent(own);
  } catch (thrown) {
    throw Failure.from(thrown, own);
  }
  return { ...files, sha256: sha256(text), pageSha256: sha256(page) };
}

/** Writes beside the file and renames, so that it is always whole, and there after a power cut; fails as `node:fs` does. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = await open(`${file}.new`, "w");
  try {
    await draft.writeFile(text);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.new`, file);
  await syncParent(file);
}

/** The report of an id; fails with NotFound, or with DocumentInvalid when the file is not a report of this version. */
export async function readReport<R>(folder: string, form: ReportForm<R>, id: string): Promise<R> {
  const file = join(folder, id, form.file);
  const text = isReportId(form, id) ? await readIfThere(file) : undefined;
  if (text === undefined)
    throw new Failure("NotFound", `There is no ${form.noun} ${id}.`, {
      where: folder,
      remedy: form.remedies.missing,
    });
  try {
    return form.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Failure("DocumentInvalid", `The file is not a ${form.whole} of this version.`, {
      where: file,
      remedy: form.remedies.invalid,
      cause: thrown,
    });
  }
}

/** Ids of the reports in a folder, newest first; a run that ended without a report is not one. */
export async function listReports(
  folder: string,
  form: Pick<ReportForm<unknown>, "prefix" | "file">,
): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const whole: string[] = [];
  for (const name of names.filter((one) => isReportId(form, one))) {
    // One that can not be looked into is there, and says why when it is read.
    const inside = await namesIn(join(folder, name)).catch(() => [form.file]);
    if (inside.includes(form.file)) whole.push(name);
  }
  return whole.sort().reverse();
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw Failure.from(thrown, file);
  }
}

/** None where there is no such folder, or a file in its place. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw Failure.from(thrown, folder);
  }
}

function isAbsent(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException; // Thrown by node:fs.
  return code === "ENOENT" || code === "ENOTDIR";
}
