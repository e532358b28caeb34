/** Kind `Organization`: who owns Environments and Applications. */
import { z } from "zod";
import { apiVersion, metadataOf } from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";

export const organizationSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("Group and version of the kind."),
    kind: z.literal("Organization").describe("The kind."),
    metadata: metadataOf(z.string().min(3).max(32).regex(fieldPatterns.organizationName.pattern)),
    spec: z
      .strictObject({
        displayName: z.string().min(1).max(128).describe("Name for people."),
      })
      .describe("What is known of the Organization."),
  })
  .describe("The unit of ownership in a Sovereign: it owns Environments.");

export type Organization = z.infer<typeof organizationSchema>;
