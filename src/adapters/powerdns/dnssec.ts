/**
 * A zone's signing keys on a PowerDNS server (/cryptokeys, facts of PowerDNS §6). Replies carry private keys: only the
 * public fields are read out of them, and nothing of a reply is ever quoted.
 */
import { z } from "zod";
import type { Signal } from "../../control/env.ts";
import { parseDnskey } from "../../core/dns/setup/dnskey.ts";
import type { StoredKey } from "../../core/dns/setup/facts.ts";
import { type SigningKey, secretsOf } from "../../core/dns/setup/key-set.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { registerSecret } from "../secrets.ts";
import { readReply } from "./reply.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";

const keySchema = z.object({
  id: z.int(),
  active: z.boolean(),
  published: z.boolean().default(true),
  dnskey: z.string(),
  ds: z.array(z.string()).default([]),
});

/** All keys of the zone, signing or not. */
export async function readKeys(
  options: PowerDnsOptions,
  zone: string,
  signal?: Signal,
): Promise<readonly StoredKey[]> {
  const { text } = await rest(options, { method: "GET", path: keysPath(zone), signal });
  return readReply(z.array(keySchema), text, options.id).map((raw) => storedKey(raw, options.id));
}

function storedKey(raw: z.infer<typeof keySchema>, id: string): StoredKey {
  const key = parseDnskey(raw.dnskey);
  if (key !== undefined) {
    return { ...key, id: raw.id, active: raw.active, published: raw.published, ds: raw.ds };
  }
  throw new Failure("NameServerRefused", `${id} holds key ${raw.id} with unreadable DNSKEY data`, {
    where: id,
  });
}

/**
 * Imports a key and lets it sign. The key comes in silent, and signs only once the server's own reading of it gives the
 * DNSKEY that the key set states; a key that does not is taken away again.
 */
export async function importKey(
  options: PowerDnsOptions,
  zone: string,
  key: SigningKey,
  signal?: Signal,
): Promise<void> {
  for (const secret of secretsOf(key)) registerSecret(secret);
  const body = { keytype: "csk", active: false, published: false, content: key.privateKey };
  const path = keysPath(zone);
  const { text } = await rest(options, { method: "POST", path, body, signal });
  const stored = storedKey(readReply(keySchema, text, options.id), options.id);
  if (stored.dnskey === key.dnskey) return activateKey(options, zone, stored.id, signal);
  await removeKey(options, zone, stored.id, signal);
  throw new Failure(
    "CredentialUnreadable",
    `the private half of key ${key.keyTag} in the key set does not belong to its public half`,
    { where: options.id, remedy: "Take the file that `sovereign dns keys create` wrote." },
  );
}

/** Lets a stored key sign and be seen. */
export async function activateKey(
  options: PowerDnsOptions,
  zone: string,
  id: number,
  signal?: Signal,
): Promise<void> {
  const body = { active: true, published: true };
  await rest(options, { method: "PUT", path: `${keysPath(zone)}/${id}`, body, signal });
  await flushCache(options, zone, signal);
}

/** Takes a key away for good; the one that is not there is no failure. */
export async function removeKey(
  options: PowerDnsOptions,
  zone: string,
  id: number,
  signal?: Signal,
): Promise<void> {
  await rest(options, { method: "DELETE", path: `${keysPath(zone)}/${id}`, signal }, [404]);
  await flushCache(options, zone, signal);
}

/** Puts the order of names and the proofs of absence of a signed zone right. */
export async function rectifyZone(
  options: PowerDnsOptions,
  zone: string,
  signal?: Signal,
): Promise<void> {
  const path = `/zones/${encodeURIComponent(zone)}/rectify`;
  await rest(options, { method: "PUT", path, signal });
}

/** Forgets cached answers at the zone's own name: PowerDNS keeps DNSKEYs for 20 s, also when its keys change. */
async function flushCache(options: PowerDnsOptions, zone: string, signal?: Signal): Promise<void> {
  const path = `/cache/flush?domain=${encodeURIComponent(zone)}`;
  await rest(options, { method: "PUT", path, signal });
}

function keysPath(zone: string): string {
  return `/zones/${encodeURIComponent(zone)}/cryptokeys`;
}
