/**
 * What has to change in one server's zone: desired rrsets against those that are there, every change with
 * its reason. Only what catalyst-dns made is ever touched (DESIGN §3, facts of PowerDNS §7).
 */

import { canonicalAddress } from "./answer.ts";
import { type Conflict, conflictAt, isForeign } from "./conflicts.ts";
import { grouped } from "./grouped.ts";
import { joinedContent } from "./lua.ts";
import type { Ownership, Rrset, RrsetChange } from "./model.ts";
import type { DesiredZone } from "./zone.ts";

export type ChangeReason =
  | "RecordMissing"
  | "ContentDiffers"
  | "TtlDiffers"
  | "PlacementChanged"
  | "OwnershipDiffers"
  | "OwnershipUnreadable"
  | "TypeSwitched"
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
  /** Rrsets that are there exactly as desired. */
  readonly unchanged: number;
  readonly conflicts: readonly Conflict[];
  readonly held: readonly HeldRemoval[];
};

export type PlanOptions = {
  /** While a document is wrong its absence proves nothing, so nothing is removed. */
  readonly holdRemovals: boolean;
};

/** The plan that turns `actual` into `desired`; it is empty when nothing has to be done. */
export function planZone(
  desired: DesiredZone,
  actual: readonly Rrset[],
  options: PlanOptions,
): ZonePlan {
  const actualByName = grouped(actual.filter(isNotEmpty), (rrset) => rrset.name);
  const desiredByName = grouped(
    desired.applications.flatMap((application) => application.rrsets),
    (rrset) => rrset.name,
  );
  const changes: PlannedChange[] = [];
  const conflicts: Conflict[] = [];
  const held: HeldRemoval[] = [];
  let unchanged = 0;
  for (const [name, wanted] of desiredByName) {
    const conflict = conflictAt(name, wanted, desired.zone, actualByName);
    if (conflict !== undefined) {
      conflicts.push(conflict);
      continue;
    }
    const there = (actualByName.get(name) ?? []).filter((rrset) => !isForeign(rrset));
    const planned = planName(wanted, there);
    changes.push(...planned);
    unchanged += wanted.length - planned.filter((one) => one.change.kind === "replace").length;
  }
  const hold = options.holdRemovals || desired.refusals.length > 0;
  const declared = new Set(desired.applications.map(({ application }) => application));
  for (const rrset of actual) {
    if (isForeign(rrset) || desiredByName.has(rrset.name)) continue;
    if (hold) held.push(removalOf(rrset));
    else changes.push(planRemoval(rrset, declared));
  }
  return { zone: desired.zone, changes, unchanged, conflicts, held };
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

/** The changes of one name that is free of conflicts: ours of other types go, the wanted ones come or are mended. */
function planName(wanted: readonly Rrset[], there: readonly Rrset[]): readonly PlannedChange[] {
  const types = new Set(wanted.map((rrset) => rrset.type));
  const application = wanted[0]?.ownership?.application ?? "";
  const gone = there
    .filter((rrset) => !types.has(rrset.type))
    .map((rrset) => ({
      ...planDelete(
        rrset,
        "TypeSwitched",
        `${application} is now answered by ${[...types].join(" and ")} instead of ${rrset.type}`,
      ),
      application,
    }));
  const replaced = wanted.flatMap((rrset) => {
    const present = there.find((candidate) => candidate.type === rrset.type);
    const difference = differenceOf(rrset, present);
    return difference === undefined ? [] : [planReplace(rrset, present, difference)];
  });
  return [...gone, ...replaced];
}

type Difference = { readonly reason: ChangeReason; readonly because: string };

/** The first thing in which the rrset that is there differs from the wanted one; undefined when nothing does. */
export function differenceOf(wanted: Rrset, present: Rrset | undefined): Difference | undefined {
  if (present === undefined) {
    const because = `there are no ${wanted.type} records yet`;
    return { reason: "RecordMissing", because };
  }
  const was = present.ownership;
  if (was === undefined || was.application === "") {
    const because = "its ownership comment is not readable any more";
    return { reason: "OwnershipUnreadable", because };
  }
  const now = wanted.ownership;
  if (was.placement !== now?.placement) {
    const because = `the placement changed from ${was.placement} to ${now?.placement}`;
    return { reason: "PlacementChanged", because };
  }
  if (!sameRecords(wanted, present)) {
    return { reason: "ContentDiffers", because: "the records are not those that follow" };
  }
  if (wanted.ttlSeconds !== present.ttlSeconds) {
    const because = `the TTL is ${present.ttlSeconds} s and should be ${wanted.ttlSeconds} s`;
    return { reason: "TtlDiffers", because };
  }
  return ownerDifference(was, now);
}

function ownerDifference(was: Ownership, now: Ownership | undefined): Difference | undefined {
  if (was.application === now?.application) return undefined;
  const because = `its comment names ${was.application} instead of ${now?.application}`;
  return { reason: "OwnershipDiffers", because };
}

/** Whether both hold the same records: as sets, addresses in canonical writing, LUA chunks joined. */
export function sameRecords(a: Rrset, b: Rrset): boolean {
  const left = new Set(a.records.map((record) => canonicalRecord(a.type, record)));
  const right = new Set(b.records.map((record) => canonicalRecord(b.type, record)));
  return left.size === right.size && [...left].every((record) => right.has(record));
}

function canonicalRecord(type: string, record: string): string {
  if (type === "LUA") return joinedContent(record);
  return type === "A" || type === "AAAA" ? canonicalAddress(type, record) : record;
}

function planReplace(rrset: Rrset, present: Rrset | undefined, why: Difference): PlannedChange {
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
