/** Kind `Application`: what users reach by name, and in which regions it is placed. */
import { z } from "zod";
import {
  apiVersion,
  clusterNameField,
  dnsLabelField,
  domainField,
  durationField,
  metadataOf,
  probePathField,
  probePortField,
} from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";
import { continents, type PlacementKind, placements } from "./placements.ts";

export { type PlacementKind, placements };

export const healthPathPattern = fieldPatterns.healthPath.pattern;

const healthCheckSchema = z.strictObject({
  scheme: z
    .enum(["https", "http"])
    .default("https")
    .describe("Protocol of the probe; certificates are not verified."),
  host: domainField
    .optional()
    .describe(
      "Host header and TLS server name of the probe; default is the Application's own FQDN.",
    ),
  port: probePortField,
  path: probePathField.describe(
    "Path that answers exactly 200 when the Application can serve from that region.",
  ),
  tcp: z
    .strictObject({
      port: z.int().min(1).max(65_535).describe("Port that has to accept a connection."),
    })
    .optional()
    .describe(
      "A connection instead of a request, for what does not speak HTTP; no other field of healthCheck may stand beside it.",
    ),
});

const geoSchema = z.strictObject({
  byDistance: z
    .strictObject({})
    .optional()
    .describe(
      "The nearest healthy address by the name server's GeoIP database, which must know the load balancers' addresses too.",
    ),
  order: z
    .array(
      z.strictObject({
        continents: z
          .array(z.enum(continents))
          .min(1)
          .max(continents.length)
          .describe("Clients on these continents; a continent stands in one entry only."),
        regions: z
          .array(clusterNameField)
          .min(1)
          .max(5)
          .describe(
            "The regions that answer them, nearest first; the Application's others follow in their own order.",
          ),
      }),
    )
    .min(1)
    .max(continents.length)
    .optional()
    .describe(
      "Which regions answer which continents: the first of them that is healthy, with all its healthy addresses. Other clients get the order of `regions`.",
    ),
});

export const applicationSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("Group and version of the kind."),
    kind: z.literal("Application").describe("The kind."),
    metadata: metadataOf(
      dnsLabelField,
      "Name of the Application, unique in its Environment; the first label of its FQDN.",
    ),
    spec: z
      .strictObject({
        environmentRef: dnsLabelField.describe("Name of the Environment in which it runs."),
        placement: z
          .enum(placements)
          .describe(
            "single-region: one region, a plain record. active-active: every healthy region answers, or with `geo` the client's. active-hotstandby: the first healthy region in the order of `regions`. active-passive-warm: `activeRegion` alone, whatever its health. weighted-canary: each client sticks to one of two healthy regions, by `weights`.",
          ),
        regions: z
          .array(clusterNameField)
          .min(1)
          .max(5)
          .describe("Clusters that run it, in order of preference."),
        geo: geoSchema
          .optional()
          .describe(
            "For active-active: answer by where the client is. Exactly one of byDistance and order; needs `geoip: true` in the Sovereign.",
          ),
        weights: z
          .record(z.string(), z.int().min(0).max(100))
          .optional()
          .describe(
            "For weighted-canary: percentage of clients by cluster, for each of the two regions; together exactly 100.",
          ),
        activeRegion: clusterNameField
          .optional()
          .describe(
            "For active-passive-warm: the region that answers; default is the first of `regions`. Changing it is the promotion: nothing else moves the record, unless a declared FailoverGroup covers the Application; then the record follows the lease.",
          ),
        ttl: durationField
          .optional()
          .describe("TTL of its records; default is what the Sovereign says for its placement."),
        healthCheck: healthCheckSchema
          .prefault({})
          .describe(
            "How the name servers ask whether a region can serve it: https://<fqdn>/healthz unless said otherwise.",
          ),
      })
      .describe("Where it runs and how its health is read."),
  })
  .describe(
    "What a User installs into an Environment; reached as {application}.{environment}.{domain}.",
  );

export type Application = z.infer<typeof applicationSchema>;
export type HealthCheck = Application["spec"]["healthCheck"];
export type Geo = NonNullable<Application["spec"]["geo"]>;
