import { expect, test } from "vitest";
import { scriptedReport } from "../../../test/integration/drill-sample.ts";
import { drillReportData, drillReportText } from "./drill-report.ts";

const plain = { colour: false };

test("the terminal report opens with the verdict and the answer, and ends with the files", () => {
  const lines = drillReportText(scriptedReport(), ["reports/x/report.html"], plain).split("\n");
  expect(lines[0]).toBe("✓ Passed  region-kill, hz-fsn-rtz-prod killed · drill-mi6x1k9q20a7");
  expect(lines[2]).toBe("shop was served again, from hel, after 6.1 s. 61 of 287 requests failed.");
  expect(lines.at(-1)).toBe("  reports/x/report.html");
});

test("a missed bound is marked, in words and in the first line", () => {
  const text = drillReportText(scriptedReport({ detectMs: undefined }), [], plain);
  expect(text).toMatch(/^✗ Bound missed/);
  expect(text).toMatch(/✗ Time to detect +≤ 8\.0 s +never +did not happen/);
});

test("the little picture has one character for each second, and fits a terminal", () => {
  const lines = drillReportText(scriptedReport(), [], plain).split("\n");
  const bar = lines.find((line) => line.includes("█"))?.trim() ?? "";
  expect(bar).toBe("██████××××××▒██████████████████████".slice(0, bar.length));
  expect(bar.length).toBe(35);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
});

test("without colour there is no escape sequence", () => {
  expect(drillReportText(scriptedReport(), [], plain)).not.toContain(String.fromCharCode(27));
});

test("machines get every number and the count of samples, but not the samples", () => {
  const data = drillReportData(scriptedReport(), { json: "report.json" });
  expect(data).toMatchObject({
    verdict: "passed",
    answer: expect.stringContaining("served again"),
    samples: { requests: 347, probes: 347 },
    files: { json: "report.json" },
  });
  expect(JSON.stringify(data).length).toBeLessThan(8_000);
});
