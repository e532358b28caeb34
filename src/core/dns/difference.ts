/** In what an rrset that is there differs from the one that is wanted. */
import { canonicalAddress } from "./answer.ts";
import { joinedContent } from "./lua.ts";
import { withoutMarker } from "./marker.ts";
import type { Ownership, Rrset } from "./model.ts";

export type DifferenceReason =
  | "RecordMissing"
  | "CommentMissing"
  | "ContentDiffers"
  | "MarkerDiffers"
  | "TtlDiffers"
  | "PlacementChanged"
  | "OwnershipDiffers"
  | "OwnershipUnreadable";

export type Difference = { readonly reason: DifferenceReason; readonly because: string };

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
  const content = contentDifference(wanted, present);
  if (content !== undefined) return content;
  if (wanted.ttlSeconds !== present.ttlSeconds) {
    const because = `the TTL is ${present.ttlSeconds} s and should be ${wanted.ttlSeconds} s`;
    return { reason: "TtlDiffers", because };
  }
  if (present.commentMissing === true) {
    const because = "its comment is gone; the marker in its code says whose it is";
    return { reason: "CommentMissing", because };
  }
  return ownerDifference(was, now);
}

function contentDifference(wanted: Rrset, present: Rrset): Difference | undefined {
  if (sameRecords(wanted, present)) return undefined;
  const bare = (rrset: Rrset): Rrset => ({
    ...rrset,
    records: rrset.records.map((record) => withoutMarker(joinedContent(record))),
  });
  if (wanted.type === "LUA" && sameRecords(bare(wanted), bare(present))) {
    const because = "its code does not carry the marker of its Application; its checks stay";
    return { reason: "MarkerDiffers", because };
  }
  return { reason: "ContentDiffers", because: "the records are not those that follow" };
}

function ownerDifference(was: Ownership, now: Ownership | undefined): Difference | undefined {
  if (was.application === now?.application) return undefined;
  const because = `its comment names ${was.application} instead of ${now?.application}`;
  return { reason: "OwnershipDiffers", because };
}

/** Whether both hold the same records: as sets, addresses in canonical writing, LUA chunks joined. */
export function sameRecords(a: Rrset, b: Rrset): boolean {
  // As a rule it is to the letter what was written, and a large zone is compared in every round.
  if (a.type === b.type && sameTexts(a.records, b.records)) return true;
  const left = new Set(a.records.map((record) => canonicalRecord(a.type, record)));
  const right = new Set(b.records.map((record) => canonicalRecord(b.type, record)));
  return left.size === right.size && [...left].every((record) => right.has(record));
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((record, index) => record === b[index]);
}

function canonicalRecord(type: string, record: string): string {
  if (type === "LUA") return joinedContent(record);
  return type === "A" || type === "AAAA" ? canonicalAddress(type, record) : record;
}
