/**
 * What has to hold in every drill of data, whatever was broken. Each is judged by itself with its evidence; what could not be
 * looked at is unknown, and unknown is never held.
 */
import { z } from "zod";
import { humanDurationMs } from "../kernel/duration.ts";
import type { AgentSample, agentSampleSchema, LedgerHolding } from "./ledger-evidence.ts";
import { type LedgerKind, ledgerKindFacts, mayLoseWrites } from "./ledger-kinds.ts";
import type { LedgerMeasured } from "./ledger-measure.ts";
import { acknowledgedOf, type LedgerWrite } from "./ledger-write.ts";
import { judgeLossWithinBound, judgePeopleDecide, type StatedLoss } from "./stated-loss.ts";

export const invariantIds = [
  "ExactlyOneWriter",
  "NothingAcknowledgedLost",
  "PeopleDecide",
  "LossWithinBound",
  "NoFalseAcknowledgement",
  "EpochsGrow",
  "AnswersFollowAuthority",
  "ReturnsFenced",
  "WriterAsExpected",
  "NoWriteFailed",
] as const;
export type InvariantId = (typeof invariantIds)[number];

export const invariantSchema = z
  .object({
    id: z.enum(invariantIds),
    label: z.string().describe("What has to hold, for people."),
    verdict: z.enum(["held", "broken", "unknown"]),
    evidence: z.string().describe("What it was judged by, one sentence."),
  })
  .readonly();
export type InvariantResult = z.infer<typeof invariantSchema>;

export const ledgerRegionSchema = z
  .object({ cluster: z.string(), short: z.string(), addresses: z.array(z.string()) })
  .readonly();

export type InvariantFacts = {
  readonly kind: LedgerKind;
  /** Cluster that was broken or told. */
  readonly region: string;
  readonly regions: readonly z.infer<typeof ledgerRegionSchema>[];
  readonly measured: LedgerMeasured;
  readonly writes: readonly LedgerWrite[];
  readonly holdings: readonly LedgerHolding[];
  readonly agents: readonly z.infer<typeof agentSampleSchema>[];
  readonly restoreMs: number;
  /** How long an answer may still show the old writer after the new one's first acknowledgement. */
  readonly answerLagMs: number;
  /** What people were told and approved, where writes may be lost. */
  readonly stated?: StatedLoss;
};

type Judged = Pick<InvariantResult, "verdict" | "evidence">;

const held = (evidence: string): Judged => ({ verdict: "held", evidence });
const broken = (evidence: string): Judged => ({ verdict: "broken", evidence });
const unknown = (evidence: string): Judged => ({ verdict: "unknown", evidence });

const rules: readonly (readonly [
  InvariantId,
  label: string,
  judge: (facts: InvariantFacts) => Judged | undefined,
])[] = [
  ["ExactlyOneWriter", "Never two regions write at a time", exactlyOneWriter],
  ["NothingAcknowledgedLost", "No acknowledged write is lost", nothingLost],
  ["PeopleDecide", "Nobody takes over with a loss before enough people approved it", peopleDecide],
  ["LossWithinBound", "No more is lost than was stated before", lossWithinBound],
  ["NoFalseAcknowledgement", "Every acknowledgement is of the write that was sent", noFalse],
  ["EpochsGrow", "No writer of an older epoch is heard after a newer one", epochsGrow],
  ["AnswersFollowAuthority", "The name leads to who may write, and nowhere else", answersFollow],
  ["ReturnsFenced", "A region that comes back writes nothing", returnsFenced],
  ["WriterAsExpected", "Authority moves exactly when it has to", writerAsExpected],
  ["NoWriteFailed", "Not a single write fails", noWriteFailed],
];

/** Every invariant that the kind is judged by, in the order of the report. */
export function judgeInvariants(facts: InvariantFacts): readonly InvariantResult[] {
  return rules.flatMap(([id, label, judge]) => {
    const judged = judge(facts);
    return judged === undefined ? [] : [{ id, label, ...judged }];
  });
}

function exactlyOneWriter({ measured }: InvariantFacts): Judged {
  const { tenures, handovers, overlapMs, provenOverlapMs } = measured;
  if (tenures.length === 0) return unknown("Nobody acknowledged anything.");
  const shared = tenures.find((one) =>
    tenures.some(
      (two) => two.epoch !== null && two.epoch === one.epoch && two.region !== one.region,
    ),
  );
  if (shared !== undefined) return broken(`Two regions acknowledged at epoch ${shared.epoch}.`);
  if (overlapMs > 0)
    return broken(
      `The old writer acknowledged for ${humanDurationMs(overlapMs)} after the new one's first acknowledgement; for ${humanDurationMs(provenOverlapMs)} of it beyond doubt.`,
    );
  const [first] = handovers;
  return held(
    first === undefined
      ? "One region acknowledged everything."
      : `${handovers.length === 1 ? "One change of the writer" : `${handovers.length} changes of the writer`}, the last acknowledgement ${humanDurationMs(Math.min(...handovers.map(({ gapMs }) => gapMs)))} before the next writer's first.`,
  );
}

function nothingLost({ kind, measured, holdings }: InvariantFacts): Judged | undefined {
  if (mayLoseWrites(kind)) return undefined;
  const { lost, acknowledged, lastWriter } = measured;
  if (acknowledged === 0) return unknown("Nothing was acknowledged.");
  if (lost === null) {
    const why = holdings.find(({ region }) => region === lastWriter)?.because ?? "it was not read";
    return unknown(`The last writer's database is not known: ${why}.`);
  }
  const of = `of ${acknowledged} acknowledged writes`;
  return lost === 0
    ? held(`All ${of} are in the database of ${lastWriter}.`)
    : broken(`${lost} ${of} are not in the database of ${lastWriter}.`);
}

