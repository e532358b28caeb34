/**
 * BAD on purpose: witnesses that somebody built or could build, each with one fault. The suite must find every one of them
 * (facts of the witness §0 and §5). They run in virtual time, over a store that takes a moment for each request.
 */
import type { Witness } from "../../src/control/env.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { type Random, seededRandom } from "../../src/core/kernel/random.ts";
import { applyLease } from "../../src/core/lease/apply.ts";
import { emptyLease, type LeaseRecord } from "../../src/core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../src/core/lease/request.ts";
import { objectionTo } from "../../src/core/lease/request-bounds.ts";
import { type VirtualClock, virtualClock } from "../../src/sim/virtual-clock.ts";
import { driverOf } from "./virtual-drive.ts";
import type { ViolationReason, WitnessUnderTest } from "./witness-subject.ts";

type World = {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly records: Map<string, LeaseRecord>;
  steppedMs: number;
};

/** One client's view of a bad witness: it reads and asks without any check of its own. */
type Bad = (world: World) => {
  read(slot: string): Promise<LeaseRecord>;
  ask(slot: string, request: LeaseRequest): Promise<LeaseReply>;
};

const nowOf = ({ clock, steppedMs }: World): number => clock.nowMs() + steppedMs;
const recordIn = ({ records }: World, slot: string): LeaseRecord =>
  records.get(slot) ?? emptyLease(slot);
const way = ({ clock, random }: World): Promise<void> => clock.sleep(random.below(4));

/** Judged and written in one moment: right, where nothing else is said. */
function judgedAtOnce(world: World, slot: string, request: LeaseRequest): LeaseReply {
  const reply = applyLease(recordIn(world, slot), request, nowOf(world));
  if (reply.ok && !reply.repeated) world.records.set(slot, reply.record);
  return reply;
}

/** Read, decide, and write whatever stands there meanwhile. */
const readThenWrite: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    const reply = applyLease(recordIn(world, slot), request, nowOf(world));
    await way(world);
    if (reply.ok && !reply.repeated) world.records.set(slot, reply.record);
    return reply;
  },
});

/** Each location keeps what it has read for 60 s, what is missing as well, and decides on it. */
const staleCache: Bad = (world) => {
  const cache = new Map<string, { readonly record: LeaseRecord; readonly untilMs: number }>();
  const cached = (slot: string): LeaseRecord => {
    const known = cache.get(slot);
    if (known !== undefined && known.untilMs > world.clock.monotonicMs()) return known.record;
    const record = recordIn(world, slot);
    cache.set(slot, { record, untilMs: world.clock.monotonicMs() + 60_000 });
    return record;
  };
  return {
    async read(slot) {
      await way(world);
      return cached(slot);
    },
    async ask(slot, request) {
      await way(world);
      const reply = applyLease(cached(slot), request, nowOf(world));
      if (reply.ok && !reply.repeated) {
        world.records.set(slot, reply.record);
        cache.set(slot, { record: reply.record, untilMs: world.clock.monotonicMs() + 60_000 });
      }
      return reply;
    },
  };
};

/** Two copies, each of which takes writes; they exchange what they have a little later, and the later write stays. */
const lastWriteWins: Bad = (world) => {
  const copies = 2;
  const mine = world.random.below(copies);
  const key = (copy: number, slot: string): string => `${copy} ${slot}`;
  const here = (slot: string): LeaseRecord => ({ ...recordIn(world, key(mine, slot)), slot });
  return {
    async read(slot) {
      await way(world);
      return here(slot);
    },
    async ask(slot, request) {
      await way(world);
      const reply = applyLease(here(slot), request, nowOf(world));
      if (reply.ok && !reply.repeated) {
        world.records.set(key(mine, slot), reply.record);
        // The exchange goes on behind everybody's back.
        void world.clock.sleep(3).then(() => {
          for (let copy = 0; copy < copies; copy++)
            world.records.set(key(copy, slot), reply.record);
        });
      }
      return reply;
    },
  };
};

/** A released lease is deleted, as an expired key of a store with a time to live is, and counting begins anew. */
const epochReset: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    const reply = judgedAtOnce(world, slot, request);
    if (reply.ok && request.op === "release") world.records.delete(slot);
    return reply;
  },
});

