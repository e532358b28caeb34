/**
 * The durable places of an agent's record (DESIGN §2, ADR 47): the disk, and the region's API server where one is configured. Each is
 * watched: a server is looked at every few seconds, and about once a minute each is written to, with what it has already. So one that is
 * away, or reads and does not write, is known before something can not be made durable.
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

/** A place of the record that can be tried. */
export type RecordPlace = RecordStore & {
  /** Writes what is there once more, as it is; false where there is nothing of ours to write. Fails as `write` does. */
  tryWrite(signal?: Signal): Promise<boolean>;
};

const lookEveryMs = 5_000;
const tryEveryMs = 60_000;
/** What is only slow is not away: nothing has to be made durable at this moment. */
const lookLimitMs = 5_000;

/** The places that the configuration names; nothing is read before somebody asks. */
export function openRecordStores(
  env: Env,
  { state, cluster, group, records, kubernetes }: AgentConfig,
  options: WatchOptions,
): RecordStores {
  const owner = `${cluster}/${group}`;
  const stores: RecordPlace[] = [new DiskRecordStore({ folder: join(state, "record"), owner })];
  if (records.includes("apiServer") && kubernetes !== undefined) {
    const open = () => openAs("agent", kubernetes);
    stores.push(new KubeRecordStore({ open, owner, name: recordName(group) }));
  }
  return watchedStores(env, stores, options);
}

type Use = "read" | "write";

/** What is wrong with each place, reading and writing apart: one that reads may not write. */
function placeProblems({ log }: Env) {
  const found = { read: new Map<string, string>(), write: new Map<string, string>() };
  const of = (id: string): string | undefined => found.read.get(id) ?? found.write.get(id);
  return {
    has: (use: Use, id: string): boolean => found[use].has(id),
    /** One for each place. */
    all(): readonly (readonly [string, string])[] {
      return [...new Map([...found.write, ...found.read])];
    },
    note(use: Use, id: string, because: string): void {
      if (of(id) === undefined) log.warn(`the record's place can not be used: ${id}`, { because });
      found[use].set(id, because);
    },
    clear(use: Use, id: string): void {
      const wasThere = found[use].delete(id);
      if (wasThere && of(id) === undefined) log.info(`the record's place can be used again: ${id}`);
    },
  };
}

type WatchOptions = {
  /** Nothing is written only to try it. */
  readonly observeOnly: boolean;
};

/** These stores, and what is wrong with them. */
export function watchedStores(
  env: Env,
  places: readonly RecordPlace[],
  { observeOnly }: WatchOptions,
): RecordStores {
  const problems = placeProblems(env);
  const stores = places.map((place) => toldStore(place, problems));
  const look = async (store: RecordStore): Promise<RecordCopy> => {
    const what = `reading the record from ${store.id}`;
    try {
      return await within(env.clock, lookLimitMs, what, (signal) => store.read(signal));
    } catch (thrown) {
      // A disk that hangs does not even fail.
      if (!problems.has("read", store.id))
        problems.note("read", store.id, Failure.from(thrown, what).message);
      return { kind: "unreadable" };
    }
  };
  const tryWrite = async (place: RecordPlace): Promise<void> => {
    const { id } = place;
    const what = `writing the record to ${id}`;
    try {
      const work = (signal: Signal) => place.tryWrite(signal);
      if (await within(env.clock, lookLimitMs, what, work)) problems.clear("write", id);
    } catch (thrown) {
      problems.note("write", id, Failure.from(thrown, what).message);
    }
  };
  return {
    stores,
    problems: () =>
      problems.all().map(([id, because]) => `a place of the record fails (${id}): ${because}`),
    async agree() {
      const [first, ...others] = await Promise.all(stores.map(look));
      return (
        first?.kind === "present" &&
        others.every((copy) => copy.kind === "present" && isSameJson(copy.record, first.record))
      );
    },
    async run(signal) {
      let tryAtMs = env.clock.monotonicMs() + tryEveryMs;
      while (!signal.aborted) {
        // A disk tells by its writes; reading it again and again would only keep it busy.
        const looked = stores.filter(({ id }) => id !== "disk" || problems.has("read", id));
        await Promise.all(looked.map(look));
        const isDue = env.clock.monotonicMs() >= tryAtMs;
        if (isDue) tryAtMs = env.clock.monotonicMs() + tryEveryMs;
        const tried = places.filter(({ id }) => isDue || problems.has("write", id));
        if (!observeOnly) await Promise.all(tried.map(tryWrite));
        await env.clock.sleep(lookEveryMs, signal);
      }
    },
  };
}

/** The store, each of whose answers and failures is noted. */
function toldStore(place: RecordStore, problems: ReturnType<typeof placeProblems>): RecordStore {
  const told = async <T>(use: Use, work: Promise<T>, signal?: Signal): Promise<T> => {
    try {
      const done = await work;
      problems.clear(use, place.id);
      return done;
    } catch (thrown) {
      const { message } = Failure.from(thrown, place.id);
      problems.note(
        use,
        place.id,
        signal?.aborted === true ? "it did not answer in time" : message,
      );
      throw thrown;
    }
  };
  return {
    id: place.id,
    read: (signal) => told("read", place.read(signal), signal),
    write: (record, signal) => told("write", place.write(record, signal), signal),
  };
}
