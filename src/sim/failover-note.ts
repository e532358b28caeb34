/** What a holder published with its lease, as checkers read it; the agent's own code is not used for it, so that both can be wrong only alone. */
import type { LeaseRecord } from "../core/lease/record.ts";

export type PublishedSide = {
  readonly sync: string;
  /** Whose data it is, and to whom it was handed over on purpose. */
  readonly region: string | null;
  readonly handTo: string | null;
};

/** What was said with the last write; `none` of the standby when nothing was. */
export function sideOf({ note }: LeaseRecord): PublishedSide {
  const { sync, region, handTo } = note;
  return {
    sync: typeof sync === "string" ? sync : "none",
    region: typeof region === "string" ? region : null,
    handTo: typeof handTo === "string" ? handTo : null,
  };
}
