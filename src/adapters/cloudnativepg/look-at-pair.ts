/** One look at both servers of a pair, for deciding whether this one may follow, and for what has to be told before it is needed. */
import type { Signal } from "../../control/env.ts";
import type { CopyReading } from "../../control/failover/data-service.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { pairReasons } from "../postgresql/readiness.ts";
import { lastPromotion, readServerRow, type ServerRow } from "../postgresql/server-row.ts";
import type { Context } from "./cluster-context.ts";

/** Never fails for a server that does not answer; remembers what the pair says. */
export async function lookAtPair(context: Context, signal?: Signal): Promise<CopyReading> {
  const { local, peer, limits, life } = context;
  const row = (which: "local" | "peer"): Promise<ServerRow | null> => {
    const [address, other] = which === "local" ? [local, peer] : [peer, local];
    return withSql(address, { limitMs: limits.askMs, signal }, (ask) =>
      readServerRow(ask, other.user),
    ).catch(() => null);
  };
  const [here, there] = await Promise.all([row("local"), row("peer")]);
  if (here !== null && there !== null) life.peerSays = pairReasons(here, there);
  return {
    isFollowing: here?.receiving === true,
    epochHere: here === null ? null : (lastPromotion(here)?.epoch ?? null),
    peer:
      there === null
        ? null
        : { isWritable: !there.recovering, epoch: lastPromotion(there)?.epoch ?? 0 },
  };
}
