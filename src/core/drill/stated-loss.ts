/**
 * What people were told that a take-over would lose, before they approved it, and whether it was true (DESIGN §7.7, §8): the row
 * *reported bound ≥ true loss*. A number of bytes with "and what came after" bounds nothing, and is not judged as if it did.
 */
import { z } from "zod";
import { humanDurationMs } from "../kernel/duration.ts";
import type { LedgerMeasured } from "./ledger-measure.ts";

const count = z.int().min(0);

export const statedLossSchema = z
  .object({
    region: z.string().describe("Whose agent stated it: the region that would take over."),
    bytes: count.nullable().describe("Bytes of the log that it stated; null: not known."),
    bytesAreAtLeast: z.boolean().describe("Whether it said that more may have come after."),
    seconds: z
      .number()
      .min(0)
      .nullable()
      .describe("How far back the writes would be lost; null: not stated."),
    because: z.string().describe("Its own words."),
    approvedBytes: count.describe("The bound that every approval was signed with."),
    needed: count.describe("How many people have to approve a loss."),
    approvedBy: z.array(z.string()).describe("Who approved it, in their order."),
    waits: z
      .array(
        z.object({
          approvals: count,
          isOrdered: z.boolean().describe("Whether a person had ordered the take-over."),
          waitedMs: count,
          tookOver: z.boolean(),
        }),
      )
      .describe("How long nobody had to take over with too few approvals, and whether."),
  })
  .readonly();
export type StatedLoss = z.infer<typeof statedLossSchema>;

export type JudgedLoss = {
  readonly verdict: "held" | "broken" | "unknown";
  readonly evidence: string;
};

/** The most bytes that the statement allows; null where it states no such number. */
export function bytesBound({ bytes, bytesAreAtLeast }: StatedLoss): number | null {
  return bytesAreAtLeast ? null : bytes;
}

/** `at least 5000 B, of the last 12.5 s`. */
export function statedWords({ bytes, bytesAreAtLeast, seconds }: StatedLoss): string {
  const amount =
    bytes === null ? "an unknown amount" : `${bytesAreAtLeast ? "at least " : ""}${bytes} B`;
  const age =
    seconds === null ? "of unknown age" : `of the last ${humanDurationMs(seconds * 1_000)}`;
  return `${amount}, ${age}`;
}

/** Whether what is lost is within what was stated; unknown where nothing was stated that bounds it. */
export function judgeLossWithinBound(
  stated: StatedLoss | undefined,
  { lost, rpoBytes, rpoMs }: Pick<LedgerMeasured, "lost" | "rpoBytes" | "rpoMs">,
): JudgedLoss {
  if (stated === undefined) return { verdict: "unknown", evidence: "Nobody stated a loss." };
  if (lost === null || rpoMs === null)
    return { verdict: "unknown", evidence: "What is lost is not known." };
  const mostBytes = bytesBound(stated);
  const mostMs = stated.seconds === null ? null : stated.seconds * 1_000;
  const told = `Stated ${statedWords(stated)}; lost ${lost} writes, ${rpoBytes === null ? "an unknown number of bytes" : `${rpoBytes} B`} over ${humanDurationMs(rpoMs)}`;
  const isOver =
    (mostMs !== null && rpoMs > mostMs) ||
    (mostBytes !== null && rpoBytes !== null && rpoBytes > mostBytes);
  if (isOver) return { verdict: "broken", evidence: `${told}.` };
  if (mostMs === null && mostBytes === null)
    return { verdict: "unknown", evidence: `${told}. Nothing stated bounds it.` };
  if (mostBytes !== null && rpoBytes === null) return { verdict: "unknown", evidence: `${told}.` };
  return { verdict: "held", evidence: `${told}.` };
}

/** Whether it waited for people, and for all of them. */
export function judgePeopleDecide(stated: StatedLoss | undefined): JudgedLoss {
  if (stated === undefined) return { verdict: "unknown", evidence: "Nobody was asked." };
  const { waits, needed, approvedBy, region } = stated;
  const hasty = waits.find(({ tookOver }) => tookOver);
  if (hasty !== undefined)
    return {
      verdict: "broken",
      evidence: `${region} took over with ${hasty.approvals} of ${needed} approvals.`,
    };
  const tooFew = Array.from({ length: needed }, (_, approvals) => approvals);
  const isProven = tooFew.every((approvals) => waits.some((wait) => wait.approvals === approvals));
  const told = waits.map(
    ({ approvals, isOrdered, waitedMs }) =>
      `${humanDurationMs(waitedMs)} with ${approvals} of ${needed} approvals${isOrdered ? " and an order" : ""}`,
  );
  if (!isProven || new Set(approvedBy).size < needed)
    return {
      verdict: "unknown",
      evidence: `Not every number of approvals below ${needed} was tried: ${told.join(", ") || "none was"}.`,
    };
  return {
    verdict: "held",
    evidence: `Nobody took over for ${told.join(", nor for ")}; then ${approvedBy.join(" and ")} had approved it.`,
  };
}
