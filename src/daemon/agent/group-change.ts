/**
 * What a new revision changes for a group that an agent works by already (ADR 34): what only this region acts by is taken over when it is
 * quiet; what both regions, the witness and the watchdog have to agree on, only while this region holds nothing.
 */
import type { AgentState } from "../../core/failover/state.ts";
import { canonicalJson, type JsonObject } from "../../core/kernel/json.ts";
import type { GroupDocuments } from "./documents.ts";

export type GroupChange = {
  /** Fields of the group that differ, sorted. */
  readonly fields: readonly string[];
  /** Whether one of them has to be the same at both regions while one holds the lease. */
  readonly isShared: boolean;
};

/** Fields by which authority is measured, told or taken. */
export const sharedFields: ReadonlySet<string> = new Set([
  "name",
  "onWitnessLoss",
  "regions",
  "services",
  "slot",
  "timing",
  "witness",
]);

/** How `next` differs from what is in use; undefined when the group is the same. */
export function groupChange(inUse: GroupDocuments, next: GroupDocuments): GroupChange | undefined {
  const before = fieldsOf(inUse);
  const after = fieldsOf(next);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const fields = [...names].filter((name) => before[name] !== after[name]).sort();
  if (fields.length === 0) return undefined;
  return { fields, isShared: fields.some((field) => sharedFields.has(field)) };
}

/** Whether a change may be taken over now, by a restart within this process. */
export function mayTakeOver(
  change: GroupChange,
  state: AgentState,
  { nowMs, rpcTimeoutMs }: { readonly nowMs: number; readonly rpcTimeoutMs: number },
): boolean {
  const { authority, data, pending, record, wish, witness } = state;
  // What a person disarmed and no disk has yet is in this process alone.
  const isKept = state.disarmedBecause.length === 0 || record?.armed !== true;
  const isIdle = pending === null && wish === null && witness.call === null;
  if (!isIdle || !isKept) return false;
  if (authority.kind === "none") {
    // A promise is in the record; what the peer was asked for in this process's name is not.
    return data.kind === "fenced" && (!change.isShared || record?.promise == null);
  }
  // Authority that rests on the peer does not survive a restart without the peer (DESIGN §2), so it is not risked for a change.
  const isPlainLease = authority.kind === "lease" && (record?.open ?? null) === null;
  const isAnswering = witness.silentSinceAtMs === null;
  const leftMs = authority.kind === "lease" ? authority.untilAtMs - nowMs : 0;
  return (
    !change.isShared &&
    isPlainLease &&
    isAnswering &&
    data.kind === "serving" &&
    leftMs > 2 * rpcTimeoutMs
  );
}

/**
 * Whether the next life may begin only with every copy of the record at hand: the region may write, or its memory is clear and may hold a
 * promise. Begun with a copy missing it would be unclear, and disarmed.
 */
export function needsItsMemory({ authority, record }: AgentState): boolean {
  return authority.kind !== "none" || (record !== null && !record.unclear);
}

function fieldsOf({ group }: GroupDocuments): Readonly<Record<string, string>> {
  const plain = group as unknown as JsonObject; // A resolved group is plain data.
  const entries = Object.entries(plain).map(([name, value]) => [name, canonicalJson(value)]);
  return Object.fromEntries(entries);
}
