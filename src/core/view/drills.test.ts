import { describe, expect, test } from "vitest";
import { scriptedReport } from "../../../test/integration/drill-sample.ts";
import { scriptedLedgerReport } from "../../../test/integration/ledger-sample.ts";
import { type Gameday, type GamedayStep, stepOf } from "../drill/gameday.ts";
import { summaryOfDrill, summaryOfGameday, summaryOfLedger } from "./drill-summary.ts";
import { drillsHeadline } from "./drills-headline.ts";
import type { DrillEvidence, DrillSummary, DrillView } from "./drills-view.ts";

const dayOf = (...steps: readonly GamedayStep[]): Gameday => ({
  version: 1,
  id: "gameday-mi6x1k9q20a7",
  startedAt: "2026-11-21T02:41:00.000Z",
  endedAt: "2026-11-21T02:52:00.000Z",
  profile: "fast",
  kinds: steps.map(({ kind }) => kind),
  steps: [...steps],
});
const stepWith = (lost: number): GamedayStep =>
  stepOf(scriptedLedgerReport({ lost }), { sha256: "ab", tookMs: 1 });

describe("the summary of a report", () => {
  test("of a game day does not know its losses as soon as one drill does not", () => {
    const unknown = { ...stepWith(0), lost: null };
    expect(summaryOfGameday(dayOf(stepWith(2), unknown), "key").losses?.lost).toBeNull();
    const uncounted: GamedayStep = { kind: "clock-step", result: "notDone", because: ["no"] };
    expect(summaryOfGameday(dayOf(uncounted), "key")).toMatchObject({ losses: null, rtoMs: null });
  });

  test("of a game day has the longest RTO, all losses, and each drill's report", () => {
    const day = dayOf({ ...stepWith(0), rtoMs: 900 }, stepWith(2));
    const { rtoMs, losses, steps, verdict, signedBy } = summaryOfGameday(day, "key");
    const longest = scriptedLedgerReport().measured.rtoMs;
    expect({ rtoMs, verdict, signedBy }).toEqual({
      ...{ rtoMs: longest, verdict: "unsafe", signedBy: "key" },
    });
    expect(losses).toMatchObject({ of: "writes", lost: 2 });
    expect(steps.map(({ report }) => report)).toEqual([day.steps[0]?.report, day.steps[1]?.report]);
  });

  test("of a drill of data counts acknowledged writes, of another one requests", () => {
    const ledger = scriptedLedgerReport({ lost: 3 });
    expect(summaryOfLedger(ledger)).toMatchObject({
      ...{ kind: ledger.kind, verdict: "unsafe", rtoMs: ledger.measured.rtoMs },
      losses: { of: "writes", lost: 3, all: ledger.measured.acknowledged },
    });
    expect(summaryOfDrill(scriptedReport())).toMatchObject({
      ...{ kind: "region-kill", verdict: "passed" },
      losses: { of: "requests", lost: 61, all: 287 },
    });
  });
});

describe("the title", () => {
  const genuine: DrillEvidence = { kind: "genuine", reportSha256: "ab" };
  const view = (summary: DrillSummary | null, evidence: DrillEvidence = genuine): DrillView => ({
    ...{ id: "ledger-00000001", form: "ledger", evidence, summary },
  });
  const changed = view(null, { kind: "changed", because: "It differs." });
  const passed = summaryOfLedger(scriptedLedgerReport());
  test.each<[string, boolean, readonly DrillView[]]>([
    ["This control process is not told where drill reports are", false, []],
    ["No drill has been run yet", true, []],
    ["One report is not what its drill wrote", true, [view(passed), changed]],
    ["2 reports are not what their drills wrote", true, [changed, changed]],
    [
      "The newest report can not be shown",
      true,
      [view(null, { kind: "unrecorded", because: "" }), view(passed)],
    ],
    [
      `The newest drill, region-kill of ${passed.region}, passed; all ${passed.losses?.all} acknowledged writes are kept`,
      true,
      [view(passed)],
    ],
    [
      `The newest drill, region-kill of ${passed.region}, was unsafe; 1 of 9 acknowledged writes is lost`,
      true,
      [view({ ...passed, verdict: "unsafe", losses: { of: "writes", lost: 1, all: 9 } })],
    ],
    [
      `The newest drill, region-kill of ${passed.region}, missed what it expected; whether all 9 acknowledged writes are kept is not known`,
      true,
      [view({ ...passed, verdict: "missed", losses: { of: "writes", lost: null, all: 9 } })],
    ],
    [
      "The newest drill, region-kill of hz-fsn-rtz-prod, passed",
      true,
      [view(summaryOfDrill(scriptedReport()))],
    ],
    [
      "The newest game day is not complete",
      true,
      [view(summaryOfGameday(dayOf({ kind: "clock-step", result: "notDone", because: [] }), "k"))],
    ],
  ])("%s", (title, configured, drills) => expect(drillsHeadline(configured, drills)).toBe(title));
});
