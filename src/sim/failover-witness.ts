/**
 * FAKE: the witness of a failover world: the decision that ships (`core/lease/apply.ts`) behind one way for each region, on which requests
 * and replies are lost, late and slow. Its clock can be stepped, it can restart, and it can lose its memory.
 */
import type { Witness } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import { applyLease } from "../core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../core/lease/request.ts";
import { judgedAtMs, settledAfter } from "../core/lease/settling.ts";
import type { SimProcess, WorldTime } from "./failover-time.ts";

/** One region's way to the witness. */
export type WitnessWay = {
  isCut: boolean;
  /** In a thousand, for each direction: a lost reply is that of a request that was done. */
  lostPerMille: number;
  slowPerMille: number;
  slowMs: number;
};

export type SwarmWitness = {
  connect(way: WitnessWay, process: SimProcess): Witness;
  record(): LeaseRecord;
  isUp(): boolean;
  setUp(up: boolean): void;
  stepClock(byMs: number): void;
  /** Up again: for `settleMs` no lease counts as run out. */
  restart(settleMs: number): void;
  /** Everything that was ever written is gone. */
  forget(): void;
  /** Whether it shows the highest epoch that it ever gave. */
  remembers(): boolean;
};

export type SwarmWitnessOptions = {
  readonly time: WorldTime;
  readonly random: Random;
  readonly slot: string;
  /** Without a clock of its own, only the contender's waiting stands before a take-over. */
  readonly hasClock: boolean;
  readonly wrote: (before: LeaseRecord, after: LeaseRecord, request: LeaseRequest) => void;
};

/** The way without any fault. */
export function openWay(): WitnessWay {
  return { isCut: false, lostPerMille: 0, slowPerMille: 0, slowMs: 0 };
}

export function swarmWitness(options: SwarmWitnessOptions): SwarmWitness {
  const { time, slot, wrote } = options;
  let record = emptyLease(slot);
  let highest = 0;
  let isUp = true;
  let steppedMs = 0;
  let settledAtMs = 0;
  let lastSettleMs = 0;
  const nowMs = (): number => 1_000_000 + time.nowMs() + steppedMs;
  const decide = (request: LeaseRequest): LeaseReply => {
    const atMs = options.hasClock ? judgedAtMs(record, request, nowMs(), settledAtMs) : null;
    const reply = applyLease(record, request, atMs);
    if (reply.ok && !reply.repeated) {
      const before = record;
      record = reply.record;
      highest = Math.max(highest, record.epoch);
      wrote(before, record, request);
    }
    return reply;
  };
  return {
    connect: (way, process) => {
      const pass = <T>(work: () => T): Promise<T> =>
        travel(options, { way, process }, () => isUp, work);
      return {
        id: "the simulated witness",
        read: () => pass(() => record),
        ask: (_slot, request) => pass(() => decide(request)),
      };
    },
    record: () => record,
    isUp: () => isUp,
    setUp(up) {
      isUp = up;
    },
    stepClock(byMs) {
      const lastMs = nowMs();
      steppedMs += byMs;
      settledAtMs = settledAfter(settledAtMs, { lastMs, nowMs: nowMs(), settleMs: lastSettleMs });
    },
    restart(settleMs) {
      isUp = true;
      lastSettleMs = settleMs;
      settledAtMs = nowMs() + settleMs;
    },
    remembers: () => record.epoch >= highest,
    forget() {
      record = emptyLease(slot);
    },
  };
}

type Route = { readonly way: WitnessWay; readonly process: SimProcess };

/** There, the work, and back; whoever asks has a limit of its own, so that what is lost is simply never answered. */
function travel<T>(
  { time, random }: SwarmWitnessOptions,
  { way, process }: Route,
  isUp: () => boolean,
  work: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const legMs = (): number =>
      1 + random.below(20) + (chance(random, way.slowPerMille) ? random.below(way.slowMs + 1) : 0);
    const refused = (): void => process.deliver(() => reject(unreachable()));
    if (way.isCut) {
      // Half of the cuts refuse at once, the others swallow what is sent.
      if (chance(random, 500)) time.after(1, refused);
      return;
    }
    if (chance(random, way.lostPerMille)) return;
    time.after(legMs(), () => {
      if (!isUp() || way.isCut) return;
      const answer = work();
      if (way.isCut || chance(random, way.lostPerMille)) return;
      time.after(legMs(), () => {
        if (!way.isCut) process.deliver(() => resolve(answer));
      });
    });
  });
}

function unreachable(): Failure {
  return new Failure("WitnessUnreachable", "the simulated witness can not be reached");
}
