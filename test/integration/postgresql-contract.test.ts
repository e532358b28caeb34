/** Plain PostgreSQL passes the suite of data services, on two real servers. */
import { dataServiceContract } from "../contract/data-service.ts";
import { runningPair } from "./postgresql-pair.ts";

let id = 1;

dataServiceContract(
  "plain PostgreSQL",
  async () => {
    const { a, b, close } = await runningPair();
    return {
      service: a.service,
      setTenure(epoch) {
        a.tenure = epoch;
      },
      write: (limitMs) => a.write(id++, limitMs),
      setStandby: (isThere) => (isThere ? b.service.tend() : b.die()),
      async fall() {
        await a.die();
        await a.service.tend();
      },
      close,
    };
  },
  { timeout: 60_000, interval: 100 },
);