function peopleDecide({ kind, stated }: InvariantFacts): Judged | undefined {
  return mayLoseWrites(kind) ? judgePeopleDecide(stated) : undefined;
}

function lossWithinBound({ kind, stated, measured }: InvariantFacts): Judged | undefined {
  return mayLoseWrites(kind) ? judgeLossWithinBound(stated, measured) : undefined;
}

function noFalse({ measured, writes, regions }: InvariantFacts): Judged {
  const elsewhere = acknowledgedOf(writes).filter(
    ({ region, address }) =>
      address !== undefined &&
      regions.find(({ cluster }) => cluster === region)?.addresses.includes(address) !== true,
  ).length;
  const { falseAnswers, acknowledged } = measured;
  if (falseAnswers + elsewhere > 0)
    return broken(
      `${falseAnswers} answers named another write, ${elsewhere} another region than was asked.`,
    );
  return acknowledged === 0
    ? unknown("Nothing was acknowledged.")
    : held(`${acknowledged} answers, each with its own identifier from the region that was asked.`);
}

function epochsGrow({ measured }: InvariantFacts): Judged {
  const epochs = measured.tenures.map(({ epoch }) => epoch);
  if (epochs.length === 0) return unknown("Nobody acknowledged anything.");
  if (epochs.includes(null)) return unknown("A writer did not say at which epoch it wrote.");
  const stale = measured.staleAcknowledgements;
  if (stale > 0)
    return broken(
      `${stale} writes were acknowledged at an epoch that had ended before they were sent.`,
    );
  const told =
    epochs.length === 1 ? `Epoch ${epochs[0]} all the time.` : `Epochs ${epochs.join(", ")}.`;
  return held(told);
}

function answersFollow(facts: InvariantFacts): Judged {
  const { regions, writes, measured, answerLagMs } = facts;
  const planned = regions.flatMap(({ addresses }) => addresses);
  const answered = writes.filter(({ addresses }) => addresses.length > 0);
  if (answered.length === 0) return unknown("The recursor answered nothing.");
  const outside = answered.filter(({ addresses }) =>
    addresses.some((one) => !planned.includes(one)),
  );
  if (outside.length > 0)
    return broken(`${outside.length} answers held an address outside the plan.`);
  const late = measured.handovers.flatMap(({ to, firstAckMs }, at) => {
    const own = regions.find(({ cluster }) => cluster === to)?.addresses ?? [];
    const untilMs = measured.handovers[at + 1]?.lastAckMs ?? Number.POSITIVE_INFINITY;
    return answered.filter(
      ({ sentMs, addresses }) =>
        sentMs > firstAckMs + answerLagMs &&
        sentMs < untilMs &&
        addresses.some((one) => !own.includes(one)),
    );
  });
  return late.length > 0
    ? broken(
        `${late.length} answers still led elsewhere ${humanDurationMs(answerLagMs)} after the change.`,
      )
    : held(
        `${answered.length} answers, none outside the plan, none behind by ${humanDurationMs(answerLagMs)}.`,
      );
}

function returnsFenced(facts: InvariantFacts): Judged | undefined {
  const { kind, region, agents, restoreMs, measured, writes } = facts;
  if (!ledgerKindFacts[kind].returns) return undefined;
  const moved = measured.handovers.find(({ from }) => from === region);
  if (moved === undefined) return unknown("The writer did not move away from it.");
  const toEpoch = moved.toEpoch ?? Number.POSITIVE_INFINITY;
  const late = acknowledgedOf(writes).filter(
    (write) => write.region === region && write.sentMs >= restoreMs && (write.epoch ?? 0) < toEpoch,
  );
  if (late.length > 0)
    return broken(`${region} acknowledged ${late.length} writes after it came back.`);
  const own = agents.filter(
    (one) => one.region === region && one.atMs >= restoreMs && one.answered,
  );
  const serving = own.filter((one) => one.isServing && (one.epoch ?? 0) < toEpoch);
  // An answer of the first moments may have been written before the region was told that it had been away.
  if (serving.some(({ atMs }) => atMs > restoreMs + 1_000))
    return broken(
      `${region} said that it serves ${serving.length} times at an epoch that had ended.`,
    );
  return own.length === 0
    ? unknown("Its agent did not answer after it came back.")
    : held(`It acknowledged nothing; its agent said so ${own.length} times: ${shown(own)}.`);
}

const shown = (samples: readonly AgentSample[]): string =>
  [...new Set(samples.map(({ data }) => data))].join(", then ");

function writerAsExpected({ kind, measured }: InvariantFacts): Judged | undefined {
  const { writer } = ledgerKindFacts[kind];
  if (writer === "either") return undefined;
  const moves = measured.handovers.filter(({ firstAckMs }) => firstAckMs >= 0);
  const told =
    moves.length === 0
      ? "No other region began to write."
      : moves.map(({ to }) => `${to} began to write.`).join(" ");
  return (writer === "moves") === (moves.length === 1) && (writer === "moves" || moves.length === 0)
    ? held(told)
    : broken(told);
}

function noWriteFailed({ kind, measured }: InvariantFacts): Judged | undefined {
  if (ledgerKindFacts[kind].failures !== "none") return undefined;
  const failed = measured.failedWhileBroken + measured.failedWhileReturning;
  if (measured.writes === 0) return unknown("Nothing was written.");
  return failed === 0
    ? held(`None of ${measured.writes} writes failed.`)
    : broken(`${failed} of ${measured.writes} writes failed.`);
}
