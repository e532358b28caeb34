/**
 * The signature of a push: HMAC-SHA256 over the raw bytes of the body, in hex. Gitea sends it as `X-Gitea-Signature`,
 * and the same digest as GitHub does, `X-Hub-Signature-256: sha256=…`; only the first that is there counts (ADR 14).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export type SignatureHeaders = {
  /** `X-Gitea-Signature`. */
  readonly gitea: string | undefined;
  /** `X-Hub-Signature-256`. */
  readonly hub: string | undefined;
};

/** The digest that a sender claims, in hex; undefined when no header holds one. */
export function claimedSignature({ gitea, hub }: SignatureHeaders): string | undefined {
  // A wrong one is not rescued by another: whoever sends both must have both right, and the first is enough to know.
  const claimed = gitea ?? /^sha256=(.*)$/.exec(hub ?? "")?.[1];
  return claimed !== undefined && /^[0-9a-f]{64}$/i.test(claimed) ? claimed : undefined;
}

/** Whether `claimed` is the digest of `body` under `secret`; the time it takes does not say how much of it is right. */
export function isSigned(body: Uint8Array, secret: string, claimed: string): boolean {
  const expected = createHmac("sha256", secret).update(body).digest();
  const given = Buffer.from(claimed, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
