/** What a server's zone should be, from the Sovereign's document: SOA, NS, canonical records, signing, transfers. */
import { parseDurationMs } from "../../kernel/duration.ts";
import type { Region, Sovereign } from "../../resources/sovereign.ts";
import {
  canonicalLabelNames,
  type SecondarySpec,
  type SovereignDns,
  sovereignDnsSchema,
} from "../../resources/sovereign-dns.ts";
import { backendOf } from "./proxy.ts";

export type WantedRrset = {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly records: readonly string[];
};

export type WantedSecondary = {
  readonly name: string;
  /** Where the server itself takes NOTIFY, also when a proxy stands in front of it. */
  readonly address: string;
  readonly port: number;
  readonly tsigKey: string;
};

export type WantedZone = {
  /** Absolute, with the closing dot. */
  readonly zone: string;
  readonly ttlSeconds: number;
  readonly soa: {
    /** Everything of the SOA but its serial. */
    readonly before: string;
    readonly after: string;
    /** Whether the document states it; what is not stated is not brought back. */
    readonly declared: boolean;
  };
  readonly ns: WantedRrset;
  /** Addresses of the name servers themselves. */
  readonly hosts: readonly WantedRrset[];
  /** By name; each the rrsets that are written there once. */
  readonly canonical: readonly { readonly name: string; readonly rrsets: readonly WantedRrset[] }[];
  /** Undefined: the zone is not signed by us. */
  readonly denial: "nsec3" | "nsec" | undefined;
  /** Those that follow this very server. */
  readonly secondaries: readonly WantedSecondary[];
};

/** `spec.dns`, or what it means when it is left out. */
export function dnsOf(sovereign: Sovereign): SovereignDns {
  return sovereign.spec.dns ?? sovereignDnsSchema.parse({});
}

/** The zone that the server `serverName` should hold. */
export function wantedZone(sovereign: Sovereign, serverName: string): WantedZone {
  const dns = dnsOf(sovereign);
  const zone = `${sovereign.spec.domain.toLowerCase()}.`;
  const ttlSeconds = secondsOf(dns.ttl);
  const servers = [
    ...sovereign.spec.regions.flatMap(({ nameServers }) => nameServers),
    ...dns.secondaries,
  ];
  const hosts = servers.map(({ name, address }) =>
    addressRrset(`${name}.${zone}`, ttlSeconds, address),
  );
  const ns = {
    name: zone,
    type: "NS",
    ttlSeconds,
    records: servers.map(({ name }) => `${name}.${zone}`).sort(),
  };
  return {
    zone,
    ttlSeconds,
    soa: soaOf(dns, zone, servers[0]?.name ?? "ns1"),
    ns,
    hosts,
    canonical: canonicalOf(dns, sovereign, zone, ttlSeconds),
    denial: dns.dnssec?.denial,
    secondaries: dns.secondaries
      .filter((secondary) => followedServer(secondary, sovereign)?.name === serverName)
      .map((secondary) => ({ ...secondary, ...backendOf(sovereign, secondary) })),
  };
}

/** The name server that a secondary transfers from. */
export function followedServer(
  { region }: SecondarySpec,
  sovereign: Sovereign,
): Region["nameServers"][number] | undefined {
  const regions = sovereign.spec.regions;
  const followed = regions.find(({ cluster }) => cluster === region) ?? regions[0];
  return followed?.nameServers[0];
}

function secondsOf(text: string): number {
  return Math.max(1, Math.ceil((parseDurationMs(text) ?? 0) / 1_000));
}

function addressRrset(name: string, ttlSeconds: number, address: string): WantedRrset {
  const type = address.includes(":") ? "AAAA" : "A";
  return { name, type, ttlSeconds, records: [address] };
}

function soaOf(dns: SovereignDns, zone: string, firstServer: string): WantedZone["soa"] {
  const soa = dns.soa ?? { refresh: "5m", retry: "1m", expire: "7d", negativeTtl: "30s" };
  const contact = dns.soa?.contact === undefined ? `hostmaster.${zone}` : `${dns.soa.contact}.`;
  const times = [soa.refresh, soa.retry, soa.expire, soa.negativeTtl].map(secondsOf);
  return {
    before: `${firstServer}.${zone} ${contact}`,
    after: times.join(" "),
    declared: dns.soa !== undefined,
  };
}

function canonicalOf(
  dns: SovereignDns,
  sovereign: Sovereign,
  zone: string,
  ttlSeconds: number,
): WantedZone["canonical"] {
  const all = sovereign.spec.regions.map(({ loadBalancer }) => loadBalancer);
  return canonicalLabelNames.map((label) => {
    const declared = dns.canonical.find((one) => one.label === label);
    const from = declared === undefined ? all : [declared];
    const name = label === "@" ? zone : `${label}.${zone}`;
    const rrset = (type: "A" | "AAAA", addresses: readonly string[]): readonly WantedRrset[] => {
      const records = [...new Set(addresses)].sort();
      return records.length === 0 ? [] : [{ name, type, ttlSeconds, records }];
    };
    const ipv4 = from.flatMap((one) => one.ipv4);
    const ipv6 = from.flatMap((one) => one.ipv6);
    return { name, rrsets: [...rrset("A", ipv4), ...rrset("AAAA", ipv6)] };
  });
}
