/** Kind `Application`: what users reach by name, and in which regions it is placed. */
import { z } from "zod";
import { apiVersion, clusterNameField, dnsLabelField, domainField, metadataOf } from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";

export const placements = ["single-region", "active-active", "active-hotstandby"] as const;
export type PlacementKind = (typeof placements)[number];

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
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port of the probe; default is 443 for https, 80 for http."),
  path: z
    .string()
    .max(512)
    .regex(healthPathPattern)
    .default("/healthz")
    .describe("Path that answers exactly 200 when the Application can serve from that region."),
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
            "single-region: one region, a plain record. active-active: every healthy region answers. active-hotstandby: the first healthy region in the order of `regions`.",
          ),
        regions: z
          .array(clusterNameField)
          .min(1)
          .max(5)
          .describe("Clusters that run it, in order of preference."),
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
