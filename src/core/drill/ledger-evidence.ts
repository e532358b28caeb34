/** What a drill of data has seen beside the client's own log: databases at the end, agents while it went on, and events. */
import { z } from "zod";

export const holdingSchema = z
  .object({
    region: z.string().describe("Cluster whose database was read."),
    missing: z
      .array(z.string())
      .nullable()
      .describe("Acknowledged identifiers that it does not hold; null when it could not be read."),
    unacknowledged: z
      .int()
      .min(0)
      .nullable()
      .describe("Writes that it holds although nobody acknowledged them; they are no fault."),
    because: z.string().optional().describe("Why it could not be read."),
  })
  .readonly();
/** What one region's database holds of the client's writes, when everything was over. */
export type LedgerHolding = z.infer<typeof holdingSchema>;

export const agentSampleSchema = z
  .object({
    atMs: z.int().describe("When the agent was asked."),
    region: z.string(),
    answered: z.boolean().describe("Whether it answered at all."),
    epoch: z.int().nullable().describe("Epoch of its right to write; null without one."),
    data: z
      .string()
      .describe("What its data does: `fenced`, `serving`, …; empty without an answer."),
    isServing: z.boolean().describe("Whether its health path answers 200."),
    armed: z.boolean(),
    sync: z
      .string()
      .describe("What the witness confirmed of the standby; empty without an answer."),
  })
  .readonly();
/** What an agent said of itself at a moment. */
export type AgentSample = z.infer<typeof agentSampleSchema>;

export const timelineEventSchema = z
  .object({
    atMs: z.int(),
    source: z.string().describe("`client`, `drill`, or the cluster whose agent wrote it down."),
    type: z.string(),
    text: z.string(),
  })
  .readonly();
export type TimelineEvent = z.infer<typeof timelineEventSchema>;

/** What a database holds of a run, by comparing sets: never by gaps in a sequence. */
export function holdingOf(
  region: string,
  held: ReadonlySet<string>,
  run: { readonly sent: readonly string[]; readonly acknowledged: readonly string[] },
): LedgerHolding {
  const acknowledged = new Set(run.acknowledged);
  return {
    region,
    missing: [...acknowledged].filter((id) => !held.has(id)),
    unacknowledged: new Set(run.sent.filter((id) => held.has(id) && !acknowledged.has(id))).size,
  };
}

/** A region whose database could not be read. */
export function unreadable(region: string, because: string): LedgerHolding {
  return { region, missing: null, unacknowledged: null, because };
}

/** Events of several tellings as one timeline: each once, in the order of time. */
export function mergeTimeline(
  ...tellings: readonly (readonly TimelineEvent[])[]
): readonly TimelineEvent[] {
  const seen = new Map<string, TimelineEvent>();
  for (const event of tellings.flat()) {
    const key = JSON.stringify([event.source, event.atMs, event.type, event.text]);
    if (!seen.has(key)) seen.set(key, event);
  }
  return [...seen.values()].sort((a, b) => a.atMs - b.atMs);
}
