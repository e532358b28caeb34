/**
 * *What if this region dies now?* (facts of failover §4 row 16): a prediction from what the two agents say and the arithmetic of the
 * lease. Rules are not guessed: they are the peer's own judgement, without those that time alone changes.
 */
import type { RuleResult } from "../kernel/verdict.ts";
import { type LossyService, lossyServices } from "./lossy-services.ts";
import type { PeopleReport } from "./people-report.ts";
import { type RtoLine, type RtoWorld, rtoLines, sumOf } from "./rto-lines.ts";
import { changeOf, ruleWords } from "./rule-words.ts";

export type PredictedLoss = {
  /** Whether it is known that nothing would be; 0 bytes alone do not say that. */
  readonly isNothing: boolean;
  /** null: not known. */
  readonly bytes: number | null;
  /** What was written after the last renewal would be lost too, and nothing bounds it. */
  readonly bytesAreAtLeast: boolean;
  readonly seconds: number | null;
  readonly because: string;
};

export type Obstacle = {
  readonly rule: string;
  readonly because: string;
  readonly change: string;
  readonly peopleDecide: boolean;
};

export type WhatIf = {
  readonly region: string;
  readonly peer: string;
  /**
   * `takesOver` by itself; `needsPeople`: when they say so; `stays`: nobody serves until something is repaired; `standbyLost`: the
   * region serves nobody now; `unknown`: the peer's agent does not answer.
   */
  readonly kind: "takesOver" | "needsPeople" | "stays" | "standbyLost" | "unknown";
  readonly because: string;
  /** From the death to the first write that a client gets through; null when nobody takes over by itself. */
  readonly rto: {
    readonly leastMs: number;
    readonly expectedMs: number;
    readonly mostMs: number;
  } | null;
  /** The arithmetic behind it, also when people are needed: then it counts from their word. */
  readonly lines: readonly RtoLine[];
  readonly objectiveMs: number | null;
  readonly loss: PredictedLoss | null;
  /** What would be lost of services that may lose. */
  readonly mayLose: readonly LossyService[];
  readonly obstacles: readonly Obstacle[];
};

type Question = {
  readonly region: string;
  readonly peer: string;
  /** What the peer's agent says; null when it does not answer. */
  readonly report: PeopleReport | null;
  readonly world: RtoWorld;
};

/** What would come of the sudden loss of a region. */
export function whatIf({ region, peer, report, world }: Question): WhatIf {
  const nothing = {
    region,
    peer,
    rto: null,
    lines: [],
    objectiveMs: null,
    loss: null,
    mayLose: [],
    obstacles: [],
  };
  if (report === null) {
    const because = `the agent of ${peer} does not answer, and only it knows what it would do`;
    return { ...nothing, kind: "unknown", because };
  }
  const { status, people } = report;
  const objectiveMs = people.group.objectives.rtoMs;
  if (status.authority.kind !== "none") {
    return { ...nothing, objectiveMs, kind: "standbyLost", because: standbyWords(report) };
  }
  const obstacles = obstaclesOf(report);
  const lines = rtoLines(people.group, world);
  const loss = lossOf(report);
  const mayLose = lossyServices(report);
  const found = { region, peer, lines, objectiveMs, loss, mayLose, obstacles };
  if (obstacles.length === 0) {
    const because = `${peer} takes over by itself`;
    return { ...found, kind: "takesOver", because, rto: sumOf(lines) };
  }
  const because = obstacles.map((obstacle) => obstacle.because).join("; ");
  const kind = obstacles.every(({ peopleDecide }) => peopleDecide) ? "needsPeople" : "stays";
  return { ...found, kind, because, rto: null };
}

/** What stands against a take-over besides time. */
function obstaclesOf({ cluster, status, people }: PeopleReport): readonly Obstacle[] {
  const isArbiter = status.promise?.policy === "peerArbiter";
  const failed = (people.judgement ?? []).filter(({ rule, outcome }) => {
    if (outcome !== "failed") return false;
    // An arbiter takes over when its grant ran out, promise or not.
    if (rule === "PromiseBinds" && isArbiter) return false;
    return !isOver(rule);
  });
  const { silentForMs } = status.witness;
  const silent: readonly RuleResult[] =
    silentForMs === null || isArbiter
      ? []
      : [
          {
            rule: "WitnessAnswers",
            outcome: "failed",
            because: `the witness has not answered ${cluster} for ${Math.round(silentForMs / 1_000)} s`,
          },
        ];
  return [...silent, ...failed].map(({ rule, because }) => ({
    rule,
    because,
    change: changeOf(rule, cluster) ?? "look at the journal of this agent",
    peopleDecide: Object.hasOwn(ruleWords, rule) && ruleWords[rule]?.peopleDecide === true,
  }));
}

/** Whether it is over by the time that the lease of a dead region has run out. */
function isOver(rule: string): boolean {
  return rule === "Outwaited" || rule === "DnsEvidence" || rule === "WatchdogAnswers";
}

function lossOf({ people, data }: PeopleReport): PredictedLoss {
  const { loss, group } = people;
  if (loss.kind === "nothing") {
    const because = loss.because;
    return { isNothing: true, bytes: 0, bytesAreAtLeast: false, seconds: 0, because };
  }
  const precious = new Set(
    group.services.filter(({ mayLose }) => mayLose === "nothing").map(({ name }) => name),
  );
  const lags = (data?.services ?? [])
    .filter(({ name }) => precious.has(name))
    .map(({ lagMs }) => lagMs ?? null);
  const isKnown = lags.length === precious.size && !lags.includes(null);
  const worstMs = Math.max(0, ...lags.map((lagMs) => lagMs ?? 0));
  return {
    isNothing: false,
    bytes: loss.bytes,
    bytesAreAtLeast: areBytesAtLeast(people),
    // What was written since the last renewal is in no record.
    seconds: isKnown ? (worstMs + group.timing.renewEveryMs) / 1_000 : null,
    because: loss.because,
  };
}

/** Whether more may be lost than the bytes say that people are told of. */
export function areBytesAtLeast({ group, witnessNote }: PeopleReport["people"]): boolean {
  const precious = group.services.filter(({ mayLose }) => mayLose === "nothing");
  // Who hands over on purpose says its final positions, and who publishes ceilings wrote nothing beyond them.
  return (
    witnessNote.handTo === null &&
    !precious.every(({ name }) => witnessNote.ceilings.includes(name))
  );
}

function standbyWords({ cluster, status, people }: PeopleReport): string {
  const isPrecious = people.group.services.some(({ mayLose }) => mayLose === "nothing");
  if (!isPrecious || status.sync.recorded !== "in_sync") return `${cluster} goes on serving`;
  return `${cluster} goes on serving; its commits stall until the witness confirms that they need not wait, and from then on a failover back would lose something`;
}
