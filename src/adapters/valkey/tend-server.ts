/** Looks after a server between two decisions of the agent: it runs, it takes writes by the agent's word alone, and lets go of a peer that is gone. */
import { fenceServer } from "./fence-server.ts";
import type { ServerInfo } from "./info-text.ts";
import { promoteServer } from "./promote-server.ts";
import { lastPromotion, writePromotion } from "./promotions-list.ts";
import { startGated } from "./start-server.ts";
import { untilLetGo } from "./until-let-go.ts";
import {
  type Context,
  closeGate,
  heardNow,
  here,
  infoHere,
  isFollowerOf,
} from "./valkey-context.ts";

/** Fails as starting and promoting do; asked again it tries again. */
export async function tendServer(context: Context): Promise<void> {
  const { server, life } = context;
  if (life.fencing !== null) return;
  await life.restarting;
  await server.ready();
  const isNew = (await server.process()) === null;
  if (isNew) await startGated(context);
  const info = await infoHere(context);
  if (info.isLoading || life.fencing !== null) return;
  if (!info.isReplica) await tendWriter(context);
  else if (life.servedEpoch !== null) await serveAgain(context, life.servedEpoch);
  else await tendReplica(context, info);
}

/** It fell, or somebody took its right away: what was fenced in this process's time is only promoted when the agent says so. */
async function serveAgain(context: Context, epoch: number): Promise<void> {
  const { life } = context;
  if (!(await context.holdsTenure(epoch))) return;
  const { fences } = life;
  // It may have come up without its newest data, and nothing in them says so: a standby that has more lets go first, and keeps it.
  await untilLetGo(context, epoch);
  if (life.servedEpoch === epoch) await promoteServer(context, epoch, fences);
}

async function tendWriter(context: Context): Promise<void> {
  const { life, region } = context;
  const epoch = life.servedEpoch;
  if (epoch === null) {
    // Somebody promoted it by hand. With a tenure the agent is about to do so itself.
    if (!(await context.hasTenure()) && life.servedEpoch === null) await fenceServer(context);
    return;
  }
  await here(context, async (ask) => {
    const last = await lastPromotion(ask);
    // Somebody emptied the data; the epoch stays known.
    if (last === null) await writePromotion(ask, { epoch, region }, { last, isNew: true });
  });
}

async function tendReplica(context: Context, info: ServerInfo): Promise<void> {
  heardNow(context, info);
  const isFollowing = isFollowerOf(info, context.peer) && (info.isLinked || info.isFilling);
  if (isFollowing && info.isReadOnly) return;
  // By itself it would take over whatever the peer comes back with, and give up what it has.
  const isLost = info.follows?.port !== 0 && !info.isLinked && !info.isFilling;
  if (isLost || !info.isReadOnly) await here(context, closeGate);
}
