/** The agent's record as a store gives it back: parsed, and held against its own rules, before anybody believes it. */
import { z } from "zod";
import type { AgentRecord } from "./record.ts";

const count = z.int().min(0);
const round = z.strictObject({
  policy: z.enum(["sticky", "peerArbiter"]),
  epoch: count,
  round: count,
});

const recordSchema = z.strictObject({
  version: count,
  armed: z.boolean(),
  epochSeen: count,
  roundIssued: count,
  givenBack: z.strictObject({ epoch: count, round: count }),
  unclear: z.boolean(),
  epochHeld: count,
  epochOwn: count.nullable(),
  epochBeforeOwn: count,
  open: round.nullable(),
  promise: round.nullable(),
}) satisfies z.ZodType<AgentRecord>;

/** The record out of JSON that a store kept; undefined when it is not one that this program can have written. */
export function readAgentRecord(json: unknown): AgentRecord | undefined {
  const parsed = recordSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}
