/**
 * `spec.dns` of a Sovereign: the zone itself, as opposed to the names in it. What `sovereign dns init-zone` makes of it is
 * in docs/guides/zone.md. Secrets are never here: keys are found through the control configuration.
 */
import { z } from "zod";
import { clusterNameField, dnsLabelField, domainField, durationField } from "./fields.ts";

/** The labels of the six records that pool-domain-manager writes once into every Sovereign's zone. */
export const canonicalLabelNames = ["@", "*", "console", "api", "gitea", "harbor"] as const;

const soaSchema = z.strictObject({
  contact: domainField
    .optional()
    .describe(
      "Mailbox of the people behind the zone, written as a name; default hostmaster.{domain}.",
    ),
  refresh: durationField
    .default("5m")
    .describe("How often a secondary asks by itself whether something changed."),
  retry: durationField.default("1m").describe("How soon it asks again after it got no answer."),
  expire: durationField
    .default("7d")
    .describe("How long a secondary goes on answering without reaching its source."),
  negativeTtl: durationField
    .default("30s")
    .describe(
      "How long resolvers remember that a name does not exist; also the TTL of the DNSKEYs.",
    ),
});

const canonicalSchema = z.strictObject({
  label: z.enum(canonicalLabelNames).describe("Label of the record; @ is the domain itself."),
  ipv4: z.array(z.string()).max(40).default([]).describe("IPv4 addresses (A records)."),
  ipv6: z.array(z.string()).max(40).default([]).describe("IPv6 addresses (AAAA records)."),
});

const dnssecSchema = z.strictObject({
  denial: z
    .enum(["nsec3", "nsec"])
    .default("nsec3")
    .describe(
      "How it is proven that a name does not exist: nsec3 with 0 iterations and no salt (RFC 9276), or nsec, with which everybody can list the zone.",
    ),
});

const secondarySchema = z.strictObject({
  name: dnsLabelField.describe(
    "Name of the server, unique among all name servers; the first label of its host name.",
  ),
  address: z.string().describe("IPv4 or IPv6 address on which it answers DNS and takes NOTIFY."),
  port: z.int().min(1).max(65_535).default(53).describe("Port of that address."),
  tsigKey: dnsLabelField.describe(
    "Name of the TSIG key with which it may transfer; its secret is named under tsigKeys in the control configuration.",
  ),
  region: clusterNameField
    .optional()
    .describe(
      "Cluster of the region it belongs to; it follows that region's first name server. Default is the first region.",
    ),
});

const proxySchema = z.strictObject({
  server: dnsLabelField.describe(
    "Name server or secondary behind the proxy; its own `address` and `port` are where clients ask, so they are the proxy's.",
  ),
  kind: z
    .enum(["dnsdist", "other"])
    .default("dnsdist")
    .describe("The proxy; for dnsdist `sovereign dns proxy-config` writes the configuration."),
  backend: z
    .strictObject({
      address: z.string().describe("IPv4 or IPv6 address."),
      port: z.int().min(1).max(65_535).default(53).describe("Port of that address."),
    })
    .describe("Where the server itself listens; transfers and NOTIFY go there."),
  source: z
    .string()
    .optional()
    .describe("Address from which the proxy asks the server; default is the proxy's own."),
  client: z
    .enum(["proxyProtocol", "clientSubnet", "hidden"])
    .default("proxyProtocol")
    .describe(
      "How the server learns who asks: by a header in front of each question, by EDNS Client Subnet, or not at all, which refuses what depends on the client.",
    ),
  cacheEntries: z
    .int()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe("Answers that the proxy keeps, by client network; default is none."),
});

export const sovereignDnsSchema = z.strictObject({
  ttl: durationField
    .default("1h")
    .describe("TTL of the SOA, NS and canonical records and of the name servers' addresses."),
  soa: soaSchema
    .optional()
    .describe("The zone's SOA; without it an existing SOA stays, and a new one gets the defaults."),
  canonical: z
    .array(canonicalSchema)
    .max(6)
    .default([])
    .describe(
      "Addresses of canonical records that are not those of all load balancers. Written once, never over what is there.",
    ),
  dnssec: dnssecSchema
    .optional()
    .describe("The zone is signed, by every server with the key set named under zoneKeys."),
  secondaries: z
    .array(secondarySchema)
    .max(8)
    .default([])
    .describe("Further servers that hold a copy of the zone by AXFR, with TSIG only."),
  proxies: z
    .array(proxySchema)
    .max(48)
    .optional()
    .describe("Proxies in front of name servers, such as dnsdist; default is none."),
});

export type SovereignDns = z.infer<typeof sovereignDnsSchema>;
export type SecondarySpec = SovereignDns["secondaries"][number];
export type ProxySpec = NonNullable<SovereignDns["proxies"]>[number];
export type CanonicalLabel = (typeof canonicalLabelNames)[number];
