/** The few facts of a report that a list of reports shows; each is the report's own. */
import { answerOf } from "../drill/answer.ts";
import { type Gameday, gamedayAnswer, gamedayVerdict } from "../drill/gameday.ts";
import { ledgerAnswerOf } from "../drill/ledger-answer.ts";
import type { LedgerReport } from "../drill/ledger-report.ts";
import type { DrillReport } from "../drill/report.ts";
import type { DrillLosses, DrillSummary } from "./drills-view.ts";

const ofOneDrill = { steps: [], signedBy: null } as const;

/** Of a drill that measures what users notice: its RTO is until requests are served again. */
export function summaryOfDrill(report: DrillReport): DrillSummary {
  const { drill, region, application, times, verdict, measured } = report;
  const { servedAgainMs, requests, failedWhileBroken, failedWhileReturning } = measured;
  return {
    ...ofOneDrill,
    ...{ kind: drill, region, application: application.fqdn, verdict },
    atMs: Date.parse(times.brokenAt),
    answer: answerOf(report),
    rtoMs: servedAgainMs,
    losses: { of: "requests", lost: failedWhileBroken + failedWhileReturning, all: requests },
  };
}

/** Of a drill of data: what was acknowledged and is gone. */
export function summaryOfLedger(report: LedgerReport): DrillSummary {
  const { kind, region, application, times, verdict, measured } = report;
  const { rtoMs, lost, acknowledged } = measured;
  return {
    ...ofOneDrill,
    ...{ kind, region, application: application.fqdn, verdict, rtoMs },
    atMs: Date.parse(times.brokenAt),
    answer: ledgerAnswerOf(report),
    losses: { of: "writes", lost, all: acknowledged },
  };
}

/** Of a game day: the longest RTO and all losses together. */
export function summaryOfGameday(gameday: Gameday, signedBy: string): DrillSummary {
  const { startedAt, steps } = gameday;
  const rtos = steps.flatMap(({ rtoMs }) => (typeof rtoMs === "number" ? [rtoMs] : []));
  return {
    kind: "game day",
    region: null,
    application: null,
    atMs: Date.parse(startedAt),
    verdict: gamedayVerdict(gameday),
    answer: gamedayAnswer(gameday),
    rtoMs: rtos.length === 0 ? null : Math.max(...rtos),
    losses: lossesOf(gameday),
    steps: steps.map(({ kind, result, report }) => ({ kind, result, report: report ?? null })),
    signedBy,
  };
}

/** Unknown as soon as one drill's are; null when nothing was counted. */
function lossesOf({ steps }: Gameday): DrillLosses | null {
  const counted = steps.filter(({ acknowledged }) => acknowledged !== undefined);
  if (counted.length === 0) return null;
  const all = counted.reduce((sum, { acknowledged = 0 }) => sum + acknowledged, 0);
  const isUnknown = counted.some(({ lost }) => typeof lost !== "number");
  const lost = counted.reduce((sum, step) => sum + (step.lost ?? 0), 0);
  return { of: "writes", lost: isUnknown ? null : lost, all };
}
