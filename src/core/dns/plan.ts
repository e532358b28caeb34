/**
 * What has to change in one server's zone: desired rrsets against those that are there, every change with
 * its reason. Only what catalyst-dns made is ever touched (DESIGN §3, facts of PowerDNS §7).
 */
import { type Conflict, conflictAt, isForeign } from "./conflicts.ts";
import { type Difference, type DifferenceReason, differenceOf } from "./difference.ts";
import { asStored } from "./fallback-kept.ts";
import { grouped } from "./grouped.ts";
import type { Rrset, RrsetChange } from "./model.ts";
import { newChecks, planWarmUps, type TwoStep, type WarmUp, warmUpKey } from "./warm-up.ts";
import type { DesiredApplication, DesiredZone } from "./zone.ts";

export type ChangeReason =
  | DifferenceReason
  | "TypeSwitched"
  | "ChecksWarmUp"
  | "NoLongerNeeded"
  | "NoLongerDeclared";

export type PlannedChange = {
  readonly change: RrsetChange;
  /** `{environment}/{application}`; empty when an unreadable comment no longer says. */
  readonly application: string;
  readonly reason: ChangeReason;
  readonly because: string;
  /** Record contents that are there now, and that will be. */
  readonly before: readonly string[];
  readonly after: readonly string[];
};

/** An rrset of ours that nobody declares any more, kept because something declared can not be read. */
export type HeldRemoval = {
  readonly name: string;
  readonly type: string;
  readonly application: string;
};

export type ZonePlan = {
  readonly zone: string;
  /** Changes of one name stand together, a delete before the replace that takes its place. */
  readonly changes: readonly PlannedChange[];
  /** Answers that change later, once the health of their new checks is known. */
  readonly warming: readonly WarmUp[];
  /** Rrsets that are there exactly as desired. */
  readonly unchanged: number;
  readonly conflicts: readonly Conflict[];
  readonly held: readonly HeldRemoval[];
};

export type PlanOptions = {
  /** While a document is wrong its absence proves nothing, so nothing is removed. */
  readonly holdRemovals: boolean;
  /**
   * Keys of the warm-ups whose checks have a result, each with what is known: their answers may switch. Without it
   * nobody is there to ask, and answers change at once.
   */
  readonly warm?: ReadonlyMap<string, string> | undefined;
};

/** The plan that turns `actual` into `desired`; it is empty when nothing has to be done. */
export function planZone(
  desired: DesiredZone,
  actual: readonly Rrset[],
  options: PlanOptions,
): ZonePlan {
  const actualByName = grouped(actual.filter(isNotEmpty), (rrset) => rrset.name);
  const changes: PlannedChange[] = [];
  const conflicts: Conflict[] = [];
  const held: HeldRemoval[] = [];
  const steps: TwoStep[] = [];
  const names = new Set<string>();
  let unchanged = 0;
  for (const application of desired.applications) {
    const parts = planApplication(application, desired.zone, actualByName);
    for (const part of parts) {
      names.add(part.name);
      if (part.conflict !== undefined) conflicts.push(part.conflict);
      unchanged += part.unchanged;
    }
    const step = options.warm === undefined ? undefined : twoStepOf(application, parts);
    const known = step === undefined ? undefined : knownOf(step, options.warm);
    if (step !== undefined && known === undefined) steps.push(step);
    else changes.push(...parts.flatMap((part) => withKnown(part, known)));
  }
  const { planned, budget, hardLimit } = desired.checks;
  const warmUps = planWarmUps(steps, actual, planned > budget ? hardLimit : budget);
  changes.push(...warmUps.now);
  const hold = options.holdRemovals || desired.refusals.length > 0;
  const declared = new Set(desired.applications.map(({ application }) => application));
  for (const rrset of actual) {
    if (isForeign(rrset) || names.has(rrset.name)) continue;
    if (hold) held.push(removalOf(rrset));
    else changes.push(planRemoval(rrset, declared));
  }
  const { warming } = warmUps;
  return { zone: desired.zone, changes, warming, unchanged, conflicts, held };
}

/** Comments of others may hang on a name without records; such an rrset is nothing to anybody's resolver. */
function isNotEmpty(rrset: Rrset): boolean {
  return rrset.records.length > 0 || rrset.ownership !== undefined;
}

function removalOf(rrset: Rrset): HeldRemoval {
  return {
    name: rrset.name,
    type: rrset.type,
    application: rrset.ownership?.application ?? "",
  };
}

/** What has to be done at one name of an Application. */
type NamePlan = {
  readonly name: string;
  readonly wanted: readonly Rrset[];
  /** Rrsets of ours at the name. */
  readonly there: readonly Rrset[];
  readonly conflict: Conflict | undefined;
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
};

