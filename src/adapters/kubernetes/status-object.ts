/** `Status`, the object in which an API server says no (apimachinery `meta/v1`), read from an answer of any kind. */
import { z } from "zod";
import { parseJson } from "../../core/kernel/json.ts";
import { withoutSecrets } from "../secrets.ts";

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? "");

const causeSchema = z.looseObject({ reason: text, message: text, field: text });

const detailsSchema = z.looseObject({
  name: text,
  kind: text,
  causes: z
    .array(causeSchema)
    .nullish()
    .catch(null)
    .transform((causes) => causes ?? []),
  retryAfterSeconds: z.number().nullish().catch(null),
});

const statusSchema = z.looseObject({
  kind: z.literal("Status"),
  status: text,
  message: text,
  reason: text,
  code: z.number().nullish().catch(null),
  details: detailsSchema
    .nullish()
    .catch(null)
    .transform((details) => details ?? detailsSchema.parse({})),
});

export type StatusObject = z.infer<typeof statusSchema>;

/** The Status that a value is; undefined when it is none. */
export function statusOf(value: unknown): StatusObject | undefined {
  return statusSchema.safeParse(value).data;
}

const wordsMax = 1_000;

/** What an answer says for people, in one line of bounded length, without known secrets. */
export function wordsOf(answer: string): string {
  const status = statusOf(parseJson(answer));
  const words = status === undefined ? answer : status.message || status.reason;
  return inOneLine(words) || "without a word";
}

/** The words as they may be shown, cut to what a person reads. */
export function inOneLine(words: string): string {
  // Cut first, so that a page of garbage costs nothing.
  const bare = withoutSecrets(withoutObjects(words.slice(0, 64 * wordsMax)).slice(0, 4 * wordsMax))
    .replace(/\s+/g, " ")
    .trim();
  return bare.length > wordsMax ? `${bare.slice(0, wordsMax)}…` : bare;
}

/** Values that a message quotes are left out when they are whole objects, also where the end was cut off: these may hold what nobody should read in a log. */
function withoutObjects(words: string): string {
  return words.replace(/\bInvalid value: "(?:[^"\\]|\\.){200,}"?/g, "Invalid value: (an object)");
}

/** Whether a 429 is the refusal of an eviction, and not a server with too much to do. */
export function isDisruptionBudget(answer: string): boolean {
  const causes = statusOf(parseJson(answer))?.details.causes ?? [];
  return causes.some(({ reason }) => reason === "DisruptionBudget");
}
