/**
 * What the peer's Cluster said of its end. With it a promotion is known to lose nothing, and the peer's Cluster may follow without being made anew; a
 * peer that does not answer, or was not demoted, has no word, and nobody waits long for one.
 */
import { positionOf, timelineOf } from "../postgresql/server-row.ts";
import { readCluster } from "./cluster-access.ts";
import { type Context, rowHere } from "./cluster-context.ts";
import { fits, readToken } from "./promotion-token.ts";

const lookEveryMs = 200;
/** A peer that was fenced is made to follow at once by its agent; without an agent nobody does that. */
const agentMs = 4_000;

/** Null where there is none that this copy may be promoted with. */
export async function peerToken(context: Context): Promise<string | null> {
  const { peerCluster, clock, limits } = context;
  const { api } = peerCluster;
  if (api === null) return null;
  const beganMs = clock.monotonicMs();
  for (;;) {
    const peer = await readCluster({ ...peerCluster, api }, limits.askMs).catch(() => null);
    if (peer === null) return null;
    // A Cluster that takes writes by its specification has not ended, or was never told to.
    if (peer.isReplica && !peer.isSwitching && peer.demotionToken !== null) {
      return (await mayBeUsed(context, peer.demotionToken)) ? peer.demotionToken : null;
    }
    const mayComeMs = peer.isReplica && peer.isSwitching ? limits.tokenMs : agentMs;
    const isComing = peer.isSwitching || peer.isFenced;
    if (!isComing || clock.monotonicMs() - beganMs > mayComeMs) return null;
    await clock.sleep(lookEveryMs);
  }
}

async function mayBeUsed(context: Context, text: string): Promise<boolean> {
  const token = readToken(text);
  const row = await rowHere(context).catch(() => null);
  if (token === null || row === null) return false;
  return fits(token, {
    systemId: row.systemId,
    timeline: timelineOf(row),
    position: positionOf(row),
  });
}
