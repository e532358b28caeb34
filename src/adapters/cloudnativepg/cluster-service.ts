/**
 * One CloudNativePG service of one region, as the agent uses it (port `DataService`; ADR 44): a Cluster of a distributed topology whose role, commits and
 * fence are fields of its specification, and whose data answer for themselves over SQL. FerretDB is such a service with a Deployment above it.
 */
import type { FollowingService } from "../../control/failover/data-service.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { clusterContext } from "./cluster-context.ts";
import type { ClusterServiceOptions } from "./cluster-options.ts";
import { fenceCluster } from "./fence-cluster.ts";
import { followPeer } from "./follow-cluster.ts";
import { lookAtPair } from "./look-at-pair.ts";
import { measureCluster } from "./measure-cluster.ts";
import { promoteCluster } from "./promote-cluster.ts";
import { setSyncOf } from "./set-sync.ts";
import { tendCluster } from "./tend-cluster.ts";

export interface ClusterService extends FollowingService {
  /** Begins nothing more; the Cluster goes on as it is. */
  close(): Promise<void>;
}

const closeLimitMs = 10_000;

/** Touches nothing before the first request. Fails with ConfigInvalid. */
export function clusterService(options: ClusterServiceOptions): ClusterService {
  const context = clusterContext(options);
  const { name, life } = context;
  /** A fence and a measurement do not wait in it. */
  const row = oneAtATime(name);
  let tending: Promise<void> | null = null;
  return {
    name,
    fence: () => fenceCluster(context),
    promote(epoch) {
      life.following?.abort();
      const { fences } = life;
      return row.inTurn(() => promoteCluster(context, epoch, fences));
    },
    setSync(sync) {
      life.syncAsked += 1;
      const turn = life.syncAsked;
      return row.inTurn(() => setSyncOf(context, sync, turn));
    },
    measure: (signal) => measureCluster(context, signal),
    follow: (signal) => row.inTurn(() => followPeer(context, signal)),
    look: (signal) => lookAtPair(context, signal),
    tend() {
      tending ??= row
        .inTurn(() => tendCluster(context))
        .finally(() => {
          tending = null;
        });
      return tending;
    },
    async close() {
      life.following?.abort();
      const ended = Promise.all([row.close(), life.demoting]);
      await Promise.race([ended, context.clock.sleep(closeLimitMs)]);
    },
  };
}
