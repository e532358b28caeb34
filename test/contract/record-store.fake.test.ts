/** The fake place of an agent's record passes the suite that the real ones pass. */
import { seededRandom } from "../../src/core/kernel/random.ts";
import { simProcess, worldTime } from "../../src/sim/failover-time.ts";
import { fakeStore } from "../../src/sim/fake-agent-stores.ts";
import { recordStoreContract } from "./record-store.ts";

recordStoreContract("the fake", async () => {
  const time = worldTime();
  const fake = fakeStore({ id: "disk", time, random: seededRandom(3), mostMs: 20 });
  let process = simProcess(time);
  return {
    async restart() {
      process.kill();
      process = simProcess(time);
      return fake.connect(process);
    },
    setFull: async (full) => fake.setFull(full),
    lose: async () => fake.lose(),
    tear: async () => fake.tear(),
    async drive(work) {
      // Whoever asked hears of a failure; it is only kept from being told twice.
      void work.catch(() => undefined);
      await time.run(time.nowMs() + 100);
      return work;
    },
    close: async () => undefined,
  };
});
