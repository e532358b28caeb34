/** One look at both servers of a pair, for deciding whether this one may follow. */
import type { Signal } from "../../control/env.ts";
import type { CopyReading } from "../../control/failover/data-service.ts";
import type { ServerInfo } from "./info-text.ts";
import { caughtUp, leftBehind } from "./left-behind.ts";
import { lastPromotion, type Promotion } from "./promotions-list.ts";
import { readInfo, withServer } from "./valkey-connection.ts";
import { type Context, heardNow, isFollowerOf } from "./valkey-context.ts";
import type { ValkeyAddress } from "./valkey-options.ts";

type Seen = { readonly info: ServerInfo; readonly last: Promotion | null };

/** Never fails for a server that does not answer. */
export async function lookAtPair(context: Context, signal?: Signal): Promise<CopyReading> {
  const { local, peer, limits } = context;
  const see = (address: ValkeyAddress): Promise<Seen | null> =>
    withServer(address, { limitMs: limits.askMs, signal }, async (ask) => ({
      info: await readInfo(ask),
      last: await lastPromotion(ask),
    })).catch(() => null);
  const [mine, theirs] = await Promise.all([see(local), see(peer)]);
  const isFollowing =
    mine !== null && isFollowerOf(mine.info, peer) && (mine.info.isLinked || mine.info.isFilling);
  if (mine !== null) heardNow(context, mine.info);
  const [here, there] = [mine?.last?.epoch ?? null, theirs?.last?.epoch ?? 0];
  const isPeerWriting = theirs?.info.isReplica === false;
  // Until it is filled it has what it had before.
  if (isFollowing && mine.info.isLinked) await caughtUp(context).catch(() => undefined);
  else if (isPeerWriting && there > (here ?? 0)) await leftBehind(context);
  return {
    isFollowing,
    epochHere: here,
    peer: theirs === null ? null : { isWritable: isPeerWriting, epoch: there },
  };
}
