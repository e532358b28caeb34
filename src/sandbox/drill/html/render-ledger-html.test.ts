import { describe, expect, test } from "vitest";
import {
  scriptedLedger,
  scriptedLedgerReport,
} from "../../../../test/integration/ledger-sample.ts";
import { type Gameday, stepOf } from "../../../core/drill/gameday.ts";
import { makeLedgerReport } from "../../../core/drill/ledger-report.ts";
import { renderGamedayHtml } from "./render-gameday-html.ts";
import { renderLedgerHtml } from "./render-ledger-html.ts";

const evil = `"><img src=x onerror=alert(1)>'`;
const day: Gameday = {
  version: 1,
  id: "gameday-mi6x1k9q20a7",
  startedAt: "2026-11-21T02:41:00.000Z",
  endedAt: "2026-11-21T02:52:00.000Z",
  profile: "fast",
  kinds: ["region-kill", "witness-loss", "clock-step"],
  steps: [
    stepOf(scriptedLedgerReport(), { sha256: "ab", tookMs: 60_000 }),
    { kind: "clock-step", result: "notDone", because: [evil] },
  ],
};

describe("pages of drills of data", () => {
  test.each([
    ["a report", renderLedgerHtml(scriptedLedgerReport())],
    ["a game day", renderGamedayHtml({ ...day, steps: day.steps.slice(0, 1) }, "9f3c")],
  ])("%s asks nothing of a network, runs no script and is complete", (_, page) => {
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/<script|\ssrc=|url\(|@import|https?:\/\/|\son[a-z]+=/i);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test("what stands in them is text, whatever it is", () => {
    const facts = scriptedLedger();
    const page = renderLedgerHtml(
      makeLedgerReport({
        ...facts,
        application: { name: evil, fqdn: evil },
        brokenBy: evil,
        notDone: [evil],
        environment: [[evil, evil]],
        timeline: [{ atMs: 0, source: evil, type: evil, text: evil }],
        writes: facts.writes.map((write) => ({
          ...write,
          id: `${evil}${write.id}`,
          address: evil,
        })),
      }),
    );
    for (const html of [page, renderGamedayHtml(day, evil)]) {
      expect(html).not.toContain("<img");
      expect(html).toContain("&quot;&gt;&lt;img");
    }
  });

  test.each([
    ["nothing was written", { ...scriptedLedger(), writes: [], agents: [], timeline: [] }],
    ["nobody took over", scriptedLedger({ movedMs: undefined })],
    ["nothing could be read", { ...scriptedLedger(), holdings: [] }],
    ["nobody has to take over", scriptedLedger({ kind: "witness-loss" })],
  ])("a report of a run in which %s is a page too", (_, facts) => {
    expect(renderLedgerHtml(makeLedgerReport(facts))).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("a game day without any step is a page too", () => {
    const html = renderGamedayHtml({ ...day, steps: [], endedAt: null }, "9f3c");
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
    expect(html).toContain("Incomplete");
  });
});
