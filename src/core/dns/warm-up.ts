/**
 * Warm-then-switch: PowerDNS knows nothing about a check that it has never made, and answers the fallback until the first
 * probe has ended (facts of PowerDNS §3, §4). So an answer changes to new checks in two steps: the record that explains it
 * is written first and asked for, which starts the probes; the answer follows once their result is known.
 */
import { checksIn } from "./checks-in.ts";
import type { Rrset } from "./model.ts";
import type { PlannedChange } from "./plan.ts";

/** An answer that waits for the health of its new checks. */
export type WarmUp = {
  /** Its name and checks: for other checks it is another one. */
  readonly key: string;
  readonly application: string;
  /** Absolute name of the answer. */
  readonly name: string;
  /** Absolute name of the record that makes the new checks when it is asked for. */
  readonly whyName: string;
  readonly reason: "ChecksAreNew" | "BudgetIsSpent";
  /** Whether the explanation makes the new checks already, so that asking for it tells of them. */
  readonly begun: boolean;
  readonly because: string;
  /** The changes of the answer, made all at once when it is time. */
  readonly changes: readonly PlannedChange[];
};

/** The key of the warm-up that a change in two steps needs. */
export function warmUpKey({ name, why }: Pick<TwoStep, "name" | "why">): string {
  return [name, ...[...keysOf(why.records)].sort()].join(" ");
}

/** One Application's changes, by the record that they are about. */
export type TwoStep = {
  readonly application: string;
  readonly name: string;
  readonly whyName: string;
  /** The wanted rrset of the explanation. */
  readonly why: Rrset;
  readonly answer: readonly PlannedChange[];
  readonly explanation: readonly PlannedChange[];
};

export type WarmUpPlan = {
  readonly now: readonly PlannedChange[];
  readonly warming: readonly WarmUp[];
};

/** How many of the checks that the answer would make are not made by the records that answer now. */
export function newChecks(answer: readonly PlannedChange[], there: readonly Rrset[]): number {
  const made = keysOf(there.filter(({ type }) => type === "LUA").flatMap(({ records }) => records));
  const wanted = new Set<string>();
  for (const { change } of answer) {
    if (change.kind !== "replace" || change.rrset.type !== "LUA") continue;
    for (const record of change.rrset.records) {
      for (const [key, { isSentinel }] of checksIn(record)) {
        if (!isSentinel && !made.has(key)) wanted.add(key);
      }
    }
  }
  return wanted.size;
}

function keysOf(records: readonly string[]): Set<string> {
  return new Set(records.flatMap((record) => [...checksIn(record).keys()]));
}

/**
 * Which warm-ups begin and which wait. Old and new checks are made side by side until the answer has switched; together
 * they stay within `limit`, except that one Application may always go on.
 */
export function planWarmUps(
  steps: readonly TwoStep[],
  actual: readonly Rrset[],
  limit: number,
): WarmUpPlan {
  const now: PlannedChange[] = [];
  const warming: WarmUp[] = [];
  if (steps.length === 0) return { now, warming };
  const ours = actual.filter(({ type, ownership }) => type === "LUA" && ownership !== undefined);
  const made = keysOf(ours.flatMap(({ records }) => records));
  let underWay = steps.filter(({ explanation }) => explanation.length === 0).length;
  for (const step of steps) {
    const added = [...keysOf(step.why.records)].filter((key) => !made.has(key));
    const begins = step.explanation.length === 0 || underWay === 0;
    if (!begins && made.size + added.length > limit) {
      const because = `${made.size} checks are made and ${added.length} more would exceed the ${limit} that are meant; its turn comes when others have switched`;
      warming.push(warmUpOf(step, "BudgetIsSpent", because));
      continue;
    }
    if (step.explanation.length > 0) underWay += 1;
    for (const key of added) made.add(key);
    now.push(
      ...step.explanation.map((planned) => ({
        ...planned,
        reason: "ChecksWarmUp" as const,
        because: `its new checks are made known before ${step.name} follows them`,
      })),
    );
    const because = "its new checks have no result yet; until then the old ones decide";
    warming.push(warmUpOf(step, "ChecksAreNew", because));
  }
  return { now, warming };
}

function warmUpOf(step: TwoStep, reason: WarmUp["reason"], because: string): WarmUp {
  const { application, name, whyName, answer } = step;
  const begun = step.explanation.length === 0;
  return {
    key: warmUpKey(step),
    begun,
    application,
    name,
    whyName,
    reason,
    because,
    changes: answer,
  };
}
