/** HTTPS, the relay on heartbeats, and both together carry what agents say as the port promises. */
import { severalLinks } from "../../src/adapters/agent/several-links.ts";
import { peerLinkContract } from "./peer-link.ts";
import { httpsWorld, relayWorld } from "./peer-link-world.ts";

peerLinkContract("HTTPS", httpsWorld);

peerLinkContract("the relay on heartbeats", relayWorld);

peerLinkContract("HTTPS and the relay together", async () => {
  const worlds = [await httpsWorld(), await relayWorld()] as const;
  const [first, second] = worlds;
  return {
    ends: [
      severalLinks([first.ends[0], second.ends[0]]),
      severalLinks([first.ends[1], second.ends[1]]),
    ],
    async setCut(cut) {
      await Promise.all(worlds.map((world) => world.setCut(cut)));
    },
    until: first.until,
    settle: first.settle,
    async close() {
      await Promise.all(worlds.map((world) => world.close()));
    },
  };
});
