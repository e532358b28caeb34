/** FAKE: a journal in memory for the simulator, chained by a stand-in hash; passes the suite in test/contract/journal.ts. */
import type { Clock, Journal } from "../control/env.ts";
import { type ChainHead, emptyChain, sealEvent } from "../core/journal/chain.ts";
import type { JournalEvent, NewEvent } from "../core/kernel/event.ts";
import { Failure } from "../core/kernel/failure.ts";
import { canonicalJson, type JsonObject } from "../core/kernel/json.ts";
import { standInHash } from "./stand-in-hash.ts";

export type MemoryJournal = Journal & {
  /** All events, oldest first. */
  readonly events: readonly JournalEvent[];
  readonly head: ChainHead;
  /** While true, appends fail with JournalUnwritable and add nothing: a full disk. */
  setUnwritable(unwritable: boolean): void;
};

/** An empty journal of `stream`. */
export function memoryJournal(stream: string, clock: Pick<Clock, "nowMs">): MemoryJournal {
  const events: JournalEvent[] = [];
  const byKey = new Map<string, JournalEvent>();
  let unwritable = false;
  const head = (): ChainHead => events.at(-1) ?? emptyChain;
  const add = (event: NewEvent): JournalEvent => {
    const known = event.key === undefined ? undefined : byKey.get(event.key);
    if (known !== undefined) return known;
    if (unwritable) throw new Failure("JournalUnwritable", "the simulated disk is full");
    const data = JSON.parse(canonicalJson(event.data)) as JsonObject; // A copy of what was an object.
    const at = { stream, atMs: clock.nowMs(), head: head() };
    const sealed = sealEvent({ ...event, data }, at, standInHash);
    events.push(sealed);
    if (event.key !== undefined) byKey.set(event.key, sealed);
    return sealed;
  };
  return {
    append: async (event) => add(event),
    events,
    get head() {
      const { seq, hash } = head();
      return { seq, hash };
    },
    setUnwritable(now) {
      unwritable = now;
    },
  };
}
