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

const nameServerSchema = z.strictObject({
  name: dnsLabelField.describe(
    "Name of the server, unique in the Sovereign; the first label of its host name.",
  ),
  address: z.string().describe("IPv4 or IPv6 address on which the server answers DNS."),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(53)
    .describe("Port on which the server answers DNS, over UDP and TCP."),
  apiUrl: z
    .string()
    .regex(fieldPatterns.apiUrl.pattern)
    .describe("Base URL of the server's REST API, without path and without credentials."),
});

const loadBalancerSchema = z.strictObject({
  ipv4: z
    .array(z.string())
    .max(8)
    .default([])
    .describe("IPv4 addresses of the region's load balancer (A records)."),
  ipv6: z
    .array(z.string())
    .max(8)
    .default([])
    .describe("IPv6 addresses of the region's load balancer (AAAA records)."),
});

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
        regions: z
          .array(regionSchema)
          .min(1)
          .max(5)
          .describe(
            "The peer regions. Their order means nothing; an Application states its own preference.",
          ),
      })
      .describe("What the platform is made of."),
  })
  .describe(
    "One deployed platform: a domain, its peer regions, their load balancers and name servers.",
  );

export type Sovereign = z.infer<typeof sovereignSchema>;
export type Region = Sovereign["spec"]["regions"][number];
export type NameServerSpec = Region["nameServers"][number];
