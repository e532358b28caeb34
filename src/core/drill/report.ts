/**
 * The report of a drill: the one value from which terminal, JSON and HTML are rendered.
 * Parsed again when an old report is shown, so its shape is declared once, here.
 */
import { z } from "zod";
import { placements } from "../resources/application.ts";
import { boundsOf } from "./bounds.ts";
import { judge, rowSchema } from "./judge.ts";
import { type Measurements, measure, type Scene } from "./measure.ts";
import { type DrillKind, drillKinds, profileSchema } from "./profile.ts";
import { probeSampleSchema, requestSampleSchema } from "./sample.ts";

export const reportVersion = 1;

export const reportRegionSchema = z
  .object({
    cluster: z.string().describe("Name of the region's host cluster."),
    short: z.string().describe("How the region is called in sentences, such as `fsn`."),
    addresses: z.array(z.string()).describe("The region's load balancer addresses."),
  })
  .readonly();
export type ReportRegion = z.infer<typeof reportRegionSchema>;

const ms = z.int();
const timesSchema = z.object({
  brokenAt: z.iso.datetime().describe("When the region was broken, UTC; the zero of all samples."),
  startMs: ms.describe("Start of the steady state; negative."),
  restoreMs: ms.describe("When the restore was asked for."),
  endMs: ms.describe("End of the measurement."),
});

const measuredSchema = z.object({
  detectMs: ms.nullable(),
  answerChangedMs: ms.nullable(),
  servedAgainMs: ms.nullable(),
  returnMs: ms.nullable(),
  requests: ms,
  failedWhileBroken: ms,
  failedWhileReturning: ms,
  longestGapMs: ms,
  answeredByBrokenAfterDetection: ms,
  wrongAnswers: ms,
  answers: ms,
  flaps: ms,
}) satisfies z.ZodType<Measurements>;

export const reportSchema = z
  .object({
    version: z.literal(reportVersion),
    id: z.string().regex(/^drill-[0-9a-z]{8,20}$/),
    drill: z.enum(drillKinds),
    /** Cluster name of the region that was broken. */
    region: z.string(),
    application: z.object({
      name: z.string(),
      fqdn: z.string(),
      placement: z.enum(placements),
      /** In the order of preference. */
      regions: z.array(reportRegionSchema),
    }),
    times: timesSchema,
    profile: profileSchema,
    /** Label and value, for people: versions, addresses, what was asked. */
    environment: z.array(z.tuple([z.string(), z.string()])),
    /** Name servers whose answer had to change. */
    watchedServers: z.array(z.string()),
    measured: measuredSchema,
    rows: z.array(rowSchema),
    verdict: z.enum(["passed", "missed"]),
    samples: z.object({
      requests: z.array(requestSampleSchema),
      probes: z.array(probeSampleSchema),
    }),
  })
  .readonly();
export type DrillReport = z.infer<typeof reportSchema>;

export type DrillFacts = Omit<DrillReport, "version" | "measured" | "rows" | "verdict">;

/** The report of what happened; every number in it is computed here from the samples. */
export function makeReport(facts: DrillFacts): DrillReport {
  const measured = measure(facts.samples, sceneOf(facts));
  const rows = judge(measured, boundsOf(facts.drill, facts.profile));
  const missed = rows.some((row) => row.verdict === "missed");
  return {
    ...facts,
    version: reportVersion,
    measured,
    rows: [...rows],
    verdict: missed ? "missed" : "passed",
  };
}

/** What the fold has to know of the drill's world. */
export function sceneOf(
  facts: Pick<DrillFacts, "application" | "region" | "times" | "watchedServers">,
): Scene {
  const { regions } = facts.application;
  return {
    brokenAddresses: regions.find(({ cluster }) => cluster === facts.region)?.addresses ?? [],
    plannedAddresses: regions.flatMap(({ addresses }) => addresses),
    watchedServers: facts.watchedServers,
    restoreAtMs: facts.times.restoreMs,
  };
}

/** The past participle of a drill: `killed`, `hung`, `cut off from its probes`. */
export const brokenWords: Readonly<Record<DrillKind, string>> = {
  "region-kill": "killed",
  "region-hang": "hung",
  "probe-blackhole": "cut off from its probes",
};

/** The region's code when that is unique among `clusters`, such as `fsn`; the whole name otherwise. */
export function shortRegionName(cluster: string, clusters: readonly string[]): string {
  const code = (name: string): string => name.split("-")[1] ?? name;
  return clusters.filter((other) => code(other) === code(cluster)).length > 1
    ? cluster
    : code(cluster);
}
