/** Predicted beside measured: one row for each number of a drill of data, with what is answered for where something is. */
import { z } from "zod";
import { unreachable } from "../kernel/assert.ts";
import { humanDurationMs } from "../kernel/duration.ts";
import { type LedgerKind, ledgerKindFacts, mayLoseWrites } from "./ledger-kinds.ts";
import type { LedgerMeasured } from "./ledger-measure.ts";
import { type LedgerProfile, predictGap, targetMs } from "./ledger-prediction.ts";
import { bytesBound, type StatedLoss, statedWords } from "./stated-loss.ts";

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
  /** What people were told and approved, where writes may be lost. */
  readonly stated?: StatedLoss;
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
  return [
    ...(writer === "moves" ? [rtoRow(kind, measured, profile, foretold)] : []),
    gapRow(kind, measured, profile),
    ...(mayLoseWrites(kind) ? approvedRows(measured, foretold) : keptRows(measured, foretold)),
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

/** Where nothing may be lost, but for what the what-if said. */
function keptRows(measured: LedgerMeasured, { rpoBytes, source }: Foretold): readonly LedgerRow[] {
  const bytes = rpoBytes ?? 0;
  const because = rpoBytes === undefined ? "commits wait for the standby" : (source ?? "");
  const nothing = { predicted: 0, limit: 0, because: "whatever is broken" };
  const time = { predicted: null, limit: bytes === 0 ? 0 : null, because };
  return [
    row("lost", "count", nothing, measured.lost, measured.acknowledged),
    row("rpoBytes", "bytes", { predicted: bytes, limit: bytes, because }, measured.rpoBytes),
    row("rpoMs", "ms", time, measured.rpoMs),
  ];
}

/** Where people approved a loss: answered for is what they were told. */
function approvedRows(measured: LedgerMeasured, { stated }: Foretold): readonly LedgerRow[] {
  const because =
    stated === undefined
      ? "nothing was stated"
      : `${statedWords(stated)}, stated by ${stated.region} before ${stated.approvedBy.length} people approved it`;
  const ms = stated?.seconds == null ? null : Math.round(stated.seconds * 1_000);
  const bytes = {
    predicted: stated?.bytes ?? null,
    limit: stated === undefined ? null : bytesBound(stated),
    because,
  };
  const writes = { predicted: null, limit: null, because };
  return [
    row("lost", "count", writes, measured.lost, measured.acknowledged),
    row("rpoBytes", "bytes", bytes, measured.rpoBytes),
    row("rpoMs", "ms", { predicted: ms, limit: ms, because }, measured.rpoMs),
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
  if (prediction === undefined) {
    const because = "people decide when; nothing is promised";
    return row("rto", "ms", { predicted: null, limit: null, because }, rtoMs);
  }
  const target = targetMs(kind, profile);
  const predicted = foretold.rtoMs ?? prediction.likely.ms;
  const limit = target ?? prediction.most.ms;
  const of = target === undefined ? `at most ${prediction.most.arithmetic}` : "target of DESIGN §8";
  const source = foretold.rtoMs === undefined ? prediction.likely.arithmetic : foretold.source;
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
