/** What the agents of the model are told of their data and of public resolvers. */
import type { DataFacts, Evidence } from "../../core/failover/facts.ts";
import type { Region } from "./world.ts";

/** The one service of the group. Its standby confirms every commit, unless `standbyLost` happened. */
export const service = "db";

export function measured(region: Region): DataFacts {
  const isWritable = region.hasData;
  return {
    atMs: region.nowMs,
    services: [
      {
        name: service,
        role: isWritable ? "writable" : "standby",
        sync: isWritable ? "in_sync" : null,
        standbyReady: isWritable ? true : null,
        position: 0,
        timeline: 1,
        ready: true,
      },
    ],
    notReady: [],
  };
}

/** Resolvers reach this region and show nothing of the other: the veto never delays, which is the dangerous side. */
export function evidence(region: Region): Evidence {
  return { atMs: region.nowMs, peerActiveEpoch: null, selfVisible: true };
}
