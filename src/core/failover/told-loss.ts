/**
 * What people are told of a loss, where more is known than the rules ask for: whether the bytes bound it, because the holder publishes
 * ceilings of its logs (ADR 48), and that they bound nothing where this copy is not of the log that the holder wrote.
 */
import type { LeaseRecord } from "../lease/record.ts";
import type { FailoverGroup } from "./group.ts";
import type { Loss } from "./loss.ts";
import { readNote } from "./note.ts";
import type { AgentState } from "./state.ts";

/** Services whose published position is one beyond which nothing was acknowledged. */
export function ceilingsOf(record: LeaseRecord | null): readonly string[] {
  const names = record?.note["ceilings"];
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

type Around = {
  readonly group: Pick<FailoverGroup, "services">;
  readonly self: string;
  readonly state: Pick<AgentState, "facts" | "witness">;
  readonly ceilings: readonly string[];
};

/** The same loss in words, and in bytes, that are true; what was not known stays so. */
export function toldLoss(loss: Loss, { group, self, state, ceilings }: Around): Loss {
  if (loss.kind === "nothing" || loss.bytes === null) return loss;
  const { region, sync } = readNote(state.witness.seen?.record ?? null);
  const precious = group.services.filter(({ mayLose }) => mayLose === "nothing");
  const apart = precious.find(({ name }) => {
    const here = state.facts?.services.find((service) => service.name === name);
    return here?.role === "writable";
  });
  if (apart !== undefined && region !== null && region !== self) {
    const because = `${apart.name} here is not a copy of what ${region} wrote: an amount that is not known would be lost`;
    return { ...loss, bytes: null, because };
  }
  if (!precious.every(({ name }) => ceilings.includes(name))) return loss;
  const because = `the last holder's commits did not wait for this region (${sync}): at most ${loss.bytes} bytes would be lost`;
  return { ...loss, because };
}
