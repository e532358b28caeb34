/** What is valid in a FailoverGroup and yet hardly meant. A warning refuses nothing and holds nothing back. */
import { parseDurationMs } from "../../kernel/duration.ts";
import { outwaitMs } from "../../lease/timing.ts";
import { timingOf } from "../failover-group-lease.ts";
import type { Finding } from "../problem.ts";
import { replicationPatterns } from "../service-kinds.ts";
import { countOf } from "./failover-group-approvals.ts";
import { type FailoverGroupFacts, leasedOf, witnessOf } from "./failover-group-facts.ts";
import type { DocumentRule } from "./rule.ts";

export const failoverGroupWarnings: readonly DocumentRule<FailoverGroupFacts>[] = [
  { reason: "LedgerMayLoseEverything", check: checkLedgers },
  { reason: "NeverLossless", check: checkNeverLossless },
  { reason: "WitnessInsideRegion", check: checkWitness },
  { reason: "ObjectiveOutOfReach", check: checkObjective },
  { reason: "NobodyAcceptsLoss", check: checkLossApprovers },
  {
    reason: "NothingLeased",
    check: (facts) =>
      leasedOf(facts).length > 0
        ? []
        : [
            {
              path: ["spec", "covers"],
              found: "no Application of which a region stands by",
              expected: "at least one; without one the lease decides nothing that users reach",
            },
          ],
  },
];

function checkLedgers({ group }: FailoverGroupFacts): readonly Finding[] {
  return (group.spec.services ?? []).flatMap(({ kind, mayLose }, s) => {
    const { component, canLoseNothing } = replicationPatterns[kind];
    if (!canLoseNothing || mayLose === "nothing") return [];
    return [
      {
        path: ["spec", "services", s, "mayLose"],
        expected: `nothing, which ${component} can keep; with everything, a failover does not look at what of it would be lost`,
      },
    ];
  });
}

function checkNeverLossless({ group }: FailoverGroupFacts): readonly Finding[] {
  if (group.spec.mode !== "automatic") return [];
  return (group.spec.services ?? []).flatMap(({ kind, mayLose }, s) => {
    const { component, canLoseNothing, method } = replicationPatterns[kind];
    if (canLoseNothing || mayLose === "everything") return [];
    return [
      {
        path: ["spec", "services", s, "mayLose"],
        found: "nothing",
        expected: `everything, or another mode: ${component} by ${method} never makes a write wait for the other region, so automatic would never act`,
      },
    ];
  });
}

function checkWitness({ group, sovereign }: FailoverGroupFacts): readonly Finding[] {
  const region = witnessOf(group, sovereign)?.region;
  const { mode, regions } = group.spec;
  if (mode !== "automatic" || region === undefined || !regions.includes(region)) return [];
  return [
    {
      path: ["spec", "witness"],
      found: `a witness inside ${region}`,
      expected: `a witness outside of both regions: this one falls with ${region}, so automatic is not armed`,
    },
  ];
}

function checkObjective({ group: { spec } }: FailoverGroupFacts): readonly Finding[] {
  const leastMs = outwaitMs(timingOf(spec.lease));
  const rtoMs = parseDurationMs(spec.objectives.rto) ?? 0;
  if (rtoMs > leastMs) return [];
  return [
    {
      path: ["spec", "objectives", "rto"],
      found: spec.objectives.rto,
      expected: `more than ${leastMs / 1_000} s, which the other region waits for a lost one (ttl × (1 + 2 × clockRateError) + margin); a shorter ttl allows a shorter one`,
    },
  ];
}

function checkLossApprovers(facts: FailoverGroupFacts): readonly Finding[] {
  const { mode, approvals } = facts.group.spec;
  const count = countOf(facts, "failover", true);
  if (facts.sovereign === undefined || mode === "manual" || count >= approvals.lossy) return [];
  return [
    {
      path: ["spec", "approvals", "lossy"],
      found: `${count} ${count === 1 ? "person" : "people"} with a key and a role that accepts loss`,
      expected: `at least ${approvals.lossy}; otherwise a failover that would lose something can never be approved`,
    },
  ];
}
