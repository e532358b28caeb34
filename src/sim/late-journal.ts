/**
 * FAKE: a journal that keeps events as they come and seals them when somebody asks, because a swarm looks at few of its journals.
 * Sealed, it is the same chain as that of `memory-journal.ts`.
 */
import type { Clock, Journal } from "../control/env.ts";
import { type ChainHead, emptyChain, sealEvent } from "../core/journal/chain.ts";
import { type JournalEvent, type NewEvent, noHash } from "../core/kernel/event.ts";
import { Failure } from "../core/kernel/failure.ts";
import { standInHash } from "./stand-in-hash.ts";

/** An event with the wall time of its region and the world's own. */
export type Taken = NewEvent & { readonly atMs: number; readonly worldAtMs: number };

export type LateJournal = Journal & {
  readonly taken: readonly Taken[];
  /** While true, appends fail with JournalUnwritable and add nothing: a full disk. */
  setUnwritable(unwritable: boolean): void;
  sealed(): readonly JournalEvent[];
  head(): ChainHead;
};

/** An empty journal of `stream`. */
export function lateJournal(
  stream: string,
  clock: Pick<Clock, "nowMs">,
  worldMs: () => number = clock.nowMs,
): LateJournal {
  const taken: Taken[] = [];
  let isUnwritable = false;
  const seal = (): readonly JournalEvent[] => {
    let head: ChainHead = emptyChain;
    return taken.map(({ atMs, worldAtMs: _, ...event }) => {
      const sealed = sealEvent(event, { stream, atMs, head }, standInHash);
      head = sealed;
      return sealed;
    });
  };
  return {
    taken,
    async append(event) {
      if (isUnwritable) throw new Failure("JournalUnwritable", "the simulated disk is full");
      const atMs = clock.nowMs();
      taken.push({ ...event, atMs, worldAtMs: worldMs() });
      return { ...event, stream, seq: taken.length, atMs, prev: noHash, hash: noHash };
    },
    setUnwritable(unwritable) {
      isUnwritable = unwritable;
    },
    sealed: seal,
    head() {
      const { seq, hash } = seal().at(-1) ?? emptyChain;
      return { seq, hash };
    },
  };
}
