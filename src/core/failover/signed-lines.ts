/**
 * The form of every text that a person signs (DESIGN §7.7, ADR 28, ADR 35): a first line with the version, one field a line in a fixed
 * order, a line break at the end. What does not read back to the same bytes is refused, so one meaning has one text.
 */
import type { Parsed } from "../names/names.ts";

/** The namespace of the signature (`ssh-keygen -Y sign -n …`); a signature of another one is none. */
export const signedNamespace = "sovereign-failover";

/** Longest text that is looked at. */
const textLengthMax = 2_000;

/** The forms of single fields. */
export const signedForms = {
  label: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  domain: /^[a-z0-9.-]{1,253}$/,
  nonce: /^[A-Za-z0-9_-]{16,64}$/,
} as const;

const instant = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const latestInstantMs = 200 * 31_622_400_000;

/** The fields as a text. */
export function signedLines<Field extends string>(
  version: string,
  fields: readonly Field[],
  values: Readonly<Record<Field, string>>,
): string {
  return [version, ...fields.map((field) => `${field}: ${values[field]}`), ""].join("\n");
}

/** The value of each field of a text, none of them judged; refused when a line is missing, added or out of order. */
export function readSignedLines<Field extends string>(
  text: string,
  version: string,
  fields: readonly Field[],
): Parsed<(field: Field) => string> {
  const refused = (because: string): Parsed<never> => ({ ok: false, because });
  if (text.length > textLengthMax) return refused(`it is longer than ${textLengthMax} characters`);
  const [first, ...lines] = text.split("\n");
  if (first !== version) return refused(`its first line is not "${version}"`);
  if (lines.length !== fields.length + 1 || lines.at(-1) !== "") {
    return refused(`it has not exactly the lines ${fields.join(", ")} and a line break at its end`);
  }
  const values = new Map<string, string>();
  for (const [index, field] of fields.entries()) {
    const line = lines[index] ?? "";
    if (!line.startsWith(`${field}: `)) return refused(`line ${index + 2} is not of ${field}`);
    values.set(field, line.slice(field.length + 2));
  }
  return { ok: true, value: (field) => values.get(field) ?? "" };
}

/** An instant as it is signed, or undefined when the number is none. */
export function signedInstant(atMs: number): string | undefined {
  const isOne = Number.isSafeInteger(atMs) && atMs >= 0 && atMs <= latestInstantMs;
  return isOne ? new Date(atMs).toISOString() : undefined;
}

/** Milliseconds of a signed instant, or NaN; `Date.parse` alone takes a 30th of February, which written again is another day. */
export function readSignedInstant(text: string): number {
  const atMs = instant.test(text) ? Date.parse(text) : NaN;
  return signedInstant(atMs) === text ? atMs : NaN;
}
