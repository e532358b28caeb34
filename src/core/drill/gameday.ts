/**
 * A game day: drills one after the other, the first unsafe state ends it. What is signed is this value's canonical JSON, so that
 * everybody can check it who has the public key.
 */
import { z } from "zod";
import type { Json } from "../kernel/json.ts";
import { type LedgerKind, ledgerKindFacts, ledgerKinds } from "./ledger-kinds.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { shortcomings } from "./ledger-report.ts";

export const gamedayVersion = 1;

export const gamedayStepSchema = z
  .object({
    kind: z.enum(ledgerKinds),
    result: z.enum(["passed", "missed", "unsafe", "notDone"]),
    report: z.string().optional().describe("Identifier of its report."),
    reportSha256: z.string().optional().describe("SHA-256 of the bytes of its report."),
    because: z.array(z.string()).describe("What was missed, or why it was not done."),
    rtoMs: z.int().nullable().optional(),
    writeGapMs: z.int().optional(),
    lost: z.int().nullable().optional(),
    acknowledged: z.int().optional(),
    overlapMs: z.int().optional(),
    whole: z.boolean().optional().describe("Whether everything was as before when it ended."),
    tookMs: z.int().optional().describe("The whole drill, from asking to its report."),
  })
  .readonly();
export type GamedayStep = z.infer<typeof gamedayStepSchema>;

export const gamedaySchema = z
  .object({
    version: z.literal(gamedayVersion),
    id: z.string().regex(/^gameday-[0-9a-z]{8,20}$/),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable().describe("Null while it goes on."),
    profile: z.enum(["fast", "full"]),
    kinds: z.array(z.enum(ledgerKinds)).describe("What was asked for, in its order."),
    steps: z.array(gamedayStepSchema),
  })
  .readonly();
export type Gameday = z.infer<typeof gamedaySchema>;

/** Everything that is done here, what restores itself first, so that an early end has shown the most. */
export const gamedayKinds: readonly LedgerKind[] = [
  "planned-switchover",
  "failback",
  "region-kill",
  "returning-region",
  "region-hang",
  "region-partition",
  "witness-loss",
  "witness-cut",
  "peer-cut",
  "client-cut",
  "standby-loss",
  "database-kill",
  "agent-restart",
  "agent-hang",
  "asymmetric-dns",
  "clock-step",
  "api-server-down",
];

/** What is left to do; empty when it is over, also because a step was unsafe. */
export function kindsLeft({ kinds, steps }: Gameday): readonly LedgerKind[] {
  if (steps.some(({ result }) => result === "unsafe")) return [];
  const done = new Set(steps.map(({ kind }) => kind));
  return kinds.filter((kind) => !done.has(kind));
}

/** Whether the next drill may not begin: something was unsafe, or is not as it was before. */
export function endsTheDay({ result, whole }: GamedayStep): boolean {
  return result === "unsafe" || whole === false;
}

export type GamedayVerdict = "passed" | "missed" | "unsafe" | "incomplete";

/** Unsafe counts most; nothing passed that was not done, except the steps of a clock, for which a machine may lack the library. */
export function gamedayVerdict({ kinds, steps }: Gameday): GamedayVerdict {
  if (steps.some(({ result }) => result === "unsafe")) return "unsafe";
  if (steps.some(({ result }) => result === "missed")) return "missed";
  const done = steps.filter(({ result }) => result === "passed").map(({ kind }) => kind);
  const possible = kinds.filter((kind) => ledgerKindFacts[kind].how.by !== "clock");
  return possible.every((kind) => done.includes(kind)) && possible.length > 0
    ? "passed"
    : "incomplete";
}

/** The step of a finished drill. */
export function stepOf(
  report: LedgerReport,
  file: { readonly sha256: string; readonly tookMs: number },
): GamedayStep {
  const { rtoMs, writeGapMs, lost, acknowledged, overlapMs } = report.measured;
  return {
    kind: report.kind,
    result: report.verdict,
    report: report.id,
    reportSha256: file.sha256,
    because: [...shortcomings(report)],
    whole: report.wholeAgain.afterMs !== null,
    ...{ rtoMs, writeGapMs, lost, acknowledged, overlapMs, tookMs: file.tookMs },
  };
}

/** The same as JSON, for its canonical form: a field that is not there stays so. */
export function gamedayJson(gameday: Gameday): Json {
  return {
    ...gameday,
    kinds: [...gameday.kinds],
    steps: gameday.steps.map(({ because, ...rest }) => ({
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
      because: [...because],
    })),
  };
}

/** `12 of 14 drills passed, 1 missed, 1 not done; no acknowledged write was lost of 31 204.` */
export function gamedayAnswer(gameday: Gameday): string {
  const { steps, kinds } = gameday;
  const count = (result: GamedayStep["result"]): number =>
    steps.filter((step) => step.result === result).length;
  const notDone = kinds.length - steps.length + count("notDone");
  const parts = [
    `${count("passed")} of ${kinds.length} drills passed`,
    ...(count("missed") > 0 ? [`${count("missed")} missed`] : []),
    ...(count("unsafe") > 0 ? [`${count("unsafe")} was unsafe`] : []),
    ...(notDone > 0 ? [`${notDone} not done`] : []),
  ];
  const acknowledged = steps.reduce((sum, step) => sum + (step.acknowledged ?? 0), 0);
  const lost = steps.map((step) => step.lost);
  const isKnown = !lost.includes(null);
  const total = lost.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const of = `of ${acknowledged} acknowledged writes`;
  const kept = isKnown
    ? `${total === 0 ? "None" : total} ${of} ${total === 1 ? "is" : "are"} lost.`
    : `How many ${of} are lost is not known.`;
  return `${parts.join(", ")}. ${acknowledged === 0 ? "No write was acknowledged." : kept}`;
}
