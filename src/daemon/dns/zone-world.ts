/** What the commands about the zone itself work with: the Sovereign, this region's servers, and the secrets by reference. */
import type { PowerDnsOptions } from "../../adapters/powerdns/rest.ts";
import type { TsigKey } from "../../adapters/powerdns/tsig.ts";
import { registerSecret } from "../../adapters/secrets.ts";
import type { Server } from "../../control/dns/ports.ts";
import type { DnsEndpoint } from "../../control/env.ts";
import { type PublicKey, parseDnskey } from "../../core/dns/setup/dnskey.ts";
import { type KeySet, parseKeySet, secretsOf } from "../../core/dns/setup/key-set.ts";
import { dnsOf } from "../../core/dns/setup/wanted-zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Sovereign } from "../../core/resources/sovereign.ts";
import { readCredential } from "../credential.ts";
import { serverOptions } from "./server-options.ts";
import { type DnsWorld, openDnsWorld } from "./world.ts";

export type ZoneWorld = DnsWorld & {
  readonly sovereign: Sovereign;
  /** Absolute, with the closing dot. */
  readonly zone: string;
  /** Undefined when none is configured. */
  readonly keySet: KeySet | undefined;
};

/** Reads configuration, documents and key set. Fails as `openDnsWorld` does, and with CredentialUnreadable. */
export async function openZoneWorld(configPath: string, signal: AbortSignal): Promise<ZoneWorld> {
  const world = await openDnsWorld(configPath, signal);
  const { sovereign } = world.intent.catalogue;
  if (sovereign === undefined) throw new Failure("DocumentInvalid", "no Sovereign is declared");
  const { zoneKeys } = world.config;
  const keySet =
    zoneKeys === undefined
      ? undefined
      : keySetOf(await readCredential(zoneKeys, "the zone's key set", "zoneKeys"));
  return { ...world, sovereign, zone: world.intent.desired.zone, keySet };
}

/** The key set in the text of its file; every secret in it is registered first. Fails with CredentialUnreadable. */
export function keySetOf(text: string, where = "the zone's key set"): KeySet {
  registerSecret(text);
  for (const [secret] of text.matchAll(/[A-Za-z0-9+/]{43}=(?=\\n|\n|$)/g)) registerSecret(secret);
  const parsed = parseKeySet(text.endsWith("\n") ? text : `${text}\n`);
  if (!parsed.ok) {
    throw new Failure("CredentialUnreadable", `the key set can not be used: ${parsed.because}`, {
      where,
      remedy: "Take the file that `sovereign dns keys create` wrote.",
    });
  }
  for (const secret of parsed.value.flatMap(secretsOf)) registerSecret(secret);
  return parsed.value;
}

/** How the API of a server of this region is reached. */
export function optionsOf(world: ZoneWorld, server: Server): PowerDnsOptions {
  return serverOptions(world, server);
}

/** The TSIG key of that name. Fails with CredentialUnreadable. */
export async function tsigKeyOf({ config }: ZoneWorld, name: string): Promise<TsigKey> {
  const what = `the TSIG key ${name}`;
  const secret = (await readCredential(config.tsigKeys?.[name], what, "tsigKeys")).trim();
  if (/^[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) return { name, secret };
  throw new Failure("CredentialUnreadable", `${what} is not base64 of 12 bytes or more`, {
    where: what,
    remedy: "Make one with `openssl rand -base64 32`.",
  });
}

export type ZoneEndpoint = { readonly id: string; readonly endpoint: DnsEndpoint };

/** Every server that answers for the zone: name servers of all regions, then secondaries. */
export function endpointsOf({ intent, sovereign }: ZoneWorld): readonly ZoneEndpoint[] {
  const secondaries = dnsOf(sovereign).secondaries.map(({ name, address, port }) => ({
    id: `${name} (secondary)`,
    endpoint: { address, port },
  }));
  return [...intent.servers.map(({ id, endpoint }) => ({ id, endpoint })), ...secondaries];
}

export type Published = {
  readonly server: string;
  readonly keys: readonly PublicKey[] | { readonly unanswered: string };
  readonly ttlSeconds: number;
};

/** The DNSKEYs that each server of the zone answers with; a server that does not is told so. Never fails. */
export async function askKeys(
  world: ZoneWorld,
  signal: AbortSignal,
): Promise<readonly Published[]> {
  return Promise.all(
    endpointsOf(world).map(async ({ id, endpoint }): Promise<Published> => {
      const silent = (because: string): Published => ({
        server: id,
        keys: { unanswered: because },
        ttlSeconds: 0,
      });
      try {
        const answer = await world.ports.dns.query(endpoint, world.zone, "DNSKEY", signal);
        if (answer.rcode !== "NOERROR") return silent(`it answers ${answer.rcode}`);
        const records = answer.records.filter(({ type }) => type === "DNSKEY");
        const keys = records.flatMap(({ data }) => parseDnskey(data) ?? []);
        return { server: id, keys, ttlSeconds: Math.max(0, ...records.map((r) => r.ttlSeconds)) };
      } catch (thrown) {
        return silent(Failure.from(thrown, id).message);
      }
    }),
  );
}
