/** `spec.lease` of a FailoverGroup: its times. Which of them go together is in core/lease/timing-rules.ts. */
import { z } from "zod";
import { required } from "../kernel/assert.ts";
import { parseDurationMs } from "../kernel/duration.ts";
import type { LeaseTiming } from "../lease/timing.ts";
import { fieldPatterns } from "./patterns.ts";

/** Without days, so that the API server can count with it. */
export const leaseDurationField = z.string().max(16).regex(fieldPatterns.leaseDuration.pattern);

/** Times that belong together: the defaults, and those for a group that has to fail over faster and whose network is good. */
export const leaseProfiles = {
  normal: { ttl: "30s", renewEvery: "10s", rpcTimeout: "3s", fenceBudget: "10s" },
  fast: { ttl: "15s", renewEvery: "4s", rpcTimeout: "2s", fenceBudget: "5s" },
} as const;

const { normal } = leaseProfiles;

export const leaseSchema = z.strictObject({
  ttl: leaseDurationField
    .default(normal.ttl)
    .describe("How long a renewal lasts at the witness, from 5s to 300s."),
  renewEvery: leaseDurationField
    .default(normal.renewEvery)
    .describe(
      "How often the holder renews; with two requests after it, it must fit before fencing.",
    ),
  rpcTimeout: leaseDurationField
    .default(normal.rpcTimeout)
    .describe("Limit of one request to the witness; at most `renewEvery`."),
  fenceBudget: leaseDurationField
    .default(normal.fenceBudget)
    .describe(
      "Longest time from the decision to fence until the last write is refused; every service has to stop within it.",
    ),
  clockRateError: z
    .number()
    .min(0)
    .max(0.05)
    .default(0.001)
    .describe(
      "By how much two clocks may differ in rate; 0.001 is a second in a quarter of an hour.",
    ),
  margin: leaseDurationField
    .default("1s")
    .describe(
      "What a contender waits beyond the lease; a larger jump of the clock ends authority.",
    ),
});

export type LeaseSpec = z.infer<typeof leaseSchema>;

/** Where each time of a lease is written. */
export const leaseFieldOf: Readonly<Record<keyof LeaseTiming, keyof LeaseSpec>> = {
  ttlMs: "ttl",
  renewEveryMs: "renewEvery",
  rpcTimeoutMs: "rpcTimeout",
  fenceBudgetMs: "fenceBudget",
  clockRateErrorRatio: "clockRateError",
  marginMs: "margin",
};

/** The times in milliseconds. */
export function timingOf(lease: LeaseSpec): LeaseTiming {
  return {
    ttlMs: durationMs(lease.ttl),
    renewEveryMs: durationMs(lease.renewEvery),
    rpcTimeoutMs: durationMs(lease.rpcTimeout),
    fenceBudgetMs: durationMs(lease.fenceBudget),
    clockRateErrorRatio: lease.clockRateError,
    marginMs: durationMs(lease.margin),
  };
}

/** Milliseconds of a duration whose pattern was checked. */
export function durationMs(text: string): number {
  return required(parseDurationMs(text), "the schema lets durations pass only");
}
