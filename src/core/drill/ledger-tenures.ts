/** Who wrote, when, by what the client was told: acknowledgements by writer, and what lies between two of them. */
import { z } from "zod";
import type { Acknowledged } from "./ledger-write.ts";

export const tenureSchema = z
  .object({
    region: z.string(),
    epoch: z.int().nullable(),
    firstAckMs: z.int(),
    lastAckMs: z.int(),
    lastSentMs: z.int().describe("When the last write was sent that it acknowledged."),
    count: z.int(),
  })
  .readonly();
/** All that one region acknowledged at one epoch. */
export type LedgerTenure = z.infer<typeof tenureSchema>;

export const handoverSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    fromEpoch: z.int().nullable(),
    toEpoch: z.int().nullable(),
    lastAckMs: z.int().describe("Last acknowledgement of the old writer."),
    firstAckMs: z.int().describe("First acknowledgement of the new one."),
    gapMs: z.int().min(0).describe("Between the two, without any acknowledgement."),
    overlapMs: z
      .int()
      .min(0)
      .describe("How long both acknowledged; anything above 0 is two writers."),
    provenOverlapMs: z
      .int()
      .min(0)
      .describe(
        "The part in which the old writer took writes that were sent after the new one's first.",
      ),
  })
  .readonly();
export type LedgerHandover = z.infer<typeof handoverSchema>;

/** The writers by epoch, those of an unknown epoch by when they began. */
export function tenuresOf(acknowledged: readonly Acknowledged[]): readonly LedgerTenure[] {
  const tenures = new Map<string, LedgerTenure>();
  for (const { region, epoch = null, sentMs, endMs } of acknowledged) {
    const key = JSON.stringify([region, epoch]);
    const so = tenures.get(key);
    tenures.set(key, {
      region,
      epoch,
      firstAckMs: Math.min(so?.firstAckMs ?? endMs, endMs),
      lastAckMs: Math.max(so?.lastAckMs ?? endMs, endMs),
      lastSentMs: Math.max(so?.lastSentMs ?? sentMs, sentMs),
      count: (so?.count ?? 0) + 1,
    });
  }
  return [...tenures.values()].sort(byEpochThenTime);
}

function byEpochThenTime(a: LedgerTenure, b: LedgerTenure): number {
  if (a.epoch !== null && b.epoch !== null && a.epoch !== b.epoch) return a.epoch - b.epoch;
  return a.firstAckMs - b.firstAckMs;
}

/** Each change of the writing region, with the overlap of whoever wrote before with the new writer. */
export function handoversOf(tenures: readonly LedgerTenure[]): readonly LedgerHandover[] {
  return tenures.flatMap((to, at) => {
    const from = tenures[at - 1];
    if (from === undefined || from.region === to.region) return [];
    const others = tenures.slice(0, at).filter(({ region }) => region !== to.region);
    const lastAckMs = Math.max(...others.map((one) => one.lastAckMs));
    const lastSentMs = Math.max(...others.map((one) => one.lastSentMs));
    const after = (ms: number): number => Math.max(0, ms - to.firstAckMs);
    return [
      {
        from: from.region,
        to: to.region,
        fromEpoch: from.epoch,
        toEpoch: to.epoch,
        lastAckMs,
        firstAckMs: to.firstAckMs,
        gapMs: Math.max(0, to.firstAckMs - lastAckMs),
        overlapMs: after(lastAckMs),
        provenOverlapMs: after(lastSentMs),
      },
    ];
  });
}

/** Acknowledgements of an epoch for writes that were sent after a higher one had acknowledged already. */
export function staleAcknowledgements(
  acknowledged: readonly Acknowledged[],
): readonly Acknowledged[] {
  let highest = -1;
  const rises: { readonly epoch: number; readonly atMs: number }[] = [];
  for (const { epoch, endMs } of acknowledged) {
    if (typeof epoch !== "number" || epoch <= highest) continue;
    highest = epoch;
    rises.push({ epoch, atMs: endMs });
  }
  return acknowledged.filter(
    ({ epoch, sentMs }) =>
      typeof epoch === "number" && rises.some((rise) => rise.epoch > epoch && rise.atMs < sentMs),
  );
}
