/**
 * One write of the ledger client, as it stands in the client's own append-only log: the judge of what may not be lost.
 * An identifier is sent once and never again, so that a write whose outcome is unknown stays unknown.
 */
import { z } from "zod";

export const writeOutcomes = [
  "acknowledged",
  "falseAnswer",
  "noAnswer",
  "refused",
  "timedOut",
  "badStatus",
  "notStarted",
] as const;
export type WriteOutcome = (typeof writeOutcomes)[number];

/** What became of a write, in the words of a person at a screen. */
export const writeOutcomeWords: Readonly<Record<WriteOutcome, string>> = {
  acknowledged: "acknowledged",
  falseAnswer: "said to be done by an answer that can not be true",
  noAnswer: "name had no answer",
  refused: "connection refused or broken",
  timedOut: "no response in time",
  badStatus: "response was not 200",
  notStarted: "too many writes were still open",
};

export const writeSchema = z
  .object({
    id: z.string().describe("What the client asked to be kept."),
    sentMs: z.int().describe("When it was begun."),
    endMs: z.int().describe("When its outcome was known to the client."),
    outcome: z.enum(writeOutcomes).describe("What became of it."),
    addresses: z.array(z.string()).describe("The recursor's answer; empty when there was none."),
    address: z.string().optional().describe("The address that was then asked over HTTP."),
    status: z.int().optional().describe("HTTP status, when there was a response."),
    region: z.string().optional().describe("Cluster that says it wrote it."),
    epoch: z.int().nullable().optional().describe("Epoch of the writer's right to write."),
    position: z.int().nullable().optional().describe("Position in the writer's log, in bytes."),
  })
  .readonly();
/** Instants are milliseconds from the break once a report holds them. */
export type LedgerWrite = z.infer<typeof writeSchema>;

/** A write that somebody took responsibility for. */
export type Acknowledged = LedgerWrite & { readonly region: string };

/** The acknowledged writes in the order in which the client heard of them. */
export function acknowledgedOf(writes: readonly LedgerWrite[]): readonly Acknowledged[] {
  return writes
    .filter(
      (write): write is Acknowledged =>
        write.outcome === "acknowledged" && write.region !== undefined,
    )
    .sort((a, b) => a.endMs - b.endMs);
}

/** Bytes of a position as PostgreSQL writes it, `16/B374D848`, or as a number; undefined when it is neither. */
export function positionBytes(text: unknown): number | undefined {
  if (typeof text === "number") return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  const parts =
    typeof text === "string" ? /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) : null;
  if (parts === null) return undefined;
  const bytes = Number.parseInt(parts[1] ?? "", 16) * 2 ** 32 + Number.parseInt(parts[2] ?? "", 16);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * What a 200 says, believed only where it can be true: it names the identifier that was sent and who wrote it. Undefined is an
 * answer that takes responsibility for something else than what was asked.
 */
export function readAcknowledgement(
  id: string,
  body: unknown,
): (Pick<LedgerWrite, "epoch" | "position"> & { readonly region: string }) | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { id: said, region, epoch, lsn } = body as Readonly<Record<string, unknown>>; // Every field is looked at below.
  if (said !== id || typeof region !== "string" || region === "") return undefined;
  const isEpoch = typeof epoch === "number" && Number.isSafeInteger(epoch);
  return { region, epoch: isEpoch ? epoch : null, position: positionBytes(lsn) ?? null };
}
