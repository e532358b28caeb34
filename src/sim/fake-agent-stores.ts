/**
 * FAKE: the durable places of an agent's record: a local disk that may be lost or torn, and an API server that may be down or restored from
 * an old backup. What it acknowledged is kept, or missing, or differs from the other copy; never both copies old in the same way.
 */
import type { RecordStore } from "../control/failover/ports.ts";
import type { AgentRecord, RecordCopy } from "../core/failover/record.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import type { SimProcess, WorldTime } from "./failover-time.ts";

export type FakeStore = {
  connect(process: SimProcess): RecordStore;
  copy(): RecordCopy;
  setUp(up: boolean): void;
  /** Reads go on, and writes fail. */
  setFull(full: boolean): void;
  /** Loses the copy. */
  lose(): void;
  /** Leaves half of the copy. */
  tear(): void;
  /** Brings back a copy that is older than the last; false when there is none. */
  restoreOld(): boolean;
};

export type FakeStoreOptions = {
  readonly id: string;
  readonly time: WorldTime;
  readonly random: Random;
  /** Longest time of one read or write. */
  readonly mostMs: number;
};

export function fakeStore({ id, time, random, mostMs }: FakeStoreOptions): FakeStore {
  let copy: RecordCopy = { kind: "missing" };
  const backups: AgentRecord[] = [];
  let isUp = true;
  let isFull = false;
  const away = (): Failure => new Failure("Unexpected", `the simulated ${id} does not answer`);
  const someMs = (): number => 1 + random.below(mostMs);
  const put = (record: AgentRecord): void => {
    if (copy.kind === "present" && copy.record.version > record.version) return;
    if (copy.kind === "present") backups.push(copy.record);
    copy = { kind: "present", record };
  };
  return {
    connect: (process) => ({
      id,
      read: () =>
        new Promise((resolve, reject) => {
          time.after(someMs(), () => {
            process.deliver(() => (isUp ? resolve(copy) : reject(away())));
          });
        }),
      write: (record) =>
        new Promise((resolve, reject) => {
          time.after(someMs(), () => {
            // What was on its way when the process died may be there or not.
            if (process.state() === "gone" && chance(random, 500)) return;
            const isTaken = isUp && !isFull;
            if (isTaken) put(record);
            process.deliver(() => (isTaken ? resolve() : reject(away())));
          });
        }),
    }),
    copy: () => copy,
    setUp(up) {
      isUp = up;
    },
    setFull(full) {
      isFull = full;
    },
    lose() {
      copy = { kind: "missing" };
    },
    tear() {
      if (copy.kind === "present") copy = { kind: "unreadable" };
    },
    restoreOld() {
      const old = backups[random.below(Math.max(1, backups.length))];
      if (old === undefined) return false;
      copy = { kind: "present", record: old };
      return true;
    },
  };
}
