import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { scriptedReport } from "../../../test/integration/drill-sample.ts";
import { scriptedLedgerReport } from "../../../test/integration/ledger-sample.ts";
import { sha256 } from "../journal/sha256.ts";
import { isReportId, listReports, readReport, writeReport } from "./report-folder.ts";
import { ledgerReports, requestReports, signedGamedays } from "./report-forms.ts";

const page = "<!doctype html>";

test.each([
  ["drill-mi6x1k9q20a7", true],
  ["drill-", false],
  ["drill-short", false],
  ["drill-mi6x1k9q20a7mi6x1k9q20a7", false],
  ["drill-mi6x1k9q20a7\n", false],
  ["drill-../../secret", false],
  ["drill-MI6X1K9Q20A7", false],
  ["ledger-mi6x1k9q20a7", false],
  ["../secret", false],
  ["", false],
])("%j is an id of a drill: %s", (id, expected) => {
  expect(isReportId(requestReports, id)).toBe(expected);
});

describe("reports as files", () => {
  test("a missing report, a path instead of an id and a foreign file are told apart", async () => {
    const reports = await ownFolder();
    const { id } = scriptedReport();
    const read = (name: string) => readReport(reports, requestReports, name);
    await expect(read(id)).rejects.toMatchObject({ code: "NotFound" });
    await expect(read("../secret")).rejects.toMatchObject({ code: "NotFound" });
    const { json } = await writeReport(reports, scriptedReport(), page);
    await writeFile(json, "{}");
    await expect(read(id)).rejects.toMatchObject({ code: "DocumentInvalid" });
    await writeFile(json, "{");
    await expect(read(id)).rejects.toMatchObject({ code: "DocumentInvalid" });
  });

  test("what ended without a report, a file in the place of one, and no folder at all are not listed", async () => {
    const reports = await ownFolder();
    await mkdir(join(reports, "ledger-00000000aaaa"));
    await writeFile(join(reports, "ledger-00000000aaaa", "writes.ndjson"), "");
    await writeFile(join(reports, "ledger-00000000bbbb"), "");
    expect(await listReports(reports, ledgerReports)).toEqual([]);
    expect(await listReports(join(reports, "none"), ledgerReports)).toEqual([]);
    await expect(readReport(reports, ledgerReports, "ledger-00000000aaaa")).rejects.toMatchObject({
      code: "NotFound",
    });
  });

  test("what is written is read again, and the hashes are those of the files", async () => {
    const reports = await ownFolder();
    const [drill, ledger] = [scriptedReport(), scriptedLedgerReport()];
    const files = await writeReport(reports, drill, page);
    await writeReport(reports, ledger, page);
    expect(await readReport(reports, requestReports, drill.id)).toEqual(drill);
    expect(await readReport(reports, ledgerReports, ledger.id)).toEqual(ledger);
    expect(files.sha256).toBe(sha256(await readFile(files.json, "utf8")));
    expect(files.pageSha256).toBe(sha256(page));
  });

  test("are listed by their kind, newest first", async () => {
    const reports = await ownFolder();
    const ids = ["drill-00000001", "drill-00000003", "drill-00000002"];
    for (const id of ids) await writeReport(reports, { id }, page);
    await writeReport(reports, { id: "ledger-00000009" }, page);
    expect(await listReports(reports, requestReports)).toEqual([...ids].sort().reverse());
    expect(await listReports(reports, ledgerReports)).toEqual(["ledger-00000009"]);
    expect(await listReports(reports, signedGamedays)).toEqual([]);
  });
});
