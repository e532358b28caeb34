/**
 * The file with the zone's key set, a secret that every region mounts (ADR 12). Private keys are in BIND's private-key
 * format v1.2, which PowerDNS takes and gives, so that the file is of use without us.
 */
import { z } from "zod";
import type { Parsed } from "../../names/names.ts";
import { base64Bytes, objectionToKey, type PublicKey, parseDnskey, sameKey } from "./dnskey.ts";

export type SigningKey = PublicKey & {
  /** BIND private-key format; secret. */
  readonly privateKey: string;
};

/** The first key is the one in use; a second one is there while keys are rolled. */
export type KeySet = readonly SigningKey[];

const privateKeyBytes = 32;
const keysMax = 2;

const fileSchema = z.strictObject({
  format: z.literal("sovereign-zone-keys/v1"),
  keys: z.array(z.strictObject({ keyTag: z.int(), dnskey: z.string(), privateKey: z.string() })),
});

/** The text of the file. */
export function writeKeySet(keys: KeySet): string {
  const plain = keys.map(({ keyTag, dnskey, privateKey }) => ({ keyTag, dnskey, privateKey }));
  return `${JSON.stringify({ format: "sovereign-zone-keys/v1", keys: plain }, undefined, 2)}\n`;
}

/** The keys of the file's text; an objection never quotes the text. */
export function parseKeySet(text: string): Parsed<KeySet> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused("it is not JSON"); // The parser's own words would quote the secret.
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".") ?? "";
    return refused(`its field ${field === "" ? "at the top" : field} is not as it should be`);
  }
  const keys: SigningKey[] = [];
  for (const [index, raw] of parsed.data.keys.entries()) {
    const key = parseDnskey(raw.dnskey);
    if (key === undefined) return refused(`keys.${index}.dnskey is not the data of a DNSKEY`);
    const objection = objectionToKey(key);
    if (objection !== undefined) return refused(`keys.${index}.dnskey has ${objection}`);
    if (key.keyTag !== raw.keyTag) return refused(`keys.${index}.keyTag is not that of its dnskey`);
    if (!isPrivateKey(raw.privateKey)) {
      return refused(`keys.${index}.privateKey is not an ECDSA P-256 key in BIND's format`);
    }
    if (keys.some((other) => sameKey(other, key))) return refused(`keys.${index} is there twice`);
    if (keys.some((other) => other.keyTag === key.keyTag)) {
      return refused(`keys.${index} has the tag of another key, which confuses people and parents`);
    }
    keys.push({ ...key, privateKey: raw.privateKey });
  }
  if (keys.length === 0) return refused("it holds no key");
  if (keys.length > keysMax) return refused(`it holds ${keys.length} keys; a roll has two`);
  return { ok: true, value: keys };
}

/** The secret parts of a key, for the register of what is never shown. */
export function secretsOf({ privateKey }: SigningKey): readonly string[] {
  const [, base64 = ""] = /PrivateKey: (\S+)/.exec(privateKey) ?? [];
  return [privateKey, base64];
}

/** BIND's private-key format of an ECDSA P-256 key; `scalar` is base64. */
export function writePrivateKey(scalar: string): string {
  return `Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${scalar}\n`;
}

function isPrivateKey(text: string): boolean {
  const [, scalar = ""] = /\nPrivateKey: ([A-Za-z0-9+/=]+)\n$/.exec(text) ?? [];
  return text === writePrivateKey(scalar) && base64Bytes(scalar)?.length === privateKeyBytes;
}

function refused(because: string): { readonly ok: false; readonly because: string } {
  return { ok: false, because };
}
