/**
 * The client's log and what the databases hold at the end, folded into the numbers of a drill of data.
 * RTO is DESIGN §8's: from the last acknowledged write of the old writer to the first of the new one.
 */
import { z } from "zod";
import type { LedgerHolding } from "./ledger-evidence.ts";
import {
  handoverSchema,
  handoversOf,
  staleAcknowledgements,
  tenureSchema,
  tenuresOf,
} from "./ledger-tenures.ts";
import { type Acknowledged, acknowledgedOf, type LedgerWrite } from "./ledger-write.ts";

const count = z.int().min(0);

export const ledgerMeasuredSchema = z
  .object({
    rtoMs: z.int().min(0).nullable().describe("Null when no other region began to write."),
    writeGapMs: z
      .int()
      .min(0)
      .describe("Longest time without an acknowledgement, from the break on."),
    writes: count.describe("Writes begun after the break."),
    acknowledged: count.describe("Acknowledged, in the whole run."),
    failedWhileBroken: count,
    failedWhileReturning: count,
    falseAnswers: count.describe("Answers 200 that can not be true."),
    lost: count
      .nullable()
      .describe("Acknowledged and not in the last writer's database; null: unread."),
    missingInCopy: count.nullable().describe("The same for the other region's database."),
    keptUnacknowledged: count.nullable().describe("Of unknown outcome to the client, and written."),
    rpoBytes: count
      .nullable()
      .describe("Between the last position that survived and the last acknowledged."),
    rpoMs: count
      .nullable()
      .describe("Between the first lost acknowledgement and the old writer's last."),
    overlapMs: count.describe("How long two regions acknowledged; 0 is none."),
    provenOverlapMs: count,
    staleAcknowledgements: count,
    lastWriter: z.string().nullable(),
    tenures: z.array(tenureSchema),
    handovers: z.array(handoverSchema),
  })
  .readonly();
export type LedgerMeasured = z.infer<typeof ledgerMeasuredSchema>;

export type LedgerFacts = {
  readonly writes: readonly LedgerWrite[];
  readonly holdings: readonly LedgerHolding[];
  /** When the restore was asked for, and the end of the measurement, from the break. */
  readonly restoreMs: number;
  readonly endMs: number;
};

/** The numbers of one run; total, also over no writes at all. */
export function measureLedger(facts: LedgerFacts): LedgerMeasured {
  const { writes, holdings, restoreMs, endMs } = facts;
  const acknowledged = acknowledgedOf(writes);
  const tenures = tenuresOf(acknowledged);
  const handovers = handoversOf(tenures);
  const lastWriter = acknowledged.at(-1)?.region ?? null;
  const own = holdings.find(({ region }) => region === lastWriter);
  const copy = holdings.find(({ region }) => region !== lastWriter);
  const begun = writes.filter(({ sentMs }) => sentMs >= 0);
  const failed = begun.filter(({ outcome }) => outcome !== "acknowledged");
  return {
    rtoMs: handovers.find(({ firstAckMs }) => firstAckMs >= 0)?.gapMs ?? null,
    writeGapMs: writeGap(acknowledged, endMs),
    writes: begun.length,
    acknowledged: acknowledged.length,
    failedWhileBroken: failed.filter(({ sentMs }) => sentMs < restoreMs).length,
    failedWhileReturning: failed.filter(({ sentMs }) => sentMs >= restoreMs).length,
    falseAnswers: writes.filter(({ outcome }) => outcome === "falseAnswer").length,
    lost: own?.missing?.length ?? null,
    missingInCopy: copy?.missing?.length ?? null,
    keptUnacknowledged: own?.unacknowledged ?? null,
    ...recoveryPoint(acknowledged, own?.missing ?? null),
    overlapMs: Math.max(0, ...handovers.map((one) => one.overlapMs)),
    provenOverlapMs: Math.max(0, ...handovers.map((one) => one.provenOverlapMs)),
    staleAcknowledgements: staleAcknowledgements(acknowledged).length,
    lastWriter,
    tenures: [...tenures],
    handovers: [...handovers],
  };
}

/** Between acknowledgements; the time after the last one counts until the end, and the one that holds the break as a whole. */
function writeGap(acknowledged: readonly Acknowledged[], endMs: number): number {
  let previousMs = Math.min(0, acknowledged[0]?.endMs ?? 0);
  let longestMs = 0;
  for (const atMs of [...acknowledged.map((write) => write.endMs), endMs]) {
    if (atMs > 0) longestMs = Math.max(longestMs, atMs - previousMs);
    previousMs = atMs;
  }
  return longestMs;
}

/** How much acknowledged work is gone, in bytes of the writer's log and in time; 0 of both when nothing is. */
function recoveryPoint(
  acknowledged: readonly Acknowledged[],
  missing: readonly string[] | null,
): Pick<LedgerMeasured, "rpoBytes" | "rpoMs"> {
  if (missing === null) return { rpoBytes: null, rpoMs: null };
  if (missing.length === 0) return { rpoBytes: 0, rpoMs: 0 };
  const gone = new Set(missing);
  const lost = acknowledged.filter(({ id }) => gone.has(id));
  const from = new Set(lost.map(({ region }) => region));
  const kept = acknowledged.filter(({ id, region }) => from.has(region) && !gone.has(id));
  const lastAckMs = Math.max(...lost.map(({ endMs }) => endMs));
  const firstAckMs = Math.min(...lost.map(({ endMs }) => endMs));
  return { rpoBytes: bytesBetween(kept, lost), rpoMs: lastAckMs - firstAckMs };
}

/** From the highest position that survived below the lost ones to the highest lost one; null where positions are unknown. */
function bytesBetween(kept: readonly Acknowledged[], lost: readonly Acknowledged[]): number | null {
  const positions = (writes: readonly Acknowledged[]): readonly number[] =>
    writes.flatMap(({ position }) => (typeof position === "number" ? [position] : []));
  const gone = positions(lost);
  const below = positions(kept).filter((position) => position < Math.min(...gone));
  // Without a survivor below them nobody knows how many bytes the first lost one had.
  if (gone.length < lost.length || below.length === 0) return null;
  return Math.max(...gone) - Math.max(...below);
}
