/** A FAKE of a store with compare-and-set in memory, whose requests are done between two others', or in doubt. */
import type { Clock, LeaseRegister } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";

/** How often each fault happens, in a thousand requests. */
export type RegisterFaults = {
  readonly unreachablePerMille?: number;
  /** A write is done and the answer is lost. */
  readonly lostPerMille?: number;
  /** The writer gives up, and the write is done up to `lateMs` afterwards. */
  readonly latePerMille?: number;
  readonly lateMs?: number;
};

export type FakeLeaseRegister = LeaseRegister & {
  setFaults(faults: RegisterFaults): void;
  /** Its own clock jumps. */
  stepClock(byMs: number): void;
  record(slot: string): LeaseRecord;
};

export type FakeRegisterOptions = {
  readonly id: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly hasClock: boolean;
  /** Longest time on the way there and on the way back; default 3 ms. */
  readonly wayMs?: number;
};

export function fakeLeaseRegister(options: FakeRegisterOptions): FakeLeaseRegister {
  const { id, random, clock, hasClock, wayMs = 3 } = options;
  const records = new Map<string, LeaseRecord>();
  let faults: RegisterFaults = {};
  let steppedMs = 0;
  const recordOf = (slot: string): LeaseRecord => records.get(slot) ?? emptyLease(slot);
  const travel = (): Promise<void> => clock.sleep(random.below(wayMs + 1));
  const failIf = (perMille: number | undefined): void => {
    if (!chance(random, perMille ?? 0)) return;
    throw new Failure("WitnessUnreachable", `${id} can not be reached`, { where: id });
  };
  const compareAndSet = (slot: string, expectedRev: number, record: LeaseRecord): boolean => {
    if (recordOf(slot).rev !== expectedRev) return false;
    records.set(slot, record);
    return true;
  };
  return {
    id,
    async read(slot) {
      await travel();
      failIf(faults.unreachablePerMille);
      const record = recordOf(slot);
      const nowMs = hasClock ? clock.nowMs() + steppedMs : null;
      await travel();
      failIf(faults.lostPerMille);
      return { record, nowMs };
    },
    async cas(slot, expectedRev, record) {
      if (chance(random, faults.latePerMille ?? 0)) {
        const delayMs = 1 + random.below(faults.lateMs ?? 1_000);
        // Nobody waits for it: that it happens behind the writer's back is the fault.
        void clock.sleep(delayMs).then(() => compareAndSet(slot, expectedRev, record));
        failIf(1_000);
      }
      await travel();
      failIf(faults.unreachablePerMille);
      const done = compareAndSet(slot, expectedRev, record);
      await travel();
      failIf(faults.lostPerMille);
      return done;
    },
    setFaults(next) {
      faults = next;
    },
    stepClock(byMs) {
      steppedMs += byMs;
    },
    record: recordOf,
  };
}
