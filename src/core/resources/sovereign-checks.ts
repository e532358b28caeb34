/** `spec.checks` of a Sovereign: how many health checks a name server may run, and the probe that is shared above it. */
import { z } from "zod";
import { domainField, probePathField, probePortField } from "./fields.ts";

const sharedProbeSchema = z.strictObject({
  host: domainField.describe(
    "Host header and TLS server name; every region's gateway has to answer for it as it serves Applications.",
  ),
  scheme: z.enum(["https", "http"]).default("https").describe("Protocol of the probe."),
  port: probePortField,
  path: probePathField.describe(
    "Path that answers exactly 200 when the region's gateway can serve.",
  ),
});

export const sovereignChecksSchema = z.strictObject({
  budget: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe("Health checks that every name server is meant to run; each is a thread."),
  hardLimit: z
    .int()
    .min(1)
    .max(100_000)
    .default(4_000)
    .describe("Health checks above which no record that needs one is changed any more."),
  shared: sharedProbeSchema
    .optional()
    .describe(
      "Above the budget, the probe of all Applications that do not name a host of their own: the health of the gateway stands for theirs.",
    ),
});

export type SovereignChecks = z.infer<typeof sovereignChecksSchema>;
export type CheckLimits = Pick<SovereignChecks, "budget" | "hardLimit">;

/** What holds when a Sovereign says nothing. */
export const defaultChecks: SovereignChecks = { budget: 1_000, hardLimit: 4_000 };
