/** The simulator's database passes the suite that real ones pass. */
import { Failure } from "../../src/core/kernel/failure.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { simProcess, worldTime } from "../../src/sim/failover-time.ts";
import { fakeData, ledger } from "../../src/sim/fake-data-services.ts";
import { fakeDatabases } from "../../src/sim/fake-database.ts";
import { type DataServiceWorld, dataServiceContract } from "./data-service.ts";

const longMs = 5_000;

async function makeWorld(): Promise<DataServiceWorld> {
  const time = worldTime();
  const random = seededRandom(5);
  let tenure: number | null = null;
  let isLinked = true;
  let id = 0;
  const [database, peer] = fakeDatabases(
    {
      time,
      random,
      isLinked: () => isLinked,
      fenceBudgetMs: 500,
      promoteMostMs: 300,
      failsPerMille: 0,
      changed: () => undefined,
    },
    [(epoch) => tenure === epoch, () => false],
  );
  const data = fakeData({
    time,
    random,
    database,
    hasCache: false,
    promoted: () => undefined,
    relaxed: () => undefined,
  }).connect(simProcess(time));
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    // Whoever asked hears of a failure; it is only kept from being told twice.
    void work.catch(() => undefined);
    await time.run(time.nowMs() + longMs);
    return work;
  };
  const nudge = (): void => {
    peer.nudge();
    database.nudge();
    time.after(100, nudge);
  };
  nudge();
  return {
    service: {
      name: ledger,
      fence: data.fence,
      promote: (epoch) => data.promote(ledger, epoch),
      setSync: data.setSync,
      async measure() {
        const { services, notReady } = await data.measure();
        const facts = services.find(({ name }) => name === ledger);
        if (facts === undefined) throw new Failure("NotFound", "the ledger was not measured");
        return { facts, notReady };
      },
      // The simulated servers follow by themselves (`nudge`), which they do not with a tenure.
      follow: () =>
        tenure === null
          ? Promise.resolve()
          : Promise.reject(new Failure("PromotionRefused", "a tenure is live here")),
    },
    setTenure(epoch) {
      tenure = epoch;
    },
    write: () =>
      new Promise((resolve) => {
        time.after(longMs / 2, () => resolve("waits"));
        database.write(id++, resolve);
      }),
    async setStandby(isThere) {
      isLinked = isThere;
      await time.run(time.nowMs() + longMs);
    },
    fall: async () => {
      database.crash();
      database.start();
    },
    drive,
    close: async () => undefined,
  };
}

dataServiceContract("the simulated database", makeWorld, { timeout: 5_000, interval: 1 });
