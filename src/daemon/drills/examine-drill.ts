/**
 * Whether the files of a report are what its drill wrote: the drills' journal has the hashes of both, and the signature of a game day
 * holds. Only then anything that stands in them is told.
 */
import { sha256 } from "../../adapters/journal/sha256.ts";
import { readInside } from "../../adapters/reports/read-inside.ts";
import type { RecordedHashes } from "../../adapters/reports/recorded-hashes.ts";
import { checkSigned } from "../../adapters/reports/signed-file.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DrillEvidence, DrillSummary, DrillView } from "../../core/view/drills-view.ts";
import type { DrillForm } from "./drill-forms.ts";

export type ExaminedDrill = {
  readonly view: DrillView;
  /** The very bytes that were judged; undefined unless they are genuine. */
  readonly files: { readonly report: Uint8Array; readonly page: Uint8Array } | undefined;
};

/** Hours of writes are some megabytes; what is larger is none of ours. */
const maxBytes = 64 * 1024 * 1024;

/** Reads and judges one report of a folder; `recorded` is what the journal has of it, or why the journal tells nothing. Never rejects. */
export async function examineDrill(
  reports: string,
  { id, form }: { readonly id: string; readonly form: DrillForm },
  recorded: RecordedHashes | Failure | undefined,
): Promise<ExaminedDrill> {
  const not = (
    kind: Exclude<DrillEvidence["kind"], "genuine">,
    because: string,
  ): ExaminedDrill => ({
    view: { id, form: form.name, evidence: { kind, because }, summary: null },
    files: undefined,
  });
  const read = (name: string) => readInside(reports, [id, name], maxBytes);
  const [report, page] = await Promise.all([read(form.report.file), read(form.page)]);
  if (report.kind !== "read") return not("unreadable", `${form.report.file}: ${words(report)}`);
  if (page.kind !== "read") return not("unreadable", `${form.page}: ${words(page)}`);
  if (recorded instanceof Failure)
    return not("unrecorded", `The journal of the drills can not be read: ${recorded.message}`);
  if (recorded?.pageSha256 === undefined)
    return not("unrecorded", "The journal of the drills has no hash of it.");
  const found = [sha256(report.bytes), sha256(page.bytes)] as const;
  if (found[0] !== recorded.reportSha256)
    return not("changed", differs(form.report.file, recorded.reportSha256, found[0]));
  if (found[1] !== recorded.pageSha256)
    return not("changed", differs(form.page, recorded.pageSha256, found[1]));
  try {
    const text = Buffer.from(report.bytes).toString("utf8");
    const fingerprint = form.isSigned ? await signedBy(read, form.report.file, text) : "";
    const summary: DrillSummary = form.summary(text, fingerprint);
    const evidence = { kind: "genuine", reportSha256: recorded.reportSha256 } as const;
    const files = { report: report.bytes, page: page.bytes };
    return { view: { id, form: form.name, evidence, summary }, files };
  } catch (thrown) {
    const failure = Failure.from(thrown, id);
    return failure.code === "SignatureInvalid"
      ? not("changed", failure.message)
      : not("unreadable", "It is not a report of this version.");
  }
}

async function signedBy(
  read: (name: string) => ReturnType<typeof readInside>,
  file: string,
  text: string,
): Promise<string> {
  const told = await read(`${file}.sig`);
  // Without one there is none that holds.
  const signature = told.kind === "read" ? Buffer.from(told.bytes).toString("utf8") : "";
  return checkSigned(file, text, signature).fingerprint;
}

function words(file: Exclude<Awaited<ReturnType<typeof readInside>>, { kind: "read" }>): string {
  return file.kind === "absent" ? "it is not there." : `${file.because}.`;
}

function differs(file: string, recorded: string, found: string): string {
  return `${file} has the SHA-256 ${found.slice(0, 16)}…, and ${recorded.slice(0, 16)}… is on record.`;
}
