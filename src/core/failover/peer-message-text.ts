/** What agents say to each other, as JSON, and back: whatever comes over a network is parsed here before the agent hears of it. */
import { z } from "zod";
import type { PeerMessage } from "./message.ts";

/** Longest text of one message that is looked at, in characters. */
export const peerMessageLengthMax = 1_024;

const count = z.int().min(0);
const nonce = z.string().regex(/^[!-~]{1,128}$/);
const round = {
  policy: z.enum(["sticky", "peerArbiter"]),
  epoch: count,
  round: count,
};

const messageSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ask"),
    seq: count,
    sync: z.enum(["in_sync", "degraded", "none"]),
    ...round,
  }),
  z.strictObject({ kind: z.literal("consent"), seq: count, ...round }),
  z.strictObject({ kind: z.literal("giveBack"), epoch: count, round: count }),
  z.strictObject({ kind: z.literal("givenBack"), epoch: count, round: count }),
  z.strictObject({ kind: z.literal("clearAsk"), nonce, epochSeen: count }),
  z.strictObject({
    kind: z.literal("clear"),
    nonce,
    outstanding: z.enum(["none", "some", "unknown"]),
    epochSeen: count,
    roundIssued: count,
  }),
]) satisfies z.ZodType<PeerMessage>;

/** The message in parsed JSON; undefined when it is none, or has a field more than that. */
export function readPeerMessage(json: unknown): PeerMessage | undefined {
  const parsed = messageSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** The message in a text; undefined for everything that is none, also for what is no JSON. */
export function parsePeerMessage(text: string): PeerMessage | undefined {
  if (text.length > peerMessageLengthMax) return undefined;
  try {
    return readPeerMessage(JSON.parse(text));
  } catch {
    return undefined; // No JSON: as if it had not come.
  }
}

/** The message as one line of printable ASCII, which `parsePeerMessage` reads back. */
export function peerMessageText(message: PeerMessage): string {
  return JSON.stringify(message);
}
