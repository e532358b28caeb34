/** Measured beside expected: one row for each number that a drill answers for. */
import { z } from "zod";
import { unreachable } from "../kernel/assert.ts";
import { humanDurationMs } from "../kernel/duration.ts";
import type { Bound, Bounds } from "./bounds.ts";
import type { Measurements } from "./measure.ts";

export const rowIds = [
  "detect",
  "answerChanged",
  "failedRequests",
  "longestGap",
  "answeredByBroken",
  "wrongAnswers",
  "return",
] as const;
export type RowId = (typeof rowIds)[number];

export const rowSchema = z
  .object({
    id: z.enum(rowIds).describe("Stable name of the row."),
    label: z.string().describe("What was measured, for people."),
    unit: z.enum(["ms", "count"]).describe("Unit of bound and measured."),
    bound: z.int().min(0).describe("The most that is allowed."),
    arithmetic: z.string().describe("Where the bound comes from."),
    measured: z.int().min(0).nullable().describe("What was measured; null when it never happened."),
    of: z.int().min(0).optional().describe("Of how many, for a count."),
    verdict: z.enum(["within", "missed"]).describe("Within when measured is at most the bound."),
  })
  .readonly();
export type DrillRow = z.infer<typeof rowSchema>;

const labels: Readonly<Record<RowId, string>> = {
  detect: "Time to detect",
  answerChanged: "Until the answer changed",
  failedRequests: "Failed requests",
  longestGap: "Longest gap without a response",
  answeredByBroken: "Answered by the broken region after detection",
  wrongAnswers: "Wrong answers",
  return: "Time to return",
};

/** All rows in the order of the report. */
export function judge(measured: Measurements, bounds: Bounds): readonly DrillRow[] {
  const failed = measured.failedWhileBroken + measured.failedWhileReturning;
  return [
    row("detect", "ms", bounds.detectMs, measured.detectMs),
    row("answerChanged", "ms", bounds.answerChangedMs, measured.answerChangedMs),
    row("failedRequests", "count", bounds.failedRequests, failed, measured.requests),
    row("longestGap", "ms", bounds.longestGapMs, measured.longestGapMs),
    row(
      "answeredByBroken",
      "count",
      bounds.answeredByBroken,
      measured.answeredByBrokenAfterDetection,
    ),
    row("wrongAnswers", "count", bounds.wrongAnswers, measured.wrongAnswers, measured.answers),
    row("return", "ms", bounds.returnMs, measured.returnMs),
  ];
}

function row(
  id: RowId,
  unit: DrillRow["unit"],
  bound: Bound,
  measured: number | null,
  of?: number,
): DrillRow {
  return {
    id,
    label: labels[id],
    unit,
    bound: bound.limit,
    arithmetic: bound.arithmetic,
    measured,
    ...(of === undefined ? {} : { of }),
    verdict: measured !== null && measured <= bound.limit ? "within" : "missed",
  };
}

/** `≤ 8.0 s`, or `0` where nothing is allowed. */
export function boundText(row: DrillRow): string {
  return row.bound === 0 ? quantityOf(row.unit, 0) : `≤ ${quantityOf(row.unit, row.bound)}`;
}

/** `4.2 s`, `41 of 412`, `never`. */
export function measuredText(row: DrillRow): string {
  if (row.measured === null) return "never";
  const text = quantityOf(row.unit, row.measured);
  return row.of === undefined ? text : `${text} of ${row.of}`;
}

/** What is left of the bound, or by how much it was missed. */
export function verdictText(row: DrillRow): string {
  if (row.measured === null) return "did not happen";
  const distance = Math.abs(row.bound - row.measured);
  if (row.verdict === "missed") return `${quantityOf(row.unit, distance)} over`;
  return distance === 0 ? "as expected" : `${quantityOf(row.unit, distance)} to spare`;
}

/** A value with its unit, for people. */
export function quantityOf(unit: DrillRow["unit"], value: number): string {
  switch (unit) {
    case "ms":
      return humanDurationMs(value);
    case "count":
      return String(value);
    default:
      return unreachable(unit);
  }
}
