/**
 * Alerts on how much a failover would lose, as rules for Prometheus: the handbook's table of replication (SRE handbook §2.5) as default
 * objectives. They compare what agents measure with what agents say is allowed, so one file fits every group.
 */
import { quotaRules } from "../lease/quota-rules.ts";
import { type LossClass, lossMs, replicationPatterns } from "../resources/service-kinds.ts";

export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

export type RuleFile = {
  readonly groups: readonly {
    readonly name: string;
    readonly interval: string;
    readonly rules: readonly AlertRule[];
  }[];
};

/** How loud each class is: who loses money by seconds is called, the others find it in the morning. */
const loudness: Readonly<Record<LossClass, { readonly severity: string; readonly for: string }>> = {
  nearZero: { severity: "page", for: "1m" },
  seconds: { severity: "ticket", for: "5m" },
  minutes: { severity: "ticket", for: "15m" },
};

const classes: readonly LossClass[] = ["nearZero", "seconds", "minutes"];
const guide = "docs/guides/failover.md";

const info = "sovereign_failover_group_info";
/** A metric of agents alone, with group and region: every program of ours shows the whole table, and 0 where it sets nothing. */
const ofAgents = (name: string): string =>
  `${info} * ignoring (group, region) group_left () sovereign_failover_${name}`;

/** The whole file. */
export function rpoRules(): RuleFile {
  return {
    groups: [
      {
        name: "sovereign-failover-rpo",
        interval: "15s",
        rules: [...classes.map(lagRule), ...lossRules],
      },
      { name: "sovereign-failover-readiness", interval: "15s", rules: readinessRules },
      quotaRules,
    ],
  };
}

function lagRule(lossClass: LossClass): AlertRule {
  const { severity, for: holds } = loudness[lossClass];
  const components = Object.values(replicationPatterns)
    .filter(({ loss }) => loss === lossClass)
    .map(({ component }) => component);
  const name = { nearZero: "NearZero", seconds: "Seconds", minutes: "Minutes" }[lossClass];
  return {
    alert: `FailoverLagBeyondObjective${name}`,
    expr: `(sovereign_failover_lag_seconds > ignoring (class) group_left (class) sovereign_failover_objective_lag_seconds{class="${lossClass}"}) * ignoring (service, class, group, region) group_left (group, region) ${info}`,
    for: holds,
    labels: { severity },
    annotations: {
      summary:
        "{{ $labels.service }} of {{ $labels.group }} lags by {{ $value | humanizeDuration }}, more than it may.",
      description: `A failover now would lose the writes of that time. Without an objective of its own a group allows ${lossMs[lossClass] / 1_000} s for ${components.join(", ")}.`,
      runbook: guide,
    },
  };
}

const rule = (
  alert: string,
  expr: string,
  [holds, severity]: readonly [string, string],
  [summary, description]: readonly [string, string],
): AlertRule => ({
  alert,
  expr,
  for: holds,
  labels: { severity },
  annotations: { summary, description, runbook: guide },
});

const lossRules: readonly AlertRule[] = [
  rule(
    "FailoverLossBeyondObjective",
    `${ofAgents("loss_bytes")} > ignoring (group, region) group_left () sovereign_failover_objective_loss_bytes`,
    ["1m", "page"],
    [
      "Taking over {{ $labels.group }} in {{ $labels.region }} now would lose {{ $value | humanize1024 }}B, more than the objective.",
      "`sovereign failover what-if` says what stands in the way; nothing is lost before somebody takes over.",
    ],
  ),
  rule(
    "FailoverLossUnknown",
    `${ofAgents("loss_bytes")} == -1`,
    ["5m", "ticket"],
    [
      "What taking over {{ $labels.group }} in {{ $labels.region }} now would lose is not known.",
      "The witness or the measurement of the data is silent. An unknown loss is approved only by an approval of any loss.",
    ],
  ),
  rule(
    "FailoverNotInStep",
    `${ofAgents("in_step")} == 0 and ignoring (group, region) (sovereign_failover_serving == 1)`,
    ["5m", "page"],
    [
      "Commits of {{ $labels.group }} in {{ $labels.region }} do not wait for the standby: it is unfenced by data.",
      "The standby is lost or too slow. Automatic failover is off for services that may lose nothing until it is back in step.",
    ],
  ),
  rule(
    "FailoverDataUnmeasured",
    // What was never measured is NaN, which alone differs from itself.
    `${ofAgents("data_age_seconds")} > 60 or ${ofAgents("data_age_seconds")} != ${ofAgents("data_age_seconds")}`,
    ["2m", "ticket"],
    [
      "The data of {{ $labels.group }} in {{ $labels.region }} was last measured {{ $value | humanizeDuration }} ago, or never.",
      "What the other alerts of this file say is as old as that.",
    ],
  ),
];

const readinessRules: readonly AlertRule[] = [
  rule(
    "FailoverDisarmed",
    `${ofAgents("armed")} == 0`,
    ["10m", "ticket"],
    [
      "{{ $labels.region }} may not take {{ $labels.group }} over by itself.",
      "Somebody disarmed it, readiness did, or it has no record. `sovereign failover why` says which.",
    ],
  ),
  rule(
    "FailoverNeedsPerson",
    `${ofAgents("needs_person")} > 0`,
    ["2m", "page"],
    [
      "{{ $labels.group }} in {{ $labels.region }}: {{ $value }} things do not come right without a person.",
      "`sovereign failover status` names each, with what to type.",
    ],
  ),
  rule(
    "FailoverWitnessSilent",
    `${ofAgents("witness_silent")} == 1`,
    ["5m", "page"],
    [
      "The witness of {{ $labels.group }} does not answer {{ $labels.region }}.",
      "The region that serves goes on as the group's policy says; nobody takes over by itself meanwhile.",
    ],
  ),
];
