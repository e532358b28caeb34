/** The Ed25519 keys of heartbeats (RFC 8032): a private one for the region itself, the public one of its peer; PEM files. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import { registerSecret } from "../secrets.ts";

/** The private key in a PKCS #8 file, as `openssl genpkey -algorithm ed25519` writes it. Fails with CredentialUnreadable. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  const text = await readKeyFile(path);
  registerSecret(text);
  return keyOf(path, "private", () => createPrivateKey(text));
}

/** The public key in an SPKI file, as `openssl pkey -pubout` writes it. Fails with CredentialUnreadable, also for a private key. */
export async function readPeerKey(path: string): Promise<KeyObject> {
  const text = await readKeyFile(path);
  // Node would take the public half of a private key, which has no business here.
  if (text.includes("PRIVATE KEY")) {
    registerSecret(text);
    const message = "the peer's key is a private one; only its public half may leave the region";
    throw new Failure("CredentialUnreadable", message, { where: path });
  }
  return keyOf(path, "public", () => createPublicKey(text));
}

/** Whether both are halves of one key. */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return publicHalf(one).equals(publicHalf(other));
}

/** The public half of a private key; a public one is its own. */
export function publicHalf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}

/** A new key as PEM, for sandboxes and tests. */
export function makeHeartbeatKey(): { readonly privatePem: string; readonly publicPem: string } {
  const pair = generateKeyPairSync("ed25519");
  return {
    privatePem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** The signature of a text, in base64url. */
export function signed(text: string, key: KeyObject): string {
  return sign(null, Buffer.from(text), key).toString("base64url");
}

/** Whether the signature in base64url is of this text by this key. */
export function isSignedBy(text: string, signature: string, key: KeyObject): boolean {
  return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url"));
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const message = `a heartbeat's key can not be read (${errorCode(cause) || "it is no file"})`;
    throw new Failure("CredentialUnreadable", message, { where: path, cause });
  }
}

/** What OpenSSL says of a wrong file is not shown: it may quote it. */
function keyOf(where: string, half: "private" | "public", read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new Failure("CredentialUnreadable", `it is not a ${half} Ed25519 key in PEM`, { where });
}
