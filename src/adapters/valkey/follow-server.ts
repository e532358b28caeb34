/**
 * Makes this region's server follow the peer's. What only it has is kept beside its data first, because following replaces everything
 * that the peer does not have; a server that is connected to its peer would give it up without a word.
 */
import { makeAbort, whenAborted } from "../../control/abort.ts";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isContinuedBy, type ServerInfo } from "./info-text.ts";
import { keepCopy } from "./keep-copy.ts";
import { caughtUp } from "./left-behind.ts";
import { lastPromotion, type Promotion } from "./promotions-list.ts";
import { startGated } from "./start-server.ts";
import { type Ask, readInfo, withServer } from "./valkey-connection.ts";
import { type Context, closeGate, heardNow, here, infoHere } from "./valkey-context.ts";

const lookEveryMs = 100;
/** Copies of this region's own data that are kept. */
const keptMost = 3;

type Side = { readonly info: ServerInfo; readonly last: Promotion | null };

/** Resolves when it follows and has what the peer had when this began. Fails with PromotionRefused, FollowFailed or Cancelled. */
export async function followPeer(context: Context, signal?: Signal): Promise<void> {
  const { life, server } = context;
  const abort = makeAbort();
  signal?.addEventListener("abort", abort.abort, { once: true });
  if (signal?.aborted === true) abort.abort();
  life.following = abort;
  try {
    await refuseTenure(context);
    await life.fencing;
    await life.restarting;
    await server.ready();
    if ((await server.process()) === null) await startGated(context);
    await follow(context, abort.signal);
  } finally {
    life.following = null;
    signal?.removeEventListener("abort", abort.abort);
  }
}

async function follow(context: Context, signal: Signal): Promise<void> {
  const { peer, limits, server } = context;
  const [mine, theirs] = await Promise.all([
    here(context, sideOf),
    withServer(peer, { limitMs: limits.askMs, signal }, sideOf),
  ]);
  if (theirs.info.isReplica) throw refused(context, "the peer's server takes no writes itself");
  if (!mine.info.isReplica) throw refused(context, "it takes writes: fence it first");
  const known = mine.last?.epoch ?? 0;
  const epoch = theirs.last?.epoch ?? 0;
  if (epoch < known) {
    throw failed(context, `the data here know of epoch ${known}, and the peer's of ${epoch}`);
  }
  if (mine.info.keys > 0 && !isContinuedBy(mine.info, theirs.info)) {
    await keepCopy(context, nameOfCopy(context, mine), signal);
  }
  await refuseTenure(context);
  if (signal.aborted) throw new Failure("Cancelled", `${context.name} stopped following`);
  await server.setFollowing(true);
  await here(context, (ask) => attach(context, ask));
  try {
    await untilFollowing(context, theirs.info.offset, signal);
  } catch (thrown) {
    // It would go on trying by itself, also when the peer is another by then. One that does not answer is told when it is tended.
    await here(context, closeGate).catch(() => undefined);
    throw thrown;
  }
  await caughtUp(context);
  await server.forgetKept(keptMost);
}

const sideOf = async (ask: Ask): Promise<Side> => ({
  info: await readInfo(ask),
  last: await lastPromotion(ask),
});

/** What is kept has one name, however often it is kept. What nothing counts is never taken for what was kept before. */
function nameOfCopy({ clock }: Context, { info, last }: Side): string {
  const history = /^[0-9a-f]+$/.exec(info.history)?.[0];
  const content =
    info.offset === null || history === undefined ? null : `${history}-${info.offset}`;
  return `${content ?? clock.nowMs()}-epoch-${last?.epoch ?? 0}.rdb`;
}

async function attach({ peer }: Context, ask: Ask): Promise<void> {
  const password = await peer.readPassword();
  await ask("CONFIG", "SET", "masteruser", peer.user === "default" ? "" : peer.user);
  await ask("CONFIG", "SET", "masterauth", password);
  await ask("CONFIG", "SET", "tls-replication", peer.tls === "off" ? "no" : "yes").catch(
    (thrown: unknown) => {
      // A server that was built without TLS does not know the setting.
      if (peer.tls !== "off") throw thrown;
    },
  );
  await ask("REPLICAOF", peer.host, String(peer.port));
}

async function untilFollowing(
  context: Context,
  offset: number | null,
  signal: Signal,
): Promise<void> {
  const { clock, limits } = context;
  const beganMs = clock.monotonicMs();
  let movedMs = beganMs;
  let before = "";
  for (;;) {
    if (signal.aborted) throw new Failure("Cancelled", `${context.name} stopped following`);
    // A server that reads what it was given answers late, or says that it is loading.
    const info = await infoHere(context).catch(() => null);
    const nowMs = clock.monotonicMs();
    if (info?.isLinked === true && (info.offset ?? 0) >= (offset ?? 0)) {
      heardNow(context, info);
      return;
    }
    const seen = JSON.stringify([info?.isLinked, info?.isFilling, info?.offset, info?.isLoading]);
    if (seen !== before || info?.isFilling === true || info?.isLoading === true) movedMs = nowMs;
    before = seen;
    if (nowMs - movedMs > limits.streamMs || nowMs - beganMs > limits.copyMs) {
      throw failed(context, "its peer does not fill it: read its log");
    }
    await Promise.race([clock.sleep(lookEveryMs), whenAborted(signal)]);
  }
}

async function refuseTenure(context: Context): Promise<void> {
  if (await context.hasTenure()) throw refused(context, "a tenure is live here");
}

function refused({ name, region }: Context, because: string): Failure {
  return new Failure("PromotionRefused", `${name} does not follow: ${because}`, { where: region });
}

function failed({ name, region }: Context, because: string): Failure {
  return new Failure("FollowFailed", `${name} does not follow: ${because}`, { where: region });
}
