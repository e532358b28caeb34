/** What the lease of a FailoverGroup must fulfil: times that fit, a witness that is there, and a slot of its own. */
import { checkTiming, type TimingRule, timingRules } from "../../lease/timing-rules.ts";
import { didYouMean } from "../../names/nearest.ts";
import { durationMs, leaseFieldOf, timingOf } from "../failover-group-lease.ts";
import { type Finding, shortText } from "../problem.ts";
import { type FailoverGroupFacts, slotOf, witnessOf } from "./failover-group-facts.ts";
import type { DocumentRule } from "./rule.ts";

export const leaseRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  { reason: "LeaseTimesDoNotFit", check: checkTimes },
  { reason: "WitnessMissing", check: checkMissing },
  { reason: "UnknownWitness", check: checkUnknown },
  { reason: "SlotNotAllowed", check: checkSlot },
  { reason: "DuplicateSlot", check: checkSlotOfItsOwn },
];

function checkTimes({ group: { spec } }: FailoverGroupFacts): readonly Finding[] {
  const stops = (spec.services ?? []).map(({ name, stopWithin }) => ({
    name,
    stopWithinMs: stopWithin === undefined ? null : durationMs(stopWithin),
  }));
  const timing = timingOf(spec.lease);
  const { trace } = checkTiming(timing, stops);
  const failed = trace.flatMap(({ outcome, because }, index) => {
    const rule = timingRules[index];
    return outcome === "failed" && rule !== undefined ? [{ rule, because }] : [];
  });
  return worthTelling(failed).flatMap(({ rule, because }): readonly Finding[] => {
    if (rule.rule === "ServicesStopInTime") {
      return stops.flatMap(({ stopWithinMs }, s) =>
        stopWithinMs !== null && stopWithinMs > timing.fenceBudgetMs
          ? [{ path: ["spec", "services", s, "stopWithin"], expected: because }]
          : [],
      );
    }
    const field = leaseFieldOf[rule.field];
    return [
      { path: ["spec", "lease", field], found: String(spec.lease[field]), expected: because },
    ];
  });
}

type Failed = { readonly rule: TimingRule; readonly because: string };

/** Arithmetic with a time that is out of bounds says nothing, and without authority there is nothing for tries to fit into. */
function worthTelling(failed: readonly Failed[]): readonly Failed[] {
  const outOfBounds = failed.filter(({ rule }) => rule.rule.endsWith("InBounds"));
  if (outOfBounds.length > 0) return outOfBounds;
  const without = failed.some(({ rule }) => rule.rule === "AuthorityIsLeft");
  return failed.filter(({ rule }) => !(without && rule.rule === "TriesFit"));
}

function checkMissing({ group: { spec }, sovereign }: FailoverGroupFacts): readonly Finding[] {
  if (sovereign === undefined || spec.witness.name !== undefined) return [];
  const witnesses = sovereign.spec.witnesses ?? [];
  if (witnesses.length === 1) return [];
  const path = ["spec", "witness", "name"];
  const names = witnesses.map(({ name }) => name).join(", ");
  return witnesses.length === 0
    ? [
        {
          path,
          found: "no witness",
          expected: `a witness in \`spec.witnesses\` of the Sovereign ${sovereign.metadata.name}: nobody else can grant the lease`,
        },
      ]
    : [{ path, expected: `one of the Sovereign's witnesses by name (${names})` }];
}

function checkUnknown({ group: { spec }, sovereign }: FailoverGroupFacts): readonly Finding[] {
  const { name } = spec.witness;
  if (sovereign === undefined || name === undefined) return [];
  const names = (sovereign.spec.witnesses ?? []).map((witness) => witness.name);
  if (names.includes(name)) return [];
  const listed = names.length === 0 ? "there is none" : names.join(", ");
  return [
    {
      path: ["spec", "witness", "name"],
      expected: `a witness of the Sovereign (${listed})${didYouMean(name, names)}`,
    },
  ];
}

const slotLengthMax = 200;

function checkSlot({ group, sovereign }: FailoverGroupFacts): readonly Finding[] {
  const path = ["spec", "witness", "slot"];
  if (group.spec.witness.slot?.startsWith("scratch/") === true) {
    return [{ path, expected: "a name outside of scratch/, where holders try the witness out" }];
  }
  if (sovereign === undefined) return [];
  const slot = slotOf(group, sovereign.spec.domain);
  if (slot.length <= slotLengthMax) return [];
  const found = `${shortText(slot)} (${slot.length} characters)`;
  return [{ path, found, expected: `a name of at most ${slotLengthMax} characters` }];
}

function checkSlotOfItsOwn({ group, sovereign, claims }: FailoverGroupFacts): readonly Finding[] {
  const witness = witnessOf(group, sovereign);
  if (sovereign === undefined || witness === undefined) return [];
  const slot = slotOf(group, sovereign.spec.domain);
  const names = claims.slots.get(`${witness.name} ${slot}`) ?? [];
  const [other] = names.filter((name) => name !== group.metadata.name);
  if (other === undefined) return [];
  return [
    {
      path: ["spec", "witness", "slot"],
      found: shortText(slot),
      expected: `a slot of its own; ${shortText(other)} has this one`,
    },
  ];
}
