/** Valkey passes the suite of data services, on two real servers, as one whose commits wait for nobody. */
import { dataServiceContract } from "../contract/data-service.ts";
import { runningValkeys } from "./valkey-pair.ts";

let id = 1;

dataServiceContract(
  "Valkey",
  async () => {
    const { a, b, close } = await runningValkeys();
    return {
      service: a.service,
      commitsCanWait: false,
      setTenure(epoch) {
        a.tenure = epoch;
      },
      write: () => a.write(id++),
      async setStandby(isThere) {
        if (!isThere) {
          await b.die();
          return;
        }
        await b.service.tend();
        const { isFollowing, peer } = await b.service.look();
        if (!isFollowing && peer?.isWritable === true) await b.service.follow();
      },
      async fall() {
        await a.die();
        await a.service.tend();
      },
      close,
    };
  },
  { timeout: 60_000, interval: 100 },
);
