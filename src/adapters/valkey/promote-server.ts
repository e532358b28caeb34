/** Promotion of one server: refused for an older epoch and without a live tenure, proven by a write, never undone (DESIGN §7.6). */
import { Failure } from "../../core/kernel/failure.ts";
import { fenceServer } from "./fence-server.ts";
import { caughtUp } from "./left-behind.ts";
import { lastPromotion, type Promotion, writePromotion } from "./promotions-list.ts";
import { markServing, unmarkServing } from "./serving-mark.ts";
import { startGated } from "./start-server.ts";
import { refusesWrites } from "./stop-writing.ts";
import { readInfo } from "./valkey-connection.ts";
import { type Context, here } from "./valkey-context.ts";

/**
 * Resolves when the server was seen to take a write at this epoch. `fences`: how many fences there had been when this was asked; one
 * since then ends it. Fails with PromotionRefused, or as the world failed.
 */
export async function promoteServer(
  context: Context,
  epoch: number,
  fences: number,
): Promise<void> {
  const { life, server } = context;
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw refused(context, "an epoch counts from 1");
  await life.fencing;
  const mayGoOn = async (): Promise<void> => {
    const isHeld = await context.holdsTenure(epoch);
    if (life.fences !== fences) throw refused(context, "it was fenced meanwhile");
    if (!isHeld) throw refused(context, `the watchdog holds no live tenure of epoch ${epoch}`);
  };
  await mayGoOn();
  await life.restarting;
  await server.ready();
  if ((await server.process()) === null) await startGated(context);
  const last = await lastHere(context);
  if (last !== null && last.epoch > epoch) {
    throw refused(context, `the data were promoted at epoch ${last.epoch} already`);
  }
  let isOrdered = false;
  try {
    const wasReplica = await order(context, mayGoOn, () => {
      isOrdered = true;
    });
    await mayGoOn();
    await prove(context, { epoch, last, isNew: wasReplica });
    await mayGoOn();
  } catch (thrown) {
    // What may have become writable without being proven is made certain.
    if (isOrdered) await fenceAgain(context, epoch);
    else await takeMarkBack(context);
    throw thrown;
  }
  await server.setFollowing(false);
  if (life.fences !== fences) throw refused(context, "it was fenced meanwhile");
  life.servedEpoch = epoch;
  await caughtUp(context);
}

/** A fence of this promotion's own takes no tenure away: what served at this epoch before is tended on, and promoted again. */
async function fenceAgain(context: Context, epoch: number): Promise<void> {
  const { life } = context;
  const { fences, servedEpoch } = life;
  try {
    await fenceServer(context);
  } finally {
    if (servedEpoch === epoch && life.fences === fences + 1) life.servedEpoch = epoch;
  }
}

const lastHere = (context: Context): Promise<Promotion | null> => here(context, lastPromotion);

/**
 * Orders the promotion, on a connection that was open before the last look at the tenure: a fence from then on, also one of another
 * process, ends this very server, because it is marked. Whether it was a replica before.
 */
async function order(
  context: Context,
  mayGoOn: () => Promise<void>,
  ordered: () => void,
): Promise<boolean> {
  const { server, life, place } = context;
  const process = await server.process();
  if (process === null) throw gone(context);
  await markServing(place.stateFolder, process);
  return here(context, async (ask) => {
    const { pid, isReplica, isReadOnly } = await readInfo(ask);
    if (pid !== process.pid) throw gone(context);
    if (isReplica && !isReadOnly) await ask("CONFIG", "SET", "replica-read-only", "yes");
    await mayGoOn();
    if (!isReplica) return false;
    ordered();
    life.order = "sent";
    await ask("REPLICAOF", "NO", "ONE");
    life.order = "none";
    return true;
  }).catch((thrown: unknown) => {
    // It may lie in the server's hands yet.
    if (life.order === "sent") life.order = "lost";
    throw thrown;
  });
}

/** Nothing was ordered: a server that refuses writes goes on refusing them. */
async function takeMarkBack({ server, place, limits }: Context): Promise<void> {
  const process = await server.process();
  if (process !== null && (await refusesWrites(place.address, process.pid, limits.askMs))) {
    await unmarkServing(place.stateFolder);
  }
}

/** A real write. */
function prove(
  context: Context,
  { epoch, last, isNew }: { epoch: number; last: Promotion | null; isNew: boolean },
): Promise<Promotion> {
  const { region } = context;
  return here(context, async (ask) => {
    const { isReplica } = await readInfo(ask);
    if (isReplica) throw refused(context, "somebody made it a replica again");
    // Else a standby hears nothing for ten seconds where nobody writes, and can not tell that from a link that was cut.
    await ask("CONFIG", "SET", "repl-ping-replica-period", "1");
    return writePromotion(ask, { epoch, region }, { last, isNew });
  });
}

function gone({ name }: Context): Failure {
  return new Failure("DataServiceUnreachable", `${name}: the server ended meanwhile`);
}

function refused({ name, region }: Context, because: string): Failure {
  return new Failure("PromotionRefused", `${name} is not promoted: ${because}`, { where: region });
}
