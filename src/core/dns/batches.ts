/** Cuts a plan into requests that a server takes at once; what belongs together is never split. */
import { grouped } from "./grouped.ts";
import type { PlannedChange } from "./plan.ts";

/** Limits of one request: beyond them PowerDNS gets slow, and refuses a body above 2 MB (facts §7). */
export const batchChangesMax = 500;
export const batchBytesMax = 1_000_000;

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

/** About how many bytes the change takes in a request: contents, their escaped quotes, names and the comment. */
function sizeOf(change: PlannedChange): number {
  return change.after.reduce((sum, record) => sum + record.length + 64, 512);
}
