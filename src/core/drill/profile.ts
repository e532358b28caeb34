/** What a drill knows of the timing of what it measures, stated in each report beside the numbers. */
import { z } from "zod";

export const drillKinds = ["region-kill", "region-hang", "probe-blackhole"] as const;
export type DrillKind = (typeof drillKinds)[number];

export const profileSchema = z
  .object({
    probeIntervalMs: z.int().describe("Time between two probes of the name servers."),
    probeTimeoutMs: z.int().describe("How long a name server waits for a probe's response."),
    ttlMs: z.int().describe("TTL of the Application's record."),
    recursorPatienceMs: z
      .int()
      .describe("How long the recursor waits for a dead name server before it asks the next one."),
    startUpMs: z.int().describe("Allowance for a killed region's processes to be ready again."),
    requestsPerSecond: z.int().describe("Rate of the measuring client."),
    requestLimitMs: z.int().describe("Time after which the client gives a response up."),
    grainMs: z.int().describe("Grain of the measurement and of clocks that count whole seconds."),
  })
  .readonly();
export type DrillProfile = z.infer<typeof profileSchema>;

/**
 * The fixed half of a sandbox's profile. PowerDNS waits 2 s for a probe (facts of PowerDNS §2); the sandbox's recursor
 * waits 0.5 s for a name server (its `network-timeout`, sandbox/recursor-config.ts); the rest are ours.
 */
export const fixedProfile = {
  probeTimeoutMs: 2_000,
  recursorPatienceMs: 500,
  startUpMs: 15_000,
  requestsPerSecond: 10,
  requestLimitMs: 1_000,
  grainMs: 1_000,
} as const;
