import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scriptedReport } from "../../../../test/integration/drill-sample.ts";
import type { DrillReport } from "../../../core/drill/report.ts";
import { escapeHtml, markup } from "./markup.ts";
import { renderReportHtml } from "./render-report-html.ts";

const report = scriptedReport();

describe("the report as a page", () => {
  test("asks nothing of a network and runs no script", () => {
    const page = renderReportHtml(report);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/<script|\ssrc=|url\(|@import|https?:\/\/|\son[a-z]+=/i);
  });

  test("what stands in a report is text on the page, whatever it is", () => {
    const evil = `"><img src=x onerror=alert(1)>'`;
    const hostile: DrillReport = {
      ...report,
      application: { ...report.application, name: evil, fqdn: evil },
      environment: [[evil, evil]],
      watchedServers: [evil],
      samples: {
        requests: [
          { ...report.samples.requests[0], atMs: 1, tookMs: 1, addresses: [evil], outcome: "ok" },
        ],
        probes: [{ atMs: 1, tookMs: 1, server: evil, addresses: [evil] }],
      },
    };
    const page = renderReportHtml(hostile);
    expect(page).not.toContain("<img");
    expect(page).toContain("&quot;&gt;&lt;img");
  });

  test("escaped text never opens a tag nor ends an attribute", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(markup`<p title="${text}">${text}</p>`.html.match(/[<>"']/g)).toHaveLength(6);
        const back = escapeHtml(text).replace(
          /&(amp|lt|gt|quot|#39);/g,
          (entity) =>
            ({ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" })[entity] ?? "",
        );
        expect(back).toBe(text);
      }),
    );
  });

  test("a report without any sample, and one of what never happened, are pages too", () => {
    const never = scriptedReport({ detectMs: undefined, changeMs: undefined, restoreMs: 30_000 });
    expect(renderReportHtml(never)).toContain("shop was not served again while fsn was broken.");
    expect(renderReportHtml(never)).not.toContain("NaN");
    const empty = renderReportHtml({ ...report, samples: { requests: [], probes: [] } });
    expect(empty).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("the same report is the same page", () => {
    expect(renderReportHtml(report)).toBe(renderReportHtml(scriptedReport()));
  });
});