/** Expiry by its wall clock is all that stands before a take-over: the revision that was decided on is not compared. */
const wallClockOnly: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    const current = recordIn(world, slot);
    const ifRev = request.op === "acquire" ? current.rev : request.ifRev;
    return judgedAtOnce(world, slot, { ...request, ifRev });
  },
});

/** It forgets which request it did: what is sent again is decided again on the newest record, and done again. */
const doneAgain: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    const current = recordIn(world, slot);
    const isAgain = current.reqId === request.reqId;
    const ifRev = isAgain ? current.rev : request.ifRev;
    const judged = applyLease(
      { ...current, reqId: null },
      { ...request, ifRev },
      isAgain && request.op === "acquire" ? Number.POSITIVE_INFINITY : nowOf(world),
    );
    if (judged.ok) world.records.set(slot, judged.record);
    return judged.ok ? judged : { ...judged, record: current };
  },
});

/** Right, as long as it lives: it answers before anything is durable. */
const memoryFirst: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    return judgedAtOnce(world, slot, request);
  },
});

/** A write that is repeated underneath after a silence, by a client that reads anew and adopts the new revision. */
const adoptsRevision: Bad = (world) => ({
  async read(slot) {
    await way(world);
    return recordIn(world, slot);
  },
  async ask(slot, request) {
    await way(world);
    const first = judgedAtOnce(world, slot, request);
    const isLost = first.ok && world.random.below(10) === 0;
    if (!isLost) return first;
    await way(world);
    const current = { ...recordIn(world, slot), reqId: null };
    world.records.set(slot, current);
    const again = judgedAtOnce(world, slot, { ...request, ifRev: current.rev });
    return again;
  },
});

export type BadWitness = {
  readonly name: string;
  readonly bad: Bad;
  /** Violations of which the suite must name at least these. */
  readonly found: readonly ViolationReason[];
  /** A crash takes everything away. */
  readonly forgets?: true;
};

export const badWitnesses: readonly BadWitness[] = [
  {
    name: "reads, then writes (Workers KV without a race)",
    bad: readThenWrite,
    found: ["NotOneWinner", "TwoRecordsOneRevision"],
  },
  {
    name: "decides on a cache of 60 s (Workers KV over two locations)",
    bad: staleCache,
    found: ["StaleRead", "NotOneWinner"],
  },
  {
    name: "lets the last write win",
    bad: lastWriteWins,
    found: ["NotOneWinner", "TwoRecordsOneRevision"],
  },
  { name: "begins its epochs anew after a release", bad: epochReset, found: ["EpochWentBack"] },
  {
    name: "has nothing but its wall clock before a take-over",
    bad: wallClockOnly,
    found: ["StaleAccepted"],
  },
  { name: "does again what is sent again", bad: doneAgain, found: ["WrongReply"] },
  {
    name: "adopts the new revision when it sends again",
    bad: adoptsRevision,
    found: ["DoneTwice"],
  },
  {
    name: "acknowledges before it is durable",
    bad: memoryFirst,
    found: ["AcknowledgedWriteLost"],
    forgets: true,
  },
];

/** A bad witness as the suite takes it, in virtual time. */
export function startBad({ bad, forgets }: BadWitness, seed: number): WitnessUnderTest {
  const clock = virtualClock(seed);
  const world: World = { clock, random: seededRandom(seed), records: new Map(), steppedMs: 0 };
  let isDown = false;
  const id = "a bad witness";
  const failWhenDown = (): void => {
    if (isDown) throw new Failure("WitnessUnreachable", `${id} is down`);
  };
  const connect = (): Witness => {
    const client = bad(world);
    return {
      id,
      async read(slot, signal) {
        if (signal?.aborted === true) throw new Failure("Cancelled", "stopped");
        failWhenDown();
        return client.read(slot);
      },
      async ask(slot, request) {
        if (objectionTo(slot, request) !== undefined) throw new Failure("WitnessRefused", "bounds");
        failWhenDown();
        return client.ask(slot, request);
      },
    };
  };
  const away = async (): Promise<never> => {
    throw new Failure("WitnessUnreachable", "nothing listens there");
  };
  return {
    connect,
    clock,
    drive: driverOf(clock, 2),
    expiry: "own",
    stepClock: async (byMs) => {
      world.steppedMs += byMs;
    },
    async crash() {
      isDown = true;
      if (forgets === true) world.records.clear();
      await clock.sleep(50);
      isDown = false;
    },
    unreachable: { id, read: away, ask: away },
    operations: 1_500,
    stop: async () => {},
  };
}
