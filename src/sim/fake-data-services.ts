/** FAKE: the data services of a region as its agent reaches them: the ledger's database, and a cache that may lose everything. */
import type { DataServices } from "../control/failover/ports.ts";
import type { ServiceFacts } from "../core/failover/facts.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { Random } from "../core/kernel/random.ts";
import type { SimProcess, WorldTime } from "./failover-time.ts";
import type { FakeDatabase } from "./fake-database.ts";

export const ledger = "ledger";
export const cache = "cache";

export type FakeDataOptions = {
  readonly time: WorldTime;
  readonly random: Random;
  readonly database: FakeDatabase;
  readonly hasCache: boolean;
  /** Tells of a promotion that was done and of commits that are relaxed, at the moment at which it happens. */
  readonly promoted: (epoch: number) => void;
  readonly relaxed: () => void;
};

export type FakeData = {
  connect(process: SimProcess): DataServices;
  fence(done: (isFenced: boolean) => void): void;
  /** What the readiness check says from now on; several faults may make it red. */
  readonly red: { faults: number };
};

export function fakeData(options: FakeDataOptions): FakeData {
  const { time, random, database, hasCache } = options;
  let cacheRole: ServiceFacts["role"] = "standby";
  const fence: FakeData["fence"] = (done) =>
    database.fence((isFenced) => {
      if (isFenced) cacheRole = "standby";
      done(isFenced);
    });
  const promote = (
    service: string,
    epoch: number,
    done: (refusal: string | null) => void,
  ): void => {
    if (service === cache) {
      cacheRole = "writable";
      time.after(1 + random.below(100), () => done(null));
      return;
    }
    database.promote(epoch, (refusal) => {
      if (refusal === null) options.promoted(epoch);
      done(refusal);
    });
  };
  const red = { faults: 0 };
  const failed = (words: string): Failure => new Failure("Unexpected", words);
  return {
    fence,
    red,
    connect: (process) => ({
      fence: () =>
        new Promise((resolve, reject) => {
          fence((isFenced) => {
            process.deliver(() => (isFenced ? resolve() : reject(failed("fencing failed"))));
          });
        }),
      promote: (service, epoch) =>
        new Promise((resolve, reject) => {
          promote(service, epoch, (refusal) => {
            process.deliver(() => (refusal === null ? resolve() : reject(failed(refusal))));
          });
        }),
      setSync: (sync) =>
        new Promise((resolve) => {
          time.after(5, () => {
            database.setSync(sync);
            if (sync === "relaxed") options.relaxed();
            process.deliver(resolve);
          });
        }),
      measure: () =>
        new Promise((resolve) => {
          time.after(1 + random.below(10), () => {
            process.deliver(() => {
              const services: ServiceFacts[] = [{ name: ledger, ...database.measure() }];
              if (hasCache) services.push(cacheFacts(cacheRole));
              resolve({ services, notReady: red.faults > 0 ? ["the last backup is old"] : [] });
            });
          });
        }),
    }),
  };
}

function cacheFacts(role: ServiceFacts["role"]): ServiceFacts {
  return {
    name: cache,
    role,
    sync: null,
    standbyReady: null,
    position: null,
    timeline: null,
    ready: true,
  };
}
