/**
 * The values that this process knows to be secret. Whoever reads a credential registers it, and from then on
 * logs, the terminal and the journal show `[redacted]` in its place (SECURITY.md).
 */
import type { JsonObject } from "../core/kernel/json.ts";
import { redactObject, redactText } from "../core/kernel/redact.ts";

/** Shorter values would blank out ordinary text and protect nothing. */
const shortestSecret = 4;

const registered = new Set<string>();
let longestFirst: readonly string[] = [];

/** Makes all output of this process replace this value, also without the white space around it and as a URL writes it. */
export function registerSecret(value: string): void {
  const bare = value.trim();
  if (bare.length < shortestSecret) return;
  const inUrl = encodeURIComponent(Buffer.from(bare).toString()); // Half a surrogate pair has no writing in a URL.
  for (const secret of [value, bare, inUrl]) registered.add(secret);
  longestFirst = [...registered].sort((a, b) => b.length - a.length);
}

/** The registered secrets, longest first, so that one inside another leaves no rest. */
export function knownSecrets(): readonly string[] {
  return longestFirst;
}

/** The text as it may be shown. */
export function withoutSecrets(text: string): string {
  return redactText(text, longestFirst);
}

/** The object as it may be shown or kept. */
export function objectWithoutSecrets(object: JsonObject): JsonObject {
  return redactObject(object, longestFirst);
}
