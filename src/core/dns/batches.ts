/** Cuts a plan into requests that a server takes at once; what belongs together is never split. */
import { grouped } from "./grouped.ts";
import type { PlannedChange } from "./plan.ts";

/**
 * Limits of one request. PowerDNS looks at the whole zone once a request, so few large ones cost less than many small ones;
 * it refuses a body above 2 MiB (facts §7), and one request must not keep its database to itself for long.
 */
export const batchChangesMax = 2_000;
export const batchBytesMax = 1_900_000;

/** The changes in batches; those of one name stay in one, so that a switch of type is atomic. */
export function batchesOf(
  changes: readonly PlannedChange[],
): readonly (readonly PlannedChange[])[] {
  const groups = grouped(changes, nameOf);
  const batches: PlannedChange[][] = [];
  let batch: PlannedChange[] = [];
  let bytes = 0;
  for (const group of groups.values()) {
    const groupBytes = group.reduce((sum, change) => sum + sizeOf(change), 0);
    const full =
      batch.length + group.length > batchChangesMax || bytes + groupBytes > batchBytesMax;
    if (full && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(...group);
    bytes += groupBytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** The name that a change is about. */
export function nameOf({ change }: PlannedChange): string {
  return change.kind === "replace" ? change.rrset.name : change.name;
}

/** The type of the rrset that a change is about. */
export function typeOf({ change }: PlannedChange): string {
  return change.kind === "replace" ? change.rrset.type : change.type;
}

/** What stands around a change's name and contents in a request; the comment is the most of it. */
const frameBytes = 512;
const recordFrameBytes = 40;

/** Bytes that the change takes in a request at most; contents are ASCII, and JSON escapes what is to be escaped. */
export function sizeOf(planned: PlannedChange): number {
  const { change } = planned;
  const records = change.kind === "replace" ? change.rrset.records : [];
  const contents = JSON.stringify(records).length + records.length * recordFrameBytes;
  return frameBytes + nameOf(planned).length + contents;
}
