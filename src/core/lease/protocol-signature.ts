/** What a request's signature covers and how it is written in the header `Authorization` (ADR 22). */

/** How far the time in a request may be from the witness's clock, either way. */
export const signatureWindowMs = 30_000;

const scheme = "Sovereign-HMAC-SHA256";

export type SignedParts = {
  readonly method: string;
  /** Path as it stands in the request line, escapes and all. */
  readonly path: string;
  /** Wall time of the sender, corrected by what the witness last said of its own. */
  readonly atMs: number;
  /** Empty for a read. */
  readonly body: string;
};

/** The text whose HMAC-SHA256 under the holder's secret is the signature. */
export function signedText({ method, path, atMs, body }: SignedParts): string {
  return `sovereign-witness\n${method}\n${path}\n${atMs}\n${body}`;
}

export type Authorization = {
  readonly keyId: string;
  readonly atMs: number;
  /** 64 hexadecimal digits. */
  readonly signature: string;
};

/** Whether a credential can have this id: it stands in a header, and may be shown. */
export function isKeyId(id: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(id);
}

/** The value of the header. */
export function authorizationHeader({ keyId, atMs, signature }: Authorization): string {
  return `${scheme} key=${keyId}, at=${atMs}, signature=${signature}`;
}

/** The parts of the header; undefined when it is absent or written in another way. */
export function parseAuthorization(header: string | null): Authorization | undefined {
  const match =
    /^Sovereign-HMAC-SHA256 key=([A-Za-z0-9._-]{1,64}), at=([0-9]{1,15}), signature=([0-9a-f]{64})$/.exec(
      header ?? "",
    );
  if (match === null) return undefined;
  const [, keyId = "", at = "", signature = ""] = match;
  return { keyId, atMs: Number(at), signature };
}
