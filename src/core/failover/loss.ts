/** What a take-over would lose, in bytes, stated before it is done (DESIGN §7.5). */

import { anyLossBytes } from "./approved.ts";
import type { ServiceFacts } from "./facts.ts";
import type { GroupService } from "./group.ts";
import { leastShown } from "./least-shown.ts";
import { readNote } from "./note.ts";
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

export type Loss =
  | { readonly kind: "nothing"; readonly because: string }
  /** `bytes` null: not known. */
  | { readonly kind: "something"; readonly bytes: number | null; readonly because: string };

/** What would be lost of services that may lose nothing, by the last record at the witness and what was measured here. */
export function lossOf({ group, self }: AgentContext, state: AgentState): Loss {
  const precious = group.services.filter(({ mayLose }) => mayLose === "nothing");
  if (precious.length === 0) return nothing("no service of this group may lose nothing");
  const record = state.witness.seen?.record ?? null;
  const here = new Map(state.facts?.services.map((service) => [service.name, service]));
  if (record === null) return { kind: "something", bytes: null, because: "the witness is silent" };
  const note = readNote(record);
  // Guard: NothingFromAForgetfulWitness. What it says of the last holder is older than what this region knows.
  if (record.epoch < leastShown(state.record)) return lossByMemory(state, precious, here);
  if (record.epoch === 0) {
    const isHere = precious.every(({ name }) => here.get(name)?.role === "writable");
    if (isHere) return nothing("nobody ever held the lease, and the data is here");
    return {
      kind: "something",
      bytes: null,
      because: "nobody ever held the lease, and the data is not known to be here",
    };
  }
  if (note.region === self) return nothing("this region held the lease last");
  const missing = precious.map(({ name }) => {
    const there = note.positions[name];
    const one = here.get(name);
    // Guard: OnlyWhatFollowed. A log that went its own way may be longer than the holder's and lack all of it.
    const received = one?.role === "standby" ? one.position : null;
    return there === undefined || received === null ? null : Math.max(0, there - received);
  });
  const bytes = missing.includes(null)
    ? null
    : missing.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  if (note.handTo === self && bytes === 0)
    return nothing("everything that was handed over is here");
  // Guard: InSyncOnly. Only what was confirmed by this standby is known to be here.
  if (note.sync === "in_sync" && note.handTo === null)
    return nothing("every commit waited for this region");
  return { kind: "something", bytes, because: lossWords(note.sync, bytes) };
}

/** What this region knows by itself: nothing is lost where it was the last to hold an epoch that it knows of, and still has the data. */
function lossByMemory(
  { record }: AgentState,
  precious: readonly GroupService[],
  here: ReadonlyMap<string, ServiceFacts>,
): Loss {
  const wasLast = record !== null && record.epochHeld === record.epochSeen;
  if (wasLast && precious.every(({ name }) => here.get(name)?.role === "writable")) {
    return nothing("this region held the last epoch that it knows of, and the data is here");
  }
  const because = "the witness forgot who held the lease last, and what they wrote is not known";
  return { kind: "something", bytes: null, because };
}

/**
 * The bound that an approval has to state, null when nothing is lost. Guard: LossIsNeverZero. Where something is lost and no byte of it was
 * measured, an approval of nothing does not cover it: who may not accept a loss may sign that.
 */
export function bytesToApprove(loss: Loss): number | null {
  return loss.kind === "nothing" ? null : Math.max(1, loss.bytes ?? anyLossBytes);
}

function nothing(because: string): Loss {
  return { kind: "nothing", because };
}

function lossWords(sync: string, bytes: number | null): string {
  const amount =
    bytes === null ? "an amount that is not known" : `${bytes} bytes and what came after`;
  return `the last holder's commits did not wait for this region (${sync}): ${amount} would be lost`;
}
