/** What a holder published with its lease, as checkers read it; the agent's own code is not used for it, so that both can be wrong only alone. */
import type { LeaseRecord } from "../core/lease/record.ts";

export type PublishedSide = { readonly sync: string };

/** The published state of the standby; `none` when nothing was said. */
export function sideOf({ note }: LeaseRecord): PublishedSide {
  const { sync } = note;
  return { sync: typeof sync === "string" ? sync : "none" };
}
