/**
 * Which writes of unknown outcome can stand at the revisions between two that were seen: a search over the states that the
 * register can have been in, each of them entered once.
 */
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import {
  type Judgement,
  judgeTransition,
  unseenTransition,
  type WitnessClock,
} from "./lease-transition.ts";

/** A request that was sent and may have been done. */
export type Candidate = {
  readonly reqId: string;
  readonly request: LeaseRequest;
  readonly firstSentAtMs: number;
};

export type Gap = {
  /** The last record that was seen, and the next one, by `want`. */
  readonly before: LeaseRecord;
  readonly record: LeaseRecord;
  readonly want: Candidate;
  /** Candidates by the revision that they would have made. */
  readonly unseen: ReadonlyMap<number, readonly Candidate[]>;
  readonly clock: WitnessClock;
};

export type Filled =
  /** The last of the unseen writes can not have been done before `atMs`; no unseen write: minus infinity. */
  { readonly kind: "right"; readonly atMs: number } | Extract<Judgement, { kind: "wrong" }>;

/** The filling that could have been done earliest, or why there is none. */
export function cheapestFill(gap: Gap): Filled {
  const { before, record, want, unseen, clock } = gap;
  if (before.rev + 1 === record.rev) {
    const judged = judgeTransition(before, want.request, record, clock);
    return judged.kind === "right" ? { kind: "right", atMs: Number.NEGATIVE_INFINITY } : judged;
  }
  const known = new Map<string, number>();
  let last: Judgement | undefined;
  /** When the rest can be done at the earliest, from this state on; plus infinity: never. */
  const restFrom = (state: LeaseRecord): number => {
    if (state.rev + 1 === record.rev) {
      const judged = judgeTransition(state, want.request, record, clock);
      if (judged.kind === "right") return Number.NEGATIVE_INFINITY;
      last = judged;
      return Number.POSITIVE_INFINITY;
    }
    let best = Number.POSITIVE_INFINITY;
    for (const candidate of unseen.get(state.rev + 1) ?? []) {
      const next = unseenTransition(state, candidate.request, clock);
      if (next === undefined) continue;
      // All that the future depends on: a record is made by one request out of one state, and the epoch tells states apart.
      const key = `${next.rev} ${next.epoch} ${candidate.reqId}`;
      const rest = known.get(key) ?? restFrom(next);
      known.set(key, rest);
      best = Math.min(best, Math.max(candidate.firstSentAtMs, rest));
    }
    return best;
  };
  const atMs = restFrom(before);
  if (atMs < Number.POSITIVE_INFINITY) return { kind: "right", atMs };
  if (last?.kind === "wrong") return last;
  const because = `revisions ${before.rev + 1} to ${record.rev - 1} are there, and nothing was sent that can have made them`;
  return { kind: "wrong", reason: "NobodyWrote", because };
}
