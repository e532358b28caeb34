/**
 * What a drill's clients write down: one sample for each request and for each question to a name server.
 * Instants are milliseconds from the moment the region was broken; what came before is negative.
 */
import { z } from "zod";

export const requestOutcomes = [
  "ok",
  "noAnswer",
  "refused",
  "timedOut",
  "badStatus",
  "notStarted",
] as const;
export type RequestOutcome = (typeof requestOutcomes)[number];

/** A failed request in the words of a person at a browser. */
export const outcomeWords: Readonly<Record<RequestOutcome, string>> = {
  ok: "answered",
  noAnswer: "name had no answer",
  refused: "connection refused or broken",
  timedOut: "no response in time",
  badStatus: "response was not 200",
  notStarted: "too many requests were still open",
};

export const requestSampleSchema = z
  .object({
    atMs: z.int().describe("When the request was started."),
    tookMs: z.int().min(0).describe("From the question for the name to the end of the response."),
    addresses: z.array(z.string()).describe("The recursor's answer; empty when there was none."),
    address: z.string().optional().describe("The address that was then asked over HTTP."),
    status: z.int().optional().describe("HTTP status, when there was a response."),
    outcome: z.enum(requestOutcomes).describe("What became of it."),
  })
  .readonly();
/** One request of the measuring client: the name asked of the recursor, then HTTP to the address it gave. */
export type RequestSample = z.infer<typeof requestSampleSchema>;

export const probeSampleSchema = z
  .object({
    atMs: z.int().describe("When the question was sent."),
    tookMs: z.int().min(0).describe("Until the answer, or until the client gave up."),
    server: z.string().describe("Name of the authoritative server."),
    addresses: z
      .array(z.string())
      .describe("Its answer; empty when there was none, which says nothing about health."),
  })
  .readonly();
/** One question for the name, asked of an authoritative server directly. */
export type ProbeSample = z.infer<typeof probeSampleSchema>;

export type Samples = {
  readonly requests: readonly RequestSample[];
  readonly probes: readonly ProbeSample[];
};

/** When the answer of a sample was there. */
export function endOf(sample: { readonly atMs: number; readonly tookMs: number }): number {
  return sample.atMs + sample.tookMs;
}
