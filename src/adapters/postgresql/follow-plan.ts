/** How a copy comes to follow the peer's writable one, from what both say of themselves (PostgreSQL, `pg_rewind`, *Timelines*). */
import { parseLsn } from "./lsn.ts";
import type { Kinship } from "./promotions.ts";

export type FollowFacts = {
  readonly kinship: Kinship;
  readonly here: {
    readonly timeline: number | null;
    readonly position: number | null;
    /** Data checksums or wal_log_hints. */
    readonly isRewindable: boolean;
    /** A promotion began here and was not proven: what was written since has no name, and the timeline may be another. */
    readonly isUnproven: boolean;
  };
  readonly there: {
    readonly timeline: number;
    readonly position: number;
    /** The peer's history file of its timeline; empty on the first. */
    readonly history: string;
  };
};

export type FollowPlan = {
  readonly kind: "begin" | "rewind" | "copy" | "refuse";
  readonly because: string;
};

/** Where each timeline before the peer's ended: lines of a number, a position and a reason (`00000002.history`). */
export function parseHistory(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [timeline, lsn] = line.trim().split(/\s+/);
    const end = parseLsn(lsn ?? null);
    if (/^\d+$/.test(timeline ?? "") && end !== null) ends.set(Number(timeline), end);
  }
  return ends;
}

export function planFollow({ kinship, here, there }: FollowFacts): FollowPlan {
  const plan = (kind: FollowPlan["kind"], because: string): FollowPlan => ({ kind, because });
  if (kinship === "older") {
    return plan("refuse", "the peer does not know of what was promoted here last");
  }
  if (here.isUnproven) {
    return plan("copy", "a promotion that was not proven may have left something here");
  }
  const { timeline, position } = here;
  if (timeline === null || position === null) {
    return plan("copy", "this copy does not say how far it is");
  }
  const end =
    timeline === there.timeline ? there.position : parseHistory(there.history).get(timeline);
  if (kinship === "continued" && end !== undefined && position <= end) {
    return plan("begin", "the peer went on from what is here");
  }
  const because =
    end === undefined || position <= end
      ? "this copy and the peer were promoted apart from one another"
      : `this copy has ${position - end} bytes that the peer has not`;
  // On one timeline, or an earlier one, pg_rewind sees nothing to rewind.
  if (there.timeline <= timeline) {
    return plan("copy", `${because}, and their timelines do not tell them apart`);
  }
  if (!here.isRewindable) {
    return plan("copy", `${because}, and the data have neither checksums nor wal_log_hints`);
  }
  return plan("rewind", because);
}