function planApplication(
  declared: DesiredApplication,
  zone: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): readonly NamePlan[] {
  const parts = planRrsets(declared, zone, actualByName);
  if (parts.every(({ changes }) => changes.length === 0)) return parts;
  const names = new Set(declared.rrsets.map(({ name }) => name));
  const stored = [...names].flatMap((name) => actualByName.get(name) ?? []);
  const kept = asStored(declared, stored);
  return kept === declared ? parts : planRrsets(kept, zone, actualByName);
}

function planRrsets(
  application: DesiredApplication,
  zone: string,
  actualByName: ReadonlyMap<string, readonly Rrset[]>,
): readonly NamePlan[] {
  const byName = grouped(application.rrsets, ({ name }) => name);
  return [...byName].map(([name, wanted]) => {
    const there = (actualByName.get(name) ?? []).filter((rrset) => !isForeign(rrset));
    const conflict = conflictAt(name, wanted, zone, actualByName);
    if (conflict !== undefined) {
      return { name, wanted, there, conflict, changes: [], unchanged: 0 };
    }
    const changes = planName(application, wanted, there);
    const touched = changes.filter(({ change }) => change.kind === "replace").length;
    return { name, wanted, there, conflict, changes, unchanged: wanted.length - touched };
  });
}

/** The two steps of an Application whose answer would go over to checks that have no result yet. */
function twoStepOf(
  { application, fqdn, whyName }: DesiredApplication,
  parts: readonly NamePlan[],
): TwoStep | undefined {
  const answer = parts.find(({ name }) => name === `${fqdn}.`);
  const explanation = parts.find(({ name }) => name === whyName);
  const why = explanation?.wanted[0];
  if (answer === undefined || explanation === undefined || why === undefined) return undefined;
  // A name that nobody was answered for yet has no old answer to keep; nor can one be explained where others are.
  if (answer.there.length === 0 || explanation.conflict !== undefined) return undefined;
  if (newChecks(answer.changes, answer.there) === 0) return undefined;
  return {
    application,
    name: answer.name,
    whyName: explanation.name,
    why,
    answer: answer.changes,
    explanation: explanation.changes,
  };
}

/** What is known of the new checks; nothing is, unless the record that was asked for is the one that makes them. */
function knownOf(step: TwoStep, warm: PlanOptions["warm"]): string | undefined {
  return step.explanation.length > 0 ? undefined : warm?.get(warmUpKey(step));
}

function withKnown({ changes }: NamePlan, known: string | undefined): readonly PlannedChange[] {
  if (known === undefined) return changes;
  return changes.map((one) => ({ ...one, because: `${one.because}; ${known}` }));
}

/**
 * The changes of one name that is free of conflicts: ours of other types go, the wanted ones come or are mended. With
 * anything that goes, all that is wanted is written in the same request: the name is whole whatever was there.
 */
function planName(
  owner: DesiredApplication,
  wanted: readonly Rrset[],
  there: readonly Rrset[],
): readonly PlannedChange[] {
  const types = new Set(wanted.map((rrset) => rrset.type));
  const { application } = owner;
  const because = (type: string): string =>
    `${application} is now answered by ${[...types].join(" and ")} instead of ${type}`;
  const gone = there
    .filter((rrset) => !types.has(rrset.type))
    .map((rrset) => ({
      ...planDelete(rrset, "TypeSwitched", because(rrset.type)),
      application,
    }));
  const replaced = wanted.flatMap((rrset) => {
    const present = there.find((candidate) => candidate.type === rrset.type);
    const difference = differenceOf(rrset, present);
    if (difference !== undefined) return [planReplace(rrset, present, difference)];
    const [first] = gone;
    if (first === undefined) return [];
    return [planReplace(rrset, present, { reason: "TypeSwitched", because: first.because })];
  });
  return [...gone, ...replaced];
}

type Why = Difference | { readonly reason: ChangeReason; readonly because: string };

function planReplace(rrset: Rrset, present: Rrset | undefined, why: Why): PlannedChange {
  return {
    change: { kind: "replace", rrset },
    application: rrset.ownership?.application ?? "",
    ...why,
    before: present?.records ?? [],
    after: rrset.records,
  };
}

function planDelete(rrset: Rrset, reason: ChangeReason, because: string): PlannedChange {
  return {
    change: { kind: "delete", name: rrset.name, type: rrset.type },
    application: rrset.ownership?.application ?? "",
    reason,
    because,
    before: rrset.records,
    after: [],
  };
}

function planRemoval(rrset: Rrset, declared: ReadonlySet<string>): PlannedChange {
  const application = rrset.ownership?.application ?? "";
  if (declared.has(application)) {
    const because = `${application} no longer needs ${rrset.name}`;
    return planDelete(rrset, "NoLongerNeeded", because);
  }
  const because =
    application === ""
      ? `nothing declares ${rrset.name} any more`
      : `${application} is no longer declared`;
  return planDelete(rrset, "NoLongerDeclared", because);
}
