/**
 * Making a zone's key: Node's own cryptography (OpenSSL) generates it, this file only writes it down in BIND's format.
 * PowerDNS checks it at import: the public half that it computes has to be the one that is written here (ADR 12).
 */
import { generateKeyPairSync } from "node:crypto";
import { open } from "node:fs/promises";
import { registerSecret } from "../../adapters/secrets.ts";
import { parseDnskey, writeDnskey } from "../../core/dns/setup/dnskey.ts";
import {
  type KeySet,
  type SigningKey,
  secretsOf,
  writeKeySet,
  writePrivateKey,
} from "../../core/dns/setup/key-set.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";

/** A new ECDSA P-256 key. Its secrets are registered before it is given out. */
export function makeKey(): SigningKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { d, x, y } = privateKey.export({ format: "jwk" });
  const bytes = (part: string | undefined): Buffer =>
    Buffer.from(required(part, "a JWK of an EC key has d, x and y"), "base64url");
  const secret = writePrivateKey(bytes(d).toString("base64"));
  const text = writeDnskey(Buffer.concat([bytes(x), bytes(y)]).toString("base64"));
  const key = { ...required(parseDnskey(text), "a fresh key is readable"), privateKey: secret };
  for (const part of secretsOf(key)) registerSecret(part);
  return key;
}

/** A key whose tag none of the others has. */
export function makeKeyBeside(others: KeySet): SigningKey {
  for (;;) {
    const key = makeKey();
    if (others.every(({ keyTag }) => keyTag !== key.keyTag)) return key;
  }
}

/** Writes the set into a new file that only its owner may read. Fails with ConfigInvalid when the file is there. */
export async function writeKeySetFile(path: string, keys: KeySet): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(writeKeySet(keys));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new Failure(
      "ConfigInvalid",
      "the key set's file can not be made; it is never overwritten",
      {
        where: path,
        field: "--out",
        remedy: "Name a file that does not exist, in a folder that does.",
        cause,
      },
    );
  }
}
