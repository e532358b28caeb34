/** What the witness keeps of one slot, as every backend stores it (facts of the witness §7). */
import type { JsonObject } from "../kernel/json.ts";

export type LeaseRecord = {
  /** The slot's name: a failover group, or the duties of a Sovereign. */
  readonly slot: string;
  /** The fencing token: grows by every acquire, by nothing else, and is never reset; 0 before the first. */
  readonly epoch: number;
  /** Grows by 1 with every write of any kind; 0 before the first. */
  readonly rev: number;
  /** Cluster that holds it; null after a release and before the first acquire. */
  readonly holder: string | null;
  /** The holder's process: a restarted one is another, and can not take up the lease of the one before by name alone. */
  readonly instance: string | null;
  readonly ttlMs: number;
  /** On the witness's own clock, which nobody else compares with a clock of theirs; 0 where the backend has no clock. */
  readonly expiresAtMs: number;
  /** The request that wrote this record, so that a repeated one is answered and not done again. */
  readonly reqId: string | null;
  /** What the holder published: role, LSN, timeline, state of the standby. The witness keeps it and never reads it. */
  readonly note: JsonObject;
};

/** The record of a slot that nobody ever asked for. */
export function emptyLease(slot: string): LeaseRecord {
  return {
    slot,
    epoch: 0,
    rev: 0,
    holder: null,
    instance: null,
    ttlMs: 0,
    expiresAtMs: 0,
    reqId: null,
    note: {},
  };
}
