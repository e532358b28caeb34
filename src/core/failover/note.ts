/** What a holder publishes with every write at the witness (DESIGN §7.5): whose data it is, how far, and who follows. */
import type { JsonObject } from "../kernel/json.ts";
import type { LeaseRecord } from "../lease/record.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

export type LeaseNote = {
  /** Cluster that wrote it; stays after a release. */
  readonly region: string | null;
  readonly sync: "in_sync" | "degraded" | "none";
  /** Whether the region acts on this epoch: said with renewals only, because it may not know that it was granted one. */
  readonly isUsed: boolean;
  /** Cluster to which it was handed over on purpose. */
  readonly handTo: string | null;
  /** Position of each service in its log, in bytes. */
  readonly positions: Readonly<Record<string, number>>;
  /** Nonces of approvals that were used for this tenure. */
  readonly used: readonly string[];
};

/** The note of a renewal or a release of this region. */
export function noteOf(
  { self }: AgentContext,
  state: AgentState,
  rest: Pick<LeaseNote, "sync"> & Partial<LeaseNote>,
): JsonObject {
  const positions: Record<string, number> = {};
  for (const { name, position } of state.facts?.services ?? []) {
    if (position !== null) positions[name] = position;
  }
  const used = readNote(state.witness.seen?.record ?? null).used;
  return { region: self, isUsed: false, handTo: null, positions, used, ...rest };
}

/** The note of a record; what is not understood counts as not said. */
export function readNote(record: LeaseRecord | null): LeaseNote {
  const { region, sync, isUsed, handTo, positions, used } = record?.note ?? {};
  const known: Record<string, number> = {};
  if (typeof positions === "object" && positions !== null && !Array.isArray(positions)) {
    for (const [name, position] of Object.entries(positions)) {
      if (typeof position === "number") known[name] = position;
    }
  }
  return {
    region: typeof region === "string" ? region : null,
    sync: sync === "in_sync" || sync === "degraded" ? sync : "none",
    isUsed: isUsed === true,
    handTo: typeof handTo === "string" ? handTo : null,
    positions: known,
    used: Array.isArray(used) ? used.filter((nonce) => typeof nonce === "string") : [],
  };
}
