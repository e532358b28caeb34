import { describe, expect, test } from "vitest";
import { scriptedLedgerReport } from "../../../test/integration/ledger-sample.ts";
import { ledgerReportData, ledgerReportText } from "./ledger-report.ts";

const plain = { colour: false };

describe("a report of data in the terminal", () => {
  test("says the answer, every invariant with its evidence, and predicted beside measured", () => {
    const text = ledgerReportText(scriptedLedgerReport(), ["a/report.html"], plain);
    const lines = text.split("\n");
    expect(lines[0]).toBe("✓ Passed  region-kill, hz-fsn-rtz-prod killed · ledger-mi6x1k9q20a7");
    expect(lines[2]).toContain("hel acknowledged writes 24.4 s after the last one of fsn.");
    expect(text).toContain("✓ Never two regions write at a time");
    expect(text).toMatch(/RTO, last acknowledged write to first +\S+ s +≤ 40.0 s +24.4 s/);
    expect(text).toContain("hz-hel-rtz-prod");
    expect(lines.at(-1)).toBe("  a/report.html");
  });
  test("says what is unsafe in words and by a mark", () => {
    const text = ledgerReportText(scriptedLedgerReport({ lost: 2 }), [], plain);
    expect(text).toContain("✗ Unsafe");
    expect(text).toContain("✗ No acknowledged write is lost (broken)");
  });
  test("is data without undefined for machines", () => {
    const data = ledgerReportData(scriptedLedgerReport(), { html: "x" });
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
    expect(data).toMatchObject({ verdict: "passed", writes: expect.any(Number) });
  });
});
