/** What a switchover, a failback or a failover would do now: its steps, and every gate as it stands (`failover plan`). Nothing is done. */
import { humanDurationMs } from "../kernel/duration.ts";
import { decide, type Rule, type RuleResult, type Verdict } from "../kernel/verdict.ts";
import { isFrozen } from "./freeze.ts";
import type { PeopleReport } from "./people-report.ts";
import { defaultRtoWorld, type RtoWorld, rtoLines, stepsOf } from "./rto-lines.ts";

export type MoveKind = "switchover" | "failback" | "failover";

export type MovePlan = {
  readonly kind: MoveKind;
  readonly from: string;
  readonly to: string;
  readonly verdict: Verdict;
  readonly steps: readonly PlanStep[];
  /** For how long nobody can write, at most and as expected. */
  readonly gap: { readonly expectedMs: number; readonly mostMs: number };
};

export type PlanStep = {
  readonly where: string;
  readonly what: string;
  readonly mostMs: number | null;
};

/** The two regions as their agents tell; null where one does not answer. */
export type TwoReports = {
  readonly from: { readonly cluster: string; readonly report: PeopleReport | null };
  readonly to: { readonly cluster: string; readonly report: PeopleReport | null };
  readonly wallAtMs: number;
};

type Result = Omit<RuleResult, "rule">;
const passedIf = (is: boolean, yes: string, no: string = yes): Result => ({
  outcome: is ? "passed" : "failed",
  because: is ? yes : no,
});
const notApplicable = (because: string): Result => ({ outcome: "notApplicable", because });

const handOverRules: readonly Rule<TwoReports>[] = [
  {
    rule: "Serving",
    evaluate: ({ from: { cluster, report } }) => {
      if (report === null) return passedIf(false, "", `the agent of ${cluster} does not answer`);
      const { data, authority } = report.status;
      return passedIf(
        data === "serving" && authority.kind === "lease",
        `${cluster} serves under a lease at epoch ${authority.epoch ?? 0}`,
        `the data of ${cluster} is ${data} and its authority is ${authority.kind}`,
      );
    },
  },
  {
    rule: "PeerInStep",
    evaluate: ({ from: { cluster, report } }) => {
      if (report === null) return notApplicable(`${cluster} does not answer`);
      const isNeeded = report.people.group.services.some(({ mayLose }) => mayLose === "nothing");
      if (!isNeeded) return notApplicable("no service of this group may lose nothing");
      const { recorded } = report.status.sync;
      const because = `the record at the witness says ${recorded}`;
      return passedIf(recorded === "in_sync", because);
    },
  },
  {
    rule: "NotFrozen",
    evaluate: ({ from, to, wallAtMs }) => {
      const group = (from.report ?? to.report)?.people.group;
      const window = group === undefined ? null : isFrozen(group, wallAtMs);
      return passedIf(
        window === null,
        "no freeze window is open",
        `a freeze window is open: ${window?.because ?? ""}`,
      );
    },
  },
  {
    rule: "PeerAnswers",
    evaluate: ({ to: { cluster, report } }) =>
      passedIf(
        report !== null,
        `the agent of ${cluster} answers`,
        `the agent of ${cluster} does not answer`,
      ),
  },
  {
    rule: "PeerReady",
    evaluate: ({ to: { cluster, report } }) => {
      if (report === null) return notApplicable(`${cluster} does not answer`);
      const { status, people } = report;
      const reasons = [
        ...(status.armed ? [] : ["it is not armed"]),
        ...status.disarmedBecause,
        ...(people.judgement ?? [])
          .filter(({ rule, outcome }) => outcome !== "passed" && isAboutReadiness(rule))
          .map(({ because }) => because),
      ];
      const unique = [...new Set(reasons)];
      return passedIf(unique.length === 0, `${cluster} can take it`, unique.join("; "));
    },
  },
];

function isAboutReadiness(rule: string): boolean {
  return rule === "Ready" || rule === "PromiseBinds" || rule === "OpenRoundBinds";
}

const failbackRules: readonly Rule<TwoReports>[] = [
  {
    rule: "FailbackAllowed",
    evaluate: ({ from, to }) => {
      const failback = (from.report ?? to.report)?.people.group.failback;
      if (failback?.policy !== "approved")
        return passedIf(false, "", "the group's failback is never");
      return passedIf(
        failback.to === to.cluster,
        `the group belongs in ${failback.to}`,
        `the group belongs in ${failback.to}, and ${to.cluster} is not that`,
      );
    },
  },
  { rule: "InStepLongEnough", evaluate: inStepLongEnough },
];

