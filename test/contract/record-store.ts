/** What every durable place of an agent's record must do; run against the fake and against the real ones alike. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordStore } from "../../src/control/failover/ports.ts";
import type { AgentRecord } from "../../src/core/failover/record.ts";
import { Failure } from "../../src/core/kernel/failure.ts";

export type RecordStoreWorld = {
  /** The store as the next process of the agent has it; the one before it is gone. */
  restart(): Promise<RecordStore>;
  /** Writes fail from now on, or no more. */
  setFull(full: boolean): Promise<void>;
  lose(): Promise<void>;
  tear(): Promise<void>;
  /** Lets time pass while `work` is under way; only a world with a clock of its own needs it. */
  drive?<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** A record of that version in which every field says something. */
export function recordOf(version: number): AgentRecord {
  return {
    version,
    armed: version % 2 === 0,
    epochSeen: version + 3,
    roundIssued: 2,
    givenBack: { epoch: 1, round: 1 },
    unclear: false,
    epochHeld: version,
    epochOwn: version % 3 === 0 ? version : null,
    epochBeforeOwn: version % 3 === 0 ? version - 1 : 0,
    open: { policy: "sticky", epoch: 4, round: 2 },
    promise: version % 5 === 0 ? { policy: "peerArbiter", epoch: 4, round: 1 } : null,
  };
}

export function recordStoreContract(
  name: string,
  makeWorld: () => Promise<RecordStoreWorld>,
): void {
  describe(`${name} as a place of the record`, () => {
    let world: RecordStoreWorld;
    let store: RecordStore;
    beforeEach(async () => {
      world = await makeWorld();
      store = await world.restart();
    });
    afterEach(() => world.close());
    const drive = <T>(work: Promise<T>): Promise<T> => world.drive?.(work) ?? work;
    const write = (version: number): Promise<void> => drive(store.write(recordOf(version)));

    test("has none at first", async () => {
      expect(await drive(store.read())).toEqual({ kind: "missing" });
    });

    test("gives back what was acknowledged, also to the next process", async () => {
      await write(1);
      await write(2);
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(2) });
      store = await world.restart();
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(2) });
    });

    test("keeps the newer one when an older one comes late", async () => {
      await write(7);
      await write(6);
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(7) });
    });

    test("that can not write fails with a Failure, and still gives the last one", async () => {
      await write(1);
      await world.setFull(true);
      await expect(write(2)).rejects.toBeInstanceOf(Failure);
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(1) });
      await world.setFull(false);
      await write(3);
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(3) });
    });

    test("that was lost says missing, and one that was torn says unreadable; both take a new one", async () => {
      await write(5);
      await world.tear();
      expect(await drive(store.read())).toEqual({ kind: "unreadable" });
      await write(1);
      expect(await drive(store.read())).toEqual({ kind: "present", record: recordOf(1) });
      await world.lose();
      expect(await drive(store.read())).toEqual({ kind: "missing" });
    });
  });
}
