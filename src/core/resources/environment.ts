/** Kind `Environment`: an Organization's production, staging, …, in which Applications run. */
import { z } from "zod";
import { apiVersion, dnsLabelField, metadataOf } from "./fields.ts";

export const environmentSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe("Group and version of the kind."),
    kind: z.literal("Environment").describe("The kind."),
    metadata: metadataOf(dnsLabelField),
    spec: z
      .strictObject({
        organizationRef: dnsLabelField.describe("Name of the Organization that owns it."),
        envType: z
          .enum(["prod", "stg", "uat", "dev", "poc"])
          .describe("Type of the Environment; its name is {organizationRef}-{envType}."),
      })
      .describe("Whose it is and of which type."),
  })
  .describe(
    "A scope of one type in which an Organization's Applications run; named {organization}-{envType}.",
  );

export type Environment = z.infer<typeof environmentSchema>;
