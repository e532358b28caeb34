/** Kind `Sovereign`: the regions of one deployed platform and the name servers that answer for it. */
import { z } from "zod";
import {
  apiVersion,
  clusterNameField,
  dnsLabelField,
  domainField,
  durationField,
  metadataOf,
} from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";
import { continents, type PlacementKind } from "./placements.ts";
import { sovereignChecksSchema } from "./sovereign-checks.ts";
import { sovereignDnsSchema } from "./sovereign-dns.ts";
import { personSchema } from "./sovereign-people.ts";
import { witnessSchema } from "./sovereign-witnesses.ts";

const nameServerSchema = z.strictObject({
  name: dnsLabelField.describe(
    "Name of the server, unique in the Sovereign; the first label of its host name.",
  ),
  address: z.string().max(45).describe("IPv4 or IPv6 address on which the server answers DNS."),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(53)
    .describe("Port on which the server answers DNS, over UDP and TCP."),
  apiUrl: z
    .string()
    .max(2_048)
    .regex(fieldPatterns.apiUrl.pattern)
    .describe("Base URL of the server's REST API, without path and without credentials."),
});

const loadBalancerSchema = z.strictObject({
  ipv4: z
    .array(z.string().max(45))
    .max(8)
    .default([])
    .describe("IPv4 addresses of the region's load balancer (A records)."),
  ipv6: z
    .array(z.string().max(45))
    .max(8)
    .default([])
    .describe("IPv6 addresses of the region's load balancer (AAAA records)."),
});

const locationSchema = z.strictObject({
  latitude: z.number().min(-90).max(90).describe("Degrees, north is positive."),
  longitude: z.number().min(-180).max(180).describe("Degrees, east is positive."),
  continent: z.enum(continents).describe("Continent, as GeoIP databases write it."),
});

/** A TTL for each placement. */
const ttlsSchema = z.strictObject({
  "single-region": durationField.optional().describe(ttlOf("single-region")),
  "active-active": durationField.optional().describe(ttlOf("active-active")),
  "active-hotstandby": durationField.optional().describe(ttlOf("active-hotstandby")),
  "active-passive-warm": durationField.optional().describe(ttlOf("active-passive-warm")),
  "weighted-canary": durationField.optional().describe(ttlOf("weighted-canary")),
} satisfies Readonly<Record<PlacementKind, z.ZodType>>);

function ttlOf(placement: PlacementKind): string {
  return `TTL of Applications placed ${placement}.`;
}

const regionSchema = z.strictObject({
  cluster: clusterNameField.describe(
    "Name of the region's host cluster: {provider}-{region}-{block}-{envType}.",
  ),
  loadBalancer: loadBalancerSchema.describe(
    "Where the region takes traffic; at least one address of either family.",
  ),
  nameServers: z
    .array(nameServerSchema)
    .min(1)
    .max(8)
    .describe(
      "The region's own authoritative PowerDNS servers; only this region's control plane writes them.",
    ),
  location: locationSchema
    .optional()
    .describe(
      "Where the region is: for explanations and for the sandbox's GeoIP database; name servers go by their own database.",
    ),
});

export const sovereignSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("Group and version of the kind."),
    kind: z.literal("Sovereign").describe("The kind."),
    metadata: metadataOf(dnsLabelField),
    spec: z
      .strictObject({
        domain: domainField.describe(
          "The Sovereign's domain and DNS zone; Applications answer below it.",
        ),
        ttl: durationField
          .default("5s")
          .describe(
            "TTL of the records that follow health; an answer is at most this much older than the decision.",
          ),
        ttls: ttlsSchema
          .optional()
          .describe("TTLs of some placements in place of `ttl`; an Application's own `ttl` wins."),
        geoip: z
          .boolean()
          .optional()
          .describe(
            "Whether every name server runs the GeoIP backend with a database; without it `geo` would be answered at random, so it is refused.",
          ),
        regions: z
          .array(regionSchema)
          .min(1)
          .max(5)
          .describe(
            "The peer regions. Their order means nothing; an Application states its own preference.",
          ),
        checks: sovereignChecksSchema
          .optional()
          .describe(
            "How many health checks each name server may run, and what is shared above that.",
          ),
        dns: sovereignDnsSchema
          .optional()
          .describe("The zone itself: SOA, canonical records, DNSSEC and secondaries."),
        witnesses: z
          .array(witnessSchema)
          .min(1)
          .max(8)
          .optional()
          .describe(
            "What grants leases to failover groups; default is none, and then none is held.",
          ),
        people: z
          .array(personSchema)
          .max(32)
          .optional()
          .describe("Who may approve a failover, with their public keys and roles."),
      })
      .describe("What the platform is made of."),
  })
  .describe(
    "One deployed platform: a domain, its peer regions, their load balancers and name servers.",
  );

export type Sovereign = z.infer<typeof sovereignSchema>;
export type Region = Sovereign["spec"]["regions"][number];
export type NameServerSpec = Region["nameServers"][number];
