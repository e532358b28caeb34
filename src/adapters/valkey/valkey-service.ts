/**
 * One Valkey service of one region, as the agent uses it (port `DataService`; ADR 39). It is one that may lose: nothing makes a write wait
 * for the other region. A running server may take writes, a starting one never does: its configuration includes the gate.
 */
import type { FollowingService } from "../../control/failover/data-service.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { fenceServer } from "./fence-server.ts";
import { followPeer } from "./follow-server.ts";
import { lookAtPair } from "./look-at-pair.ts";
import { measureServer } from "./measure-server.ts";
import { promoteServer } from "./promote-server.ts";
import { tendServer } from "./tend-server.ts";
import { valkeyContext } from "./valkey-context.ts";
import type { ValkeyServiceOptions } from "./valkey-options.ts";

export interface ValkeyService extends FollowingService {
  /** Begins nothing more; the server goes on as it is. */
  close(): Promise<void>;
}

const closeLimitMs = 10_000;

/** Touches nothing before the first request. Fails with ConfigInvalid. */
export function valkeyService(options: ValkeyServiceOptions): ValkeyService {
  const context = valkeyContext(options);
  const { name, life } = context;
  /** A fence and a measurement do not wait in it. */
  const row = oneAtATime(name);
  let tending: Promise<void> | null = null;
  return {
    name,
    fence: () => fenceServer(context),
    promote(epoch) {
      // A right to write that came meanwhile goes before a copy of what somebody else wrote.
      life.following?.abort();
      const { fences } = life;
      return row.inTurn(() => promoteServer(context, epoch, fences));
    },
    // Its writes wait for nobody, whatever is asked; what is measured says so.
    setSync: async () => undefined,
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
      await Promise.race([ended, context.clock.sleep(closeLimitMs)]);
    },
  };
}
