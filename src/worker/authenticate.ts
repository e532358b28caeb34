/** Who asks: the signature of a request against the credentials of the witness (ADR 22). Comparing is the platform's, in constant time. */
import type { WitnessCredential } from "../core/lease/protocol-credentials.ts";
import {
  parseAuthorization,
  type SignedParts,
  signatureWindowMs,
  signedText,
} from "../core/lease/protocol-signature.ts";

export type Caller =
  | { readonly kind: "known"; readonly credential: WitnessCredential }
  | { readonly kind: "refused" }
  /** The signature is right and the time in it is not: the sender learns the time and signs again. */
  | { readonly kind: "clock" };

type Key = Awaited<ReturnType<typeof importKey>>;

export type Authenticate = (
  header: string | null,
  parts: Omit<SignedParts, "atMs">,
  nowMs: number,
) => Promise<Caller>;

/** Tells callers by these credentials; keys are imported once. */
export function makeAuthenticate(credentials: readonly WitnessCredential[]): Authenticate {
  const keys = new Map<string, Promise<Key>>();
  const keyOf = (credential: WitnessCredential): Promise<Key> => {
    const key = keys.get(credential.id) ?? importKey(credential.secret);
    keys.set(credential.id, key);
    return key;
  };
  return async (header, parts, nowMs) => {
    const authorization = parseAuthorization(header);
    const credential = credentials.find(({ id }) => id === authorization?.keyId);
    if (authorization === undefined || credential === undefined) return { kind: "refused" };
    const { atMs, signature } = authorization;
    const text = new TextEncoder().encode(signedText({ ...parts, atMs }));
    const isRight = await crypto.subtle.verify(
      "HMAC",
      await keyOf(credential),
      bytesOfHex(signature),
      text,
    );
    if (!isRight) return { kind: "refused" };
    return Math.abs(nowMs - atMs) > signatureWindowMs
      ? { kind: "clock" }
      : { kind: "known", credential };
  };
}

function importKey(secret: string) {
  const bytes = Uint8Array.from(atob(secret), (character) => character.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}
