/**
 * The durable places of an agent's record (DESIGN §2, ADR 47): the disk, and the region's API server where one is configured. Each is
 * watched, and a server is looked at every few seconds, so that one that is away is known before something can not be made durable.
 */
import { join } from "node:path";
import { DiskRecordStore } from "../../adapters/agent/disk-record-store.ts";
import { KubeRecordStore, recordName } from "../../adapters/kubernetes/kube-record-store.ts";
import { openAs } from "../../adapters/kubernetes/open-as.ts";
import type { Env, Signal } from "../../control/env.ts";
import type { RecordStore } from "../../control/failover/ports.ts";
import { within } from "../../control/failover/within.ts";
import type { RecordCopy } from "../../core/failover/record.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isSameJson } from "../../core/kernel/json.ts";
import type { AgentConfig } from "./config.ts";

export type RecordStores = {
  readonly stores: readonly RecordStore[];
  /** Why a place can not be used, as it was last tried; one sentence each. */
  problems(): readonly string[];
  /** Whether a process that starts now would find its memory: every place answers, and all have the same record. */
  agree(): Promise<boolean>;
  /** Looks at every place again and again until the signal is given. */
  run(signal: Signal): Promise<void>;
};

const lookEveryMs = 5_000;
/** What is only slow is not away: nothing has to be made durable at this moment. */
const lookLimitMs = 5_000;

/** The places that the configuration names; nothing is read before somebody asks. */
export function openRecordStores(
  env: Env,
  { state, cluster, group, records, kubernetes }: AgentConfig,
): RecordStores {
  const owner = `${cluster}/${group}`;
  const stores: RecordStore[] = [new DiskRecordStore({ folder: join(state, "record"), owner })];
  if (records.includes("apiServer") && kubernetes !== undefined) {
    const open = () => openAs("agent", kubernetes);
    stores.push(new KubeRecordStore({ open, owner, name: recordName(group) }));
  }
  return watchedStores(env, stores);
}

/** These stores, and what is wrong with them. */
export function watchedStores(env: Env, places: readonly RecordStore[]): RecordStores {
  const problems = new Map<string, string>();
  const note = ({ id }: RecordStore, because: string): void => {
    if (!problems.has(id)) env.log.warn(`the record's place can not be used: ${id}`, { because });
    problems.set(id, because);
  };
  const told = async <T>(place: RecordStore, work: Promise<T>, signal?: Signal): Promise<T> => {
    try {
      const done = await work;
      if (problems.delete(place.id)) env.log.info(`the record's place answers again: ${place.id}`);
      return done;
    } catch (thrown) {
      const { message } = Failure.from(thrown, place.id);
      note(place, signal?.aborted === true ? "it did not answer in time" : message);
      throw thrown;
    }
  };
  const stores = places.map(
    (place): RecordStore => ({
      id: place.id,
      read: (signal) => told(place, place.read(signal), signal),
      write: (record, signal) => told(place, place.write(record, signal), signal),
    }),
  );
  const look = async (store: RecordStore): Promise<RecordCopy> => {
    const what = `reading the record from ${store.id}`;
    try {
      return await within(env.clock, lookLimitMs, what, (signal) => store.read(signal));
    } catch (thrown) {
      // A disk that hangs does not even fail.
      if (!problems.has(store.id)) note(store, Failure.from(thrown, what).message);
      return { kind: "unreadable" };
    }
  };
  return {
    stores,
    problems: () =>
      [...problems].map(([id, because]) => `a place of the record fails (${id}): ${because}`),
    async agree() {
      const [first, ...others] = await Promise.all(stores.map(look));
      return (
        first?.kind === "present" &&
        others.every((copy) => copy.kind === "present" && isSameJson(copy.record, first.record))
      );
    },
    async run(signal) {
      while (!signal.aborted) {
        // A disk tells by its writes; reading it again and again would only keep it busy.
        const looked = stores.filter(({ id }) => id !== "disk" || problems.has(id));
        await Promise.all(looked.map(look));
        await env.clock.sleep(lookEveryMs, signal);
      }
    },
  };
}
