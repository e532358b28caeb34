/**
 * One plain PostgreSQL service of one region, as the agent uses it (port `DataService`; ADR 32). The gate: a running server may take
 * writes, a starting one never does; `standby.signal` lies in its data from before its first start, and again at once after a promotion.
 */
import type { FollowingService } from "../../control/failover/data-service.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { fenceServer } from "./fence-server.ts";
import { followPeer } from "./follow-server.ts";
import { logCeiling, tendCeiling } from "./keep-ceiling.ts";
import { lookAtPair } from "./look-at-pair.ts";
import { measureServer } from "./measure-server.ts";
import { postgresContext } from "./postgres-context.ts";
import type { PostgresServiceOptions } from "./postgres-options.ts";
import { promoteServer } from "./promote-server.ts";
import { setSyncOf } from "./set-sync.ts";
import { tendServer } from "./tend-server.ts";

export interface PostgresService extends FollowingService {
  /** Begins nothing more, and ends a copy that is being made; the server goes on as it is. */
  close(): Promise<void>;
}

const closeLimitMs = 10_000;

/** Touches nothing before the first request. Fails with ConfigInvalid. */
export function postgresService(options: PostgresServiceOptions): PostgresService {
  const context = postgresContext(options);
  const { name, life } = context;
  /** A fence and a measurement do not wait in it. */
  const row = oneAtATime(name);
  let tending: Promise<void> | null = null;
  const grant = (): void => {
    // Whoever tends the server tries again, and tells of it.
    void row.inTurn(() => tendCeiling(context)).catch(() => undefined);
  };
  return {
    name,
    ...(context.ceiling === undefined ? {} : { ceiling: logCeiling(context, grant) }),
    fence: () => fenceServer(context),
    promote(epoch) {
      // A right to write that came meanwhile goes before a copy of what somebody else wrote.
      life.following?.abort();
      const { fences } = life;
      return row.inTurn(() => promoteServer(context, epoch, fences));
    },
    setSync(sync) {
      life.syncAsked += 1;
      const turn = life.syncAsked;
      return row.inTurn(() => setSyncOf(context, sync, turn));
    },
    measure: (signal) => measureServer(context, signal),
    follow: (signal) => row.inTurn(() => followPeer(context, signal)),
    look: (signal) => lookAtPair(context, signal),
    tend() {
      tending ??= row
        .inTurn(() => tendServer(context))
        .finally(() => {
          tending = null;
        });
      return tending;
    },
    async close() {
      const ended = Promise.all([row.close(), life.restarting]);
      life.following?.abort();
      // A rewind goes on to its end by itself, and nobody waits for that.
      await Promise.race([ended, context.clock.sleep(closeLimitMs)]);
    },
  };
}