/** As far as the agent's own journal tells; what happened before its tail counts from the tail's beginning. */
function inStepLongEnough({ from: { cluster, report }, to }: TwoReports): Result {
  const failback = (report ?? to.report)?.people.group.failback;
  if (report === null || failback?.policy !== "approved") {
    return notApplicable(`${cluster} does not answer, or no failback is declared`);
  }
  const { journalTail, atMs, status } = report;
  const last = journalTail.findLast(({ type }) => type === "failover.syncRecorded");
  const sinceAtMs = (last ?? journalTail[0])?.atMs ?? atMs;
  const forMs = Math.max(0, atMs - sinceAtMs);
  const wanted = humanDurationMs(failback.inStepForMs);
  const isFor = `in step for ${last === undefined ? "at least " : ""}${humanDurationMs(forMs)}`;
  if (status.sync.recorded !== "in_sync") {
    return passedIf(false, "", `the record at the witness says ${status.sync.recorded}`);
  }
  return passedIf(
    forMs >= failback.inStepForMs,
    `${isFor}, of ${wanted}`,
    `${isFor}, and ${wanted} are asked for`,
  );
}

/** The plan as things stand. */
export function movePlan(
  kind: MoveKind,
  reports: TwoReports,
  world: RtoWorld = defaultRtoWorld,
): MovePlan {
  const { from, to } = reports;
  const verdict = kind === "failover" ? failoverVerdict(reports) : handOverVerdict(kind, reports);
  const group = (from.report ?? to.report)?.people.group;
  const ends = { kind, from: from.cluster, to: to.cluster, verdict };
  if (group === undefined) return { ...ends, steps: [], gap: { expectedMs: 0, mostMs: 0 } };
  const { timing } = group;
  const lines = rtoLines(group, world);
  const [wait, take, promote, probe, cached] = lines;
  const rest = [take, promote, probe, cached].flatMap((line) => (line === undefined ? [] : [line]));
  const first = kind === "failover" ? wait : undefined;
  const fence = { expectedMs: timing.fenceBudgetMs / 4, mostMs: timing.fenceBudgetMs };
  const parts = [first ?? fence, ...rest];
  const chain = stepsOf(group.services);
  const steps: readonly PlanStep[] = [
    ...(kind === "failover"
      ? [
          {
            where: to.cluster,
            what: "outwait the lease of the lost region",
            mostMs: wait?.mostMs ?? null,
          },
        ]
      : [
          { where: from.cluster, what: "fence: refuse every write", mostMs: timing.fenceBudgetMs },
          {
            where: from.cluster,
            what: "measure the last position, and release the lease with it",
            mostMs: timing.ttlMs,
          },
        ]),
    {
      where: "witness",
      what: `grant the lease to ${to.cluster} at the next epoch`,
      mostMs: timing.rpcTimeoutMs,
    },
    {
      where: to.cluster,
      what: `promote ${names(group.services)} in ${chain} ${chain === 1 ? "step" : "steps"}, and see each take a write`,
      mostMs: promote?.mostMs ?? null,
    },
    { where: to.cluster, what: "answer 200 on the health path", mostMs: null },
    {
      where: "name servers",
      what: `lead to ${to.cluster}`,
      mostMs: (probe?.mostMs ?? 0) + (cached?.mostMs ?? 0),
    },
  ];
  return {
    ...ends,
    steps,
    gap: {
      expectedMs: parts.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
      mostMs: parts.reduce((sum, { mostMs }) => sum + mostMs, 0),
    },
  };
}

function names(services: readonly { readonly name: string }[]): string {
  return services.length === 0 ? "nothing" : services.map(({ name }) => name).join(", ");
}

function handOverVerdict(kind: MoveKind, reports: TwoReports): Verdict {
  const rules = kind === "failback" ? [...failbackRules, ...handOverRules] : handOverRules;
  return decide(rules, reports);
}

/** The agent's own judgement: nobody else knows its evidence. */
function failoverVerdict({ to: { cluster, report } }: TwoReports): Verdict {
  const trace: readonly RuleResult[] =
    report === null
      ? [
          {
            rule: "PeerAnswers",
            outcome: "failed",
            because: `the agent of ${cluster} does not answer`,
          },
        ]
      : (report.people.judgement ?? [
          { rule: "HasAuthority", outcome: "failed", because: `${cluster} has authority already` },
        ]);
  const rules = trace.map(({ rule, ...result }): Rule<null> => ({ rule, evaluate: () => result }));
  return decide(rules, null);
}
