/**
 * A FAKE of a witness in memory, with faults from a seeded generator and a clock of its own that can be stepped.
 * It passes the same contract suite as the real ones (`test/contract/witness.ts`).
 */
import type { Clock, Signal, Witness } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import { applyLease } from "../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../core/lease/request.ts";
import { objectionTo } from "../core/lease/request-bounds.ts";

/** How often each fault happens, in a thousand requests. */
export type WitnessFaults = {
  /** It never arrives. */
  readonly unreachablePerMille?: number;
  /** It is done, and the answer is lost. */
  readonly lostPerMille?: number;
  /** The asker gives up, and it is done up to `lateMs` afterwards. */
  readonly latePerMille?: number;
  readonly lateMs?: number;
  /** It takes up to `slowMs` on the way there, and as long on the way back. */
  readonly slowPerMille?: number;
  readonly slowMs?: number;
};

/** One client's way to the witness; what is switched here does not touch the others. */
export type WitnessLink = Witness & {
  setReachable(reachable: boolean): void;
  /** Whether its credential is the right one. */
  setAuthorized(authorized: boolean): void;
  setFaults(faults: WitnessFaults): void;
};

export type FakeWitness = {
  connect(id?: string): WitnessLink;
  /** Switches it off and on again for everybody; what it holds stays. */
  setReachable(reachable: boolean): void;
  /** Its own clock jumps; the world's does not. */
  stepClock(byMs: number): void;
  /** What it holds, past all faults. */
  record(slot: string): LeaseRecord;
  /** All that it ever wrote, oldest first. */
  writes(): readonly LeaseRecord[];
};

export type FakeWitnessOptions = {
  readonly id: string;
  readonly random: Random;
  readonly clock: Clock;
  /** Without one of its own, only the contender's waiting stands before a take-over. Default: it has one. */
  readonly hasClock?: boolean;
  /** Keeps what `writes` gives; default yes. A long run does without. */
  readonly remembersWrites?: boolean;
};

type State = {
  readonly options: FakeWitnessOptions;
  readonly records: Map<string, LeaseRecord>;
  readonly writes: LeaseRecord[];
  steppedMs: number;
  reachable: boolean;
};

type Link = { reachable: boolean; authorized: boolean; faults: WitnessFaults };

export function fakeWitness(options: FakeWitnessOptions): FakeWitness {
  const state: State = {
    options,
    records: new Map(),
    writes: [],
    steppedMs: 0,
    reachable: true,
  };
  return {
    connect: (id = options.id) => connectTo(state, id),
    setReachable(reachable) {
      state.reachable = reachable;
    },
    stepClock(byMs) {
      state.steppedMs += byMs;
    },
    record: (slot) => state.records.get(slot) ?? emptyLease(slot),
    writes: () => state.writes,
  };
}

function connectTo(state: State, id: string): WitnessLink {
  const link: Link = { reachable: true, authorized: true, faults: {} };
  return {
    id,
    async read(slot, signal) {
      return pass(state, link, {
        id,
        signal,
        work: () => state.records.get(slot) ?? emptyLease(slot),
      });
    },
    async ask(slot, request, signal) {
      const objection = objectionTo(slot, request);
      if (objection !== undefined) {
        throw new Failure("WitnessRefused", `${id} refuses the request: ${objection}`, {
          where: id,
        });
      }
      return pass(state, link, { id, signal, work: () => decide(state, slot, request) });
    },
    setReachable(reachable) {
      link.reachable = reachable;
    },
    setAuthorized(authorized) {
      link.authorized = authorized;
    },
    setFaults(faults) {
      link.faults = faults;
    },
  };
}

function decide(state: State, slot: string, request: LeaseRequest): LeaseReply {
  const { clock, hasClock = true, remembersWrites = true } = state.options;
  const nowMs = hasClock ? clock.nowMs() + state.steppedMs : null;
  const reply = applyLease(state.records.get(slot) ?? emptyLease(slot), request, nowMs);
  if (reply.ok && !reply.repeated) {
    state.records.set(slot, reply.record);
    if (remembersWrites) state.writes.push(reply.record);
  }
  return reply;
}

type Passage<Answer> = {
  readonly id: string;
  readonly signal: Signal | undefined;
  readonly work: () => Answer;
};

/** The way there, the work, and the way back, with the faults of the link. */
async function pass<Answer>(state: State, link: Link, passage: Passage<Answer>): Promise<Answer> {
  const { id, signal, work } = passage;
  const { random, clock } = state.options;
  const { faults } = link;
  const happens = (perMille: number | undefined): boolean => chance(random, perMille ?? 0);
  const somewhile = (mostMs: number | undefined): number => 1 + random.below(mostMs ?? 1_000);
  const stopIfAborted = (): void => {
    if (signal?.aborted === true) {
      throw new Failure("Cancelled", `asking ${id} was stopped`, { where: id });
    }
  };
  stopIfAborted();
  if (happens(faults.unreachablePerMille)) throw unreachable(id);
  if (happens(faults.latePerMille)) {
    // Nobody waits for it: that it happens behind the asker's back is the fault.
    void clock.sleep(somewhile(faults.lateMs)).then(() => {
      if (state.reachable && link.authorized) work();
    });
    throw unreachable(id);
  }
  const isSlow = happens(faults.slowPerMille);
  if (isSlow) await clock.sleep(somewhile(faults.slowMs), signal);
  else await Promise.resolve(); // Nothing is answered before the asker waits for it.
  stopIfAborted();
  if (!state.reachable || !link.reachable) throw unreachable(id);
  if (!link.authorized) {
    throw new Failure("WitnessUnauthorized", `${id} does not accept the credential`, { where: id });
  }
  const answer = work();
  if (isSlow) await clock.sleep(somewhile(faults.slowMs), signal);
  stopIfAborted();
  if (!link.reachable || happens(faults.lostPerMille)) throw unreachable(id);
  return answer;
}

function unreachable(id: string): Failure {
  return new Failure("WitnessUnreachable", `${id} can not be reached`, { where: id });
}
