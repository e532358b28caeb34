/** The public half of a zone's key, as DNSKEY data in presentation form (RFC 4034 §2.2), and its tag (appendix B). */

export type PublicKey = {
  /** `257 3 13 <base64>`. */
  readonly dnskey: string;
  readonly keyTag: number;
  readonly algorithm: number;
};

/** ECDSA P-256 with SHA-256 (RFC 6605). */
export const ecdsaP256 = 13;
/** Zone key and secure entry point: it signs everything and is what the parent's DS names. */
const combinedFlags = 257;
const dnssecProtocol = 3;
const publicKeyBytes = 64;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const base64Digits = `${letters}${letters.toLowerCase()}0123456789+/`;

/** The key in DNSKEY data; undefined when it is not one. Any algorithm is read, so that a foreign key can be named. */
export function parseDnskey(text: string): PublicKey | undefined {
  const match = /^(\d{1,5}) (\d{1,3}) (\d{1,3}) ([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [flags = 0, protocol = 0, algorithm = 0] = match.slice(1, 4).map(Number);
  const base64 = match[4] ?? "";
  const key = base64Bytes(base64);
  if (key === undefined || flags > 65_535 || protocol > 255 || algorithm > 255) return undefined;
  const rdata = [flags >> 8, flags & 255, protocol, algorithm, ...key];
  return {
    dnskey: `${flags} ${protocol} ${algorithm} ${base64}`,
    keyTag: keyTagOf(rdata),
    algorithm,
  };
}

/** Why the key is not one of those that Sovereign makes, or undefined when it is. */
export function objectionToKey({ dnskey, algorithm }: PublicKey): string | undefined {
  const [flags, protocol, , base64 = ""] = dnskey.split(" ");
  if (Number(flags) !== combinedFlags || Number(protocol) !== dnssecProtocol) {
    return `flags ${flags} and protocol ${protocol} instead of ${combinedFlags} and ${dnssecProtocol}`;
  }
  if (algorithm !== ecdsaP256) return `algorithm ${algorithm} instead of ${ecdsaP256}`;
  const bytes = base64Bytes(base64)?.length ?? 0;
  return bytes === publicKeyBytes ? undefined : `${bytes} bytes instead of ${publicKeyBytes}`;
}

/** DNSKEY data of a public key of ours; `key` is base64. */
export function writeDnskey(key: string): string {
  return `${combinedFlags} ${dnssecProtocol} ${ecdsaP256} ${key}`;
}

/** Whether both are the same key: tag, algorithm and public key. */
export function sameKey(one: PublicKey, other: PublicKey): boolean {
  return one.dnskey === other.dnskey;
}

/** `4650 and 6331`, for sentences; `no key` when there is none. */
export function tagsOf(keys: readonly PublicKey[]): string {
  if (keys.length === 0) return "no key";
  return keys
    .map(({ keyTag }) => keyTag)
    .sort((a, b) => a - b)
    .join(" and ");
}

/** RFC 4034 appendix B: the sum of the data as 16-bit words, carried once. */
function keyTagOf(rdata: readonly number[]): number {
  const sum = rdata.reduce((total, byte, at) => total + (at % 2 === 0 ? byte * 256 : byte), 0);
  return (sum + Math.floor(sum / 65_536)) % 65_536;
}

/** The bytes of base64 with full padding; undefined when it is not that. `core` has no Buffer. */
export function base64Bytes(text: string): readonly number[] | undefined {
  if (text.length % 4 !== 0) return undefined;
  const digits = text.replace(/={1,2}$/, "");
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const digit of digits) {
    const value = base64Digits.indexOf(digit);
    if (value < 0) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
    held &= (1 << bits) - 1;
  }
  return held === 0 ? bytes : undefined;
}
