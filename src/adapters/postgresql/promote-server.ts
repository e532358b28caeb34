/** Promotion of one server: refused for an older epoch and without a live tenure, proven by a write, never undone (DESIGN §7.6). */
import { Failure } from "../../core/kernel/failure.ts";
import { fenceServer } from "./fence-server.ts";
import {
  closeGate,
  forgetUnproven,
  isGateClosed,
  markPromoting,
  markUnproven,
  unmarkPromoting,
} from "./gate.ts";
import { forgetAllowed } from "./keep-ceiling.ts";
import { isInForce, readRow, readUpstream, reload, startGated, writeOwn } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { withSql } from "./postgres-sql.ts";
import { writePromotion } from "./promotions.ts";
import { serverProcesses } from "./server-processes.ts";
import { lastPromotion, type ServerRow } from "./server-row.ts";
import { type Sync, syncNamed } from "./settings-file.ts";

const lookEveryMs = 5;

/**
 * Resolves when the server was seen to take a write at this epoch. `fences`: how many fences there had been when this was asked; one
 * since then ends it. Fails with PromotionRefused, or as the world failed.
 */
export async function promoteServer(
  context: Context,
  epoch: number,
  fences: number,
): Promise<void> {
  const { life, server, clock } = context;
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw refused(context, "an epoch counts from 1");
  await life.fencing;
  const mayGoOn = async (): Promise<void> => {
    const isHeld = await context.holdsTenure(epoch);
    if (life.fences !== fences) throw refused(context, "it was fenced meanwhile");
    if (!isHeld) throw refused(context, `the watchdog holds no live tenure of epoch ${epoch}`);
  };
  await mayGoOn();
  const row = await runningRow(context);
  const last = lastPromotion(row);
  if (last !== null && last.epoch > epoch) {
    throw refused(context, `the database was promoted at epoch ${last.epoch} already`);
  }
  if (row.recovering) {
    forgetAllowed(context, epoch);
    // A tenure begins with commits that wait; what is asked later counts.
    await writeOwn(context, { sync: "required", upstream: await readUpstream(context) });
    await reload(context, { sync: "required", follows: row.follows });
    const endMs = clock.monotonicMs() + context.limits.promoteMs;
    while (!isInForce(context, await readRow(context))) {
      if (clock.monotonicMs() > endMs) throw late(context);
      await clock.sleep(lookEveryMs * 20);
    }
  }
  let isOrdered = false;
  try {
    if (row.recovering) {
      await order(context, mayGoOn, () => {
        isOrdered = true;
      });
      await untilWritable(context);
    }
    await closeGate(server.dataFolder);
    await mayGoOn();
    await prove(context, row, epoch);
    await mayGoOn();
  } catch (thrown) {
    // What may have become writable without being proven is made certain.
    if (isOrdered) await fenceAgain(context, epoch);
    throw thrown;
  }
  await forgetUnproven(server.dataFolder);
  await unmarkPromoting(server.dataFolder);
  if (life.fences !== fences) throw refused(context, "it was fenced meanwhile");
  life.servedEpoch = epoch;
  life.lastFacts = null;
  // What is kept beside the data is seen to later: no full disk makes a promotion fail that is done.
  life.isKept = false;
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

/** The row of the server, started behind its gate where it does not run. */
async function runningRow(context: Context): Promise<ServerRow> {
  const { server, life } = context;
  await life.restarting;
  if (!(await server.hasData())) throw refused(context, "there are no data");
  if (await server.copies.isTorn()) throw refused(context, "a rewind did not come to its end");
  if (!(await server.isRunning())) await startGated(context);
  return readRow(context);
}

/**
 * Orders the promotion, on a connection that was open before the last look at the tenure: a fence from then on, also one of another
 * process, ends this very server, because it is marked.
 */
async function order(
  context: Context,
  mayGoOn: () => Promise<void>,
  ordered: () => void,
): Promise<void> {
  const { server, local, limits } = context;
  const { postmaster } = await serverProcesses(server.dataFolder);
  if (postmaster === null) throw gone(context);
  // What comes of it is known only once it is proven.
  await markUnproven(server.dataFolder);
  await markPromoting(server.dataFolder, postmaster);
  await withSql(local, { limitMs: limits.askMs }, async (ask) => {
    const now = (await serverProcesses(server.dataFolder)).postmaster;
    if (now?.pid !== postmaster.pid || now.startTicks !== postmaster.startTicks)
      throw gone(context);
    await mayGoOn();
    ordered();
    await ask("SELECT pg_promote(false)");
  });
}

/** The server opens the gate when it leaves recovery, before its first write; it is closed again at once, for the next start. */
async function untilWritable(context: Context): Promise<void> {
  const { server, limits, clock } = context;
  const endMs = clock.monotonicMs() + limits.promoteMs;
  while (await isGateClosed(server.dataFolder)) {
    if (clock.monotonicMs() > endMs) throw late(context);
    await clock.sleep(lookEveryMs);
  }
  await closeGate(server.dataFolder);
  while ((await readRow(context)).recovering) {
    if (clock.monotonicMs() > endMs) throw late(context);
    await clock.sleep(lookEveryMs);
  }
}

/** A real write; from now on it follows nobody. */
async function prove(context: Context, row: ServerRow, epoch: number): Promise<void> {
  const { local, limits, region } = context;
  const isWritten = await withSql(local, { limitMs: limits.askMs }, (ask) =>
    writePromotion(ask, { epoch, region }, row.recovering),
  );
  if (!isWritten) throw refused(context, "a higher epoch came in between");
  if (!row.follows) return;
  const { sync } = await ownSync(context);
  await writeOwn(context, { sync, upstream: null });
  await reload(context, { sync, follows: false });
}

/** What commits do by now. */
async function ownSync(context: Context): Promise<{ readonly sync: Sync }> {
  const { syncNames } = await readRow(context);
  return { sync: syncNamed(context.peerRegion, syncNames) ?? "required" };
}

function late({ name, limits }: Context): Failure {
  return new Failure("TimedOut", `${name} was not promoted within ${limits.promoteMs} ms`);
}

function gone({ name }: Context): Failure {
  return new Failure("DataServiceUnreachable", `${name}: the server ended meanwhile`);
}

function refused({ name, region }: Context, because: string): Failure {
  return new Failure("PromotionRefused", `${name} is not promoted: ${because}`, { where: region });
}
