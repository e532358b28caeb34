/** What is inside the armour of an OpenSSH signature (PROTOCOL.sshsig): whose key it says it is of. It is not believed before it is verified. */
import { Buffer } from "node:buffer";

/** A signature by RSA 4096 is some 1,600 characters. */
const armourLengthMax = 8_192;
const armour =
  /^\s*-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END SSH SIGNATURE-----\s*$/;
const magic = "SSHSIG";

/** The public key in a signature, as base64 of OpenSSH; undefined when the text is no signature. */
export function keyInSignature(signature: string): string | undefined {
  if (signature.length > armourLengthMax) return undefined;
  const body = armour.exec(signature)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, "base64");
  const versionAt = magic.length;
  const keyAt = versionAt + 8;
  if (bytes.length < keyAt || bytes.subarray(0, versionAt).toString("latin1") !== magic) {
    return undefined;
  }
  if (bytes.readUInt32BE(versionAt) !== 1) return undefined;
  const key = bytes.subarray(keyAt, keyAt + bytes.readUInt32BE(versionAt + 4));
  return key.length === bytes.readUInt32BE(versionAt + 4) ? key.toString("base64") : undefined;
}
