/** One look at both servers of a pair, for deciding whether this one may follow, and for what has to be told before it is needed. */
import type { Signal } from "../../control/env.ts";
import type { CopyReading } from "../../control/failover/data-service.ts";
import type { Context } from "./postgres-context.ts";
import { withSql } from "./postgres-sql.ts";
import { pairReasons } from "./readiness.ts";
import { lastPromotion, readServerRow, type ServerRow } from "./server-row.ts";

/** Never fails for a server that does not answer; remembers what the one here says. */
export async function lookAtPair(context: Context, signal?: Signal): Promise<CopyReading> {
  const { local, peer, limits, life, server } = context;
  const row = (which: "local" | "peer"): Promise<ServerRow | null> => {
    const [address, other] = which === "local" ? [local, peer] : [peer, local];
    return withSql(address, { limitMs: limits.askMs, signal }, (ask) =>
      readServerRow(ask, other.user),
    ).catch(() => null);
  };
  const [here, there] = await Promise.all([row("local"), row("peer")]);
  const epochHere = here === null ? null : (lastPromotion(here)?.epoch ?? null);
  if (epochHere !== null) await server.memory.sawEpoch(epochHere);
  if (here !== null && there !== null) life.peerSays = pairReasons(here, there);
  return {
    isFollowing: here?.receiving === true,
    epochHere,
    peer:
      there === null
        ? null
        : { isWritable: !there.recovering, epoch: lastPromotion(there)?.epoch ?? 0 },
  };
}
