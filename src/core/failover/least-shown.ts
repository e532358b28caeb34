/** The epoch below which a witness lost its memory (ADR 25, guard EpochNeverBack). */
import type { AgentRecord } from "./record.ts";

/** What the witness has to show at least, by what this region remembers. */
export function leastShown(record: AgentRecord | null): number {
  if (record === null) return 0;
  const { epochSeen, epochOwn, epochBeforeOwn } = record;
  // Of one that this region took without it, the witness can not know.
  return epochOwn !== null && epochOwn === epochSeen ? epochBeforeOwn : epochSeen;
}
