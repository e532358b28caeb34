/** The fake way between two agents passes the suite that the real ones pass. */
import { seededRandom } from "../../src/core/kernel/random.ts";
import { simProcess, worldTime } from "../../src/sim/failover-time.ts";
import { fakePeerLinks, openPeerWay } from "../../src/sim/fake-peer-link.ts";
import { peerLinkContract } from "./peer-link.ts";

peerLinkContract("the fake", async () => {
  const time = worldTime();
  const ways = [openPeerWay(), openPeerWay()] as const;
  const [here, there] = fakePeerLinks(time, seededRandom(5), [...ways]);
  const settle = (): Promise<void> => time.run(time.nowMs() + 100);
  return {
    ends: [here.connect(simProcess(time)), there.connect(simProcess(time))],
    async setCut(cut) {
      for (const way of ways) way.isCut = cut;
    },
    async until(condition) {
      for (let tries = 0; tries < 100 && !condition(); tries++) await settle();
      return condition();
    },
    settle,
    close: async () => undefined,
  };
});
