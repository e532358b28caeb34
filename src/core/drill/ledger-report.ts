/**
 * The report of a drill of data: the one value from which terminal, JSON and HTML are rendered. Every number and verdict in it
 * is computed here from the client's log, so that whoever has the file can compute them again.
 */
import { z } from "zod";
import { agentSampleSchema, holdingSchema, timelineEventSchema } from "./ledger-evidence.ts";
import {
  type InvariantId,
  type InvariantResult,
  invariantSchema,
  judgeInvariants,
  ledgerRegionSchema,
} from "./ledger-invariants.ts";
import { ledgerKindFacts, ledgerKinds } from "./ledger-kinds.ts";
import { ledgerMeasuredSchema, measureLedger } from "./ledger-measure.ts";
import { type LedgerProfile, ledgerProfileSchema } from "./ledger-prediction.ts";
import { type LedgerRow, ledgerRowSchema, ledgerRows } from "./ledger-rows.ts";
import { writeSchema } from "./ledger-write.ts";
import { statedLossSchema } from "./stated-loss.ts";

export const ledgerReportVersion = 1;

const factsShape = {
  id: z.string().regex(/^ledger-[0-9a-z]{8,20}$/),
  kind: z.enum(ledgerKinds),
  region: z.string().describe("Cluster that was broken or told."),
  group: z.string().describe("The failover group."),
  application: z.object({ name: z.string(), fqdn: z.string() }),
  regions: z.array(ledgerRegionSchema),
  times: z.object({
    brokenAt: z.iso.datetime().describe("When it was broken, UTC; the zero of all instants."),
    startMs: z.int().describe("Start of the steady state; negative."),
    restoreMs: z.int().describe("When the restore was asked for."),
    endMs: z.int().describe("End of the measurement."),
  }),
  profile: ledgerProfileSchema,
  foretold: z
    .object({
      rtoMs: z.number().optional(),
      rpoBytes: z.number().optional(),
      source: z.string().optional(),
    })
    .describe("What the active region's agent said just before the break."),
  stated: statedLossSchema
    .exactOptional()
    .describe("What people were told that would be lost, and how they approved it."),
  fast: z.boolean().describe("Whether holds were shortened."),
  brokenBy: z
    .string()
    .describe("How the break was made: signals, network namespaces, or fault proxies in the way."),
  notDone: z.array(z.string()).describe("What was left out, and why; one sentence each."),
  wholeAgain: z
    .object({ afterMs: z.int().nullable(), missing: z.array(z.string()) })
    .describe("From the restore until both regions were as before; null: not in time."),
  environment: z.array(z.tuple([z.string(), z.string()])),
  holdings: z.array(holdingSchema),
  agents: z.array(agentSampleSchema),
  timeline: z.array(timelineEventSchema),
  writes: z.array(writeSchema),
};

export const ledgerReportSchema = z
  .object({
    version: z.literal(ledgerReportVersion),
    ...factsShape,
    measured: ledgerMeasuredSchema,
    rows: z.array(ledgerRowSchema),
    invariants: z.array(invariantSchema),
    verdict: z
      .enum(["passed", "missed", "unsafe"])
      .describe(
        "Unsafe: something was lost that nobody approved, or two regions wrote; nothing goes on after that.",
      ),
  })
  .readonly();
export type LedgerReport = z.infer<typeof ledgerReportSchema>;
export type LedgerReportFacts = Omit<
  LedgerReport,
  "version" | "measured" | "rows" | "invariants" | "verdict"
>;

/** Without these nothing else matters: a broken one stops a game day. */
export const safetyInvariants: ReadonlySet<InvariantId> = new Set([
  "ExactlyOneWriter",
  "NothingAcknowledgedLost",
  "PeopleDecide",
  "LossWithinBound",
  "NoFalseAcknowledgement",
  "EpochsGrow",
  "ReturnsFenced",
]);

/** The report of what happened. */
export function makeLedgerReport(facts: LedgerReportFacts): LedgerReport {
  const { kind, region, regions, writes, holdings, agents, times, profile } = facts;
  const { restoreMs, endMs } = times;
  const measured = measureLedger({ writes, holdings, restoreMs, endMs });
  const stated = facts.stated === undefined ? {} : { stated: facts.stated };
  const rows = ledgerRows(kind, measured, profile, { ...foretoldOf(facts), ...stated });
  const answerLagMs = answerLag(profile);
  const invariants = judgeInvariants({
    ...{ kind, region, regions, measured, writes, holdings, agents, restoreMs, answerLagMs },
    ...stated,
  });
  return {
    ...facts,
    version: ledgerReportVersion,
    measured,
    rows: [...rows],
    invariants: [...invariants],
    verdict: verdictOf(rows, invariants, facts.wholeAgain.afterMs !== null),
  };
}

/** Only what is there; an absent field and an undefined one are different things to the rows. */
function foretoldOf({ foretold }: LedgerReportFacts) {
  const { rtoMs, rpoBytes, source } = foretold;
  return {
    ...(rtoMs === undefined ? {} : { rtoMs }),
    ...(rpoBytes === undefined ? {} : { rpoBytes }),
    ...(source === undefined ? {} : { source }),
  };
}

/** How long an answer may be behind the change of authority: probe, its timeout, TTL, a dead server, and the grain. */
function answerLag(profile: LedgerProfile): number {
  const { probeIntervalMs, probeTimeoutMs, recordTtlMs, recursorPatienceMs, grainMs } = profile;
  return probeIntervalMs + probeTimeoutMs + recordTtlMs + recursorPatienceMs + 2 * grainMs;
}

function verdictOf(
  rows: readonly LedgerRow[],
  invariants: readonly InvariantResult[],
  isWhole: boolean,
): LedgerReport["verdict"] {
  const isUnsafe = invariants.some(
    ({ id, verdict }) => verdict === "broken" && safetyInvariants.has(id),
  );
  if (isUnsafe) return "unsafe";
  const isMissed =
    !isWhole ||
    rows.some(({ verdict }) => verdict === "missed") ||
    invariants.some(({ verdict }) => verdict !== "held");
  return isMissed ? "missed" : "passed";
}

export const ledgerVerdictWords: Readonly<Record<LedgerReport["verdict"], string>> = {
  passed: "Passed",
  missed: "Missed",
  unsafe: "Unsafe",
};

/** What was missed or broken, for one sentence: labels, or the absent return. */
export function shortcomings(report: LedgerReport): readonly string[] {
  return [
    ...report.invariants
      .filter(({ verdict }) => verdict !== "held")
      .map(({ label, verdict }) => `${label.toLowerCase()} (${verdict})`),
    ...report.rows
      .filter(({ verdict }) => verdict === "missed")
      .map(({ label }) => label.toLowerCase()),
    ...(report.wholeAgain.afterMs === null ? ["everything as before in time"] : []),
  ];
}

/** `hz-fsn-rtz-prod killed`. */
export function brokenPhrase({ kind, region }: Pick<LedgerReport, "kind" | "region">): string {
  return `${region} ${ledgerKindFacts[kind].words}`;
}
