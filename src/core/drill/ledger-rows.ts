/** Predicted beside measured: one row for each number of a drill of data, with what is answered for where something is. */
import { z } from "zod";
import { unreachable } from "../kernel/assert.ts";
import { humanDurationMs } from "../kernel/duration.ts";
import { type LedgerKind, ledgerKindFacts } from "./ledger-kinds.ts";
import type { LedgerMeasured } from "./ledger-measure.ts";
import { type LedgerProfile, predictGap, targetMs } from "./ledger-prediction.ts";

export const ledgerRowIds = [
  "rto",
  "writeGap",
  "lost",
  "rpoBytes",
  "rpoMs",
  "overlap",
  "falseAnswers",
  "failedWrites",
] as const;
export type LedgerRowId = (typeof ledgerRowIds)[number];

export const ledgerRowSchema = z
  .object({
    id: z.enum(ledgerRowIds),
    label: z.string(),
    unit: z.enum(["ms", "count", "bytes"]),
    predicted: z.number().nullable().describe("What was expected before; null: nothing was said."),
    limit: z.number().nullable().describe("What is answered for; null: it is only stated."),
    because: z.string().describe("Where prediction and limit come from."),
    measured: z.number().nullable().describe("Null when it did not happen or is not known."),
    of: z.int().optional(),
    verdict: z.enum(["within", "missed", "stated"]),
  })
  .readonly();
export type LedgerRow = z.infer<typeof ledgerRowSchema>;

const labels: Readonly<Record<LedgerRowId, string>> = {
  rto: "RTO, last acknowledged write to first",
  writeGap: "Longest gap without an acknowledgement",
  lost: "Acknowledged writes lost",
  rpoBytes: "RPO in bytes of the log",
  rpoMs: "RPO in time",
  overlap: "Two regions acknowledging",
  falseAnswers: "False acknowledgements",
  failedWrites: "Failed writes",
};

/** What was said before the break, from other sources than the times alone. */
export type Foretold = {
  /** The what-if's answer, or undefined where nobody asked. */
  readonly rtoMs?: number;
  readonly rpoBytes?: number;
  readonly source?: string;
};

/** All rows in the order of the report. */
export function ledgerRows(
  kind: LedgerKind,
  measured: LedgerMeasured,
  profile: LedgerProfile,
  foretold: Foretold = {},
): readonly LedgerRow[] {
  const { writer, failures } = ledgerKindFacts[kind];
  const failed = measured.failedWhileBroken + measured.failedWhileReturning;
  const nothing = { predicted: 0, limit: 0, because: "whatever is broken" };
  const bytes = foretold.rpoBytes ?? 0;
  const rpoBecause =
    foretold.rpoBytes === undefined ? "commits wait for the standby" : (foretold.source ?? "");
  return [
    ...(writer === "moves" ? [rtoRow(kind, measured, profile, foretold)] : []),
    gapRow(kind, measured, profile),
    row("lost", "count", nothing, measured.lost, measured.acknowledged),
    row(
      "rpoBytes",
      "bytes",
      { predicted: bytes, limit: bytes, because: rpoBecause },
      measured.rpoBytes,
    ),
    row(
      "rpoMs",
      "ms",
      { predicted: null, limit: bytes === 0 ? 0 : null, because: rpoBecause },
      measured.rpoMs,
    ),
    row("overlap", "ms", nothing, measured.overlapMs),
    row("falseAnswers", "count", nothing, measured.falseAnswers),
    row(
      "failedWrites",
      "count",
      failures === "none"
        ? { predicted: 0, limit: 0, because: "nobody notices" }
        : {
            predicted: null,
            limit: null,
            because: "a client may try again; none was acknowledged",
          },
      failed,
      measured.writes,
    ),
  ];
}

type Expected = Pick<LedgerRow, "predicted" | "limit" | "because">;

function rtoRow(
  kind: LedgerKind,
  { rtoMs }: LedgerMeasured,
  profile: LedgerProfile,
  foretold: Foretold,
): LedgerRow {
  const prediction = predictGap(kind, profile);
  const target = targetMs(kind, profile);
  const predicted = foretold.rtoMs ?? prediction?.likely.ms ?? null;
  const limit = target ?? prediction?.most.ms ?? null;
  const of =
    target === undefined ? `at most ${prediction?.most.arithmetic}` : "target of DESIGN §8";
  const source = foretold.rtoMs === undefined ? prediction?.likely.arithmetic : foretold.source;
  return row("rto", "ms", { predicted, limit, because: `${of}; predicted ${source}` }, rtoMs);
}

function gapRow(
  kind: LedgerKind,
  { writeGapMs }: LedgerMeasured,
  profile: LedgerProfile,
): LedgerRow {
  const prediction = predictGap(kind, profile);
  if (prediction === undefined) {
    const because = "as long as the break is held; nothing is promised";
    return row("writeGap", "ms", { predicted: null, limit: null, because }, writeGapMs);
  }
  const target = targetMs(kind, profile);
  const limit = target === undefined ? prediction.most.ms : target + profile.writeLimitMs;
  const because =
    target === undefined
      ? prediction.most.arithmetic
      : `target of the RTO + one write ${humanDurationMs(profile.writeLimitMs)}`;
  return row("writeGap", "ms", { predicted: prediction.likely.ms, limit, because }, writeGapMs);
}

function row(
  id: LedgerRowId,
  unit: LedgerRow["unit"],
  expected: Expected,
  measured: number | null,
  of?: number,
): LedgerRow {
  const { limit } = expected;
  const within = measured !== null && limit !== null && measured <= limit;
  return {
    id,
    label: labels[id],
    unit,
    ...expected,
    measured,
    ...(of === undefined ? {} : { of }),
    verdict: limit === null ? "stated" : within ? "within" : "missed",
  };
}

/** A value with its unit, for people; `—` where there is none. */
export function ledgerQuantity(unit: LedgerRow["unit"], value: number | null): string {
  if (value === null) return "—";
  switch (unit) {
    case "ms":
      return value === 0 ? "0" : humanDurationMs(value);
    case "count":
      return String(value);
    case "bytes":
      return value < 10_000 ? `${value} B` : `${(value / 1_024).toFixed(0)} KiB`;
    default:
      return unreachable(unit);
  }
}

/** `31.4 s`, `0 of 1200`, `did not happen`. */
export function ledgerMeasuredText({ unit, measured, of }: LedgerRow): string {
  if (measured === null) return "not known";
  const text = ledgerQuantity(unit, measured);
  return of === undefined ? text : `${text} of ${of}`;
}

/** `≤ 40.0 s`, `0`, or nothing where it is only stated. */
export function ledgerLimitText({ unit, limit }: LedgerRow): string {
  if (limit === null) return "stated";
  return limit === 0 ? "0" : `≤ ${ledgerQuantity(unit, limit)}`;
}
