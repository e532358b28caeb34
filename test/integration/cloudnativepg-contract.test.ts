/** CloudNativePG passes the suite of data services: the adapter against the sandbox's API servers, its fake operator, and two real PostgreSQL servers. */
import { dataServiceContract } from "../contract/data-service.ts";
import { cloudNativePgWorld } from "./cloudnativepg-world.ts";

let id = 1;

dataServiceContract(
  "CloudNativePG",
  async () => {
    const { a, b, close } = await cloudNativePgWorld();
    const fence = (value: string | null): Promise<void> =>
      b.patch({ metadata: { annotations: { "cnpg.io/fencedInstances": value } } });
    return {
      service: a.service,
      setTenure(epoch) {
        a.tenure = epoch;
      },
      write: () => a.write(id++),
      // Nobody looks after the peer's Cluster here: a server that is stopped stays so.
      setStandby: (isThere) => fence(isThere ? null : '["*"]'),
      async fall() {
        await a.fall();
        await a.service.tend();
      },
      close,
    };
  },
  { timeout: 60_000, interval: 100 },
);
