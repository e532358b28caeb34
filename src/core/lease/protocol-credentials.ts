/**
 * The credentials that a witness accepts: each belongs to one holder, who may act only as itself and only in its slots.
 * Two of a holder may be live at once, so that one can be replaced without a moment in which none works (ADR 22).
 */

import { z } from "zod/mini";
import { parseJson } from "../kernel/json.ts";
import { isHolderName } from "./protocol.ts";
import { isKeyId } from "./protocol-signature.ts";

export type WitnessCredential = {
  /** Names the credential in requests; no secret. */
  readonly id: string;
  /** Cluster that it belongs to; null for one that may only read. */
  readonly holder: string | null;
  /** Beginnings of the names of its slots; an empty one covers all. */
  readonly slots: readonly string[];
  /** Base64 of at least 32 bytes. */
  readonly secret: string;
};

const credentialSchema = z.strictObject({
  id: z.string().check(z.refine(isKeyId)),
  holder: z.nullable(z.string().check(z.refine(isHolderName))),
  slots: z.array(z.string().check(z.maxLength(200))).check(z.maxLength(1_000)),
  // 43 characters of Base64 are 32 bytes.
  secret: z.string().check(z.regex(/^[A-Za-z0-9+/]{43,512}={0,2}$/)),
});

const listSchema = z.strictObject({ credentials: z.array(credentialSchema) });

/** Live credentials that one holder may have: the old and the new one while it is replaced. */
export const credentialsPerHolderMax = 2;

export type ParsedCredentials =
  | { readonly ok: true; readonly credentials: readonly WitnessCredential[] }
  /** A sentence that never quotes what it found. */
  | { readonly ok: false; readonly because: string };

/** The list that a witness is started with: `{ "credentials": [{ "id", "holder", "slots", "secret" }] }`. */
export function parseCredentials(text: string): ParsedCredentials {
  const value = parseJson(text);
  if (value === undefined) return { ok: false, because: "The credentials are not JSON." };
  const parsed = listSchema.safeParse(value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".") ?? "";
    return {
      ok: false,
      because: `The credentials are wrong at ${field === "" ? "the top" : field}.`,
    };
  }
  const { credentials } = parsed.data;
  const twice = credentials.find(
    ({ id }, index) => credentials.findIndex((other) => other.id === id) !== index,
  );
  if (twice !== undefined) return { ok: false, because: `The id ${twice.id} is there twice.` };
  const crowded = credentials.find(
    ({ holder }) =>
      holder !== null &&
      credentials.filter((other) => other.holder === holder).length > credentialsPerHolderMax,
  );
  if (crowded !== undefined) {
    const because = `${crowded.holder} has more than ${credentialsPerHolderMax} live credentials.`;
    return { ok: false, because };
  }
  return { ok: true, credentials };
}

/** The one credential that a client signs with, of the same shape; undefined when the text is none. */
export function parseCredential(text: string): WitnessCredential | undefined {
  const parsed = credentialSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

/** Whether a credential covers a slot; a holder's own scratch slots always are. */
export function coversSlot({ holder, slots }: WitnessCredential, slot: string): boolean {
  if (holder !== null && slot.startsWith(`scratch/${holder}/`)) return true;
  return slots.some((beginning) => slot.startsWith(beginning));
}
