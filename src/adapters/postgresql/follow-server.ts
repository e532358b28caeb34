/** This region's copy follows the peer's: begins, is rewound, or is copied anew; what it replaces stays until the copy streams. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { makeAbort } from "../../control/abort.ts";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type FollowPlan, planFollow } from "./follow-plan.ts";
import { isUnproven } from "./gate.ts";
import { forgetAllowed } from "./keep-ceiling.ts";
import { parseLsn, segmentOf } from "./lsn.ts";
import { readRow, reload, startGated, writeOwn } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { withSql } from "./postgres-sql.ts";
import { kinshipOf } from "./promotions.ts";
import {
  lastPromotion,
  positionOf,
  readServerRow,
  type ServerRow,
  timelineOf,
} from "./server-row.ts";

type Peer = {
  readonly row: ServerRow;
  readonly history: string;
  readonly sizeBytes: number;
};

/** Does nothing to a copy that streams. What was interrupted goes on. Fails with PromotionRefused, FollowFailed, or as the world failed. */
export async function followPeer(context: Context, signal?: Signal): Promise<void> {
  const { life } = context;
  const ended = makeAbort();
  if (signal?.aborted === true) ended.abort();
  signal?.addEventListener("abort", ended.abort, { once: true });
  life.following = ended;
  try {
    await follow(context, ended.signal);
  } finally {
    life.following = null;
    signal?.removeEventListener("abort", ended.abort);
  }
}

async function follow(context: Context, signal: Signal): Promise<void> {
  const { server, life } = context;
  const { copies, memory } = server;
  await server.endLeftTools();
  await life.fencing;
  await life.restarting;
  await refuseTenure(context);
  const isWhole = await copies.isCopied();
  const isUsable = !isWhole && (await server.hasData()) && !(await copies.isTorn());
  const here = isUsable ? await rowHere(context) : null;
  const isDone = here?.receiving === true && !(await memory.isBehind());
  if (isDone && !(await copies.hasOld())) return;
  // What comes is the log of somebody else.
  forgetAllowed(context, null);
  const there = await readPeer(context, signal);
  if (there.row.recovering) {
    throw failed(context, "the peer does not take writes itself");
  }
  if (here === null) await refuseWorth(context, there.row, isUsable);
  if (here?.receiving === true && (await streams(context, there, signal))) return;
  if (isWhole) return replace(context, there, signal);
  const plan: FollowPlan =
    here === null
      ? { kind: "copy", because: "there are no data here that could be used" }
      : await planOf(context, here, there);
  if (plan.kind === "refuse") throw failed(context, plan.because);
  if (plan.kind === "begin" && (await begin(context, there, signal))) return;
  // What has gone another way than the peer is nothing that anybody should promote, until it follows; what only stopped is still whole.
  if (here !== null && plan.kind !== "begin") await memory.setBehind(true);
  if (plan.kind === "rewind" && (await rewind(context, there, signal))) return;
  await copy(context, there, signal);
}

/** Null where the server does not come up with the data that are here. Fails with PromotionRefused where it takes writes. */
async function rowHere(context: Context): Promise<ServerRow | null> {
  let row: ServerRow;
  try {
    await startGated(context);
    row = await readRow(context);
  } catch (thrown) {
    const { code } = Failure.from(thrown, context.name);
    // Who runs and does not answer now may do so later; nothing is replaced for that.
    if (code === "ProcessFailed" && !(await context.server.isRunning())) return null;
    throw thrown;
  }
  if (row.recovering) return row;
  throw new Failure("PromotionRefused", `${context.name} takes writes here; fence it first`);
}

const historyShape = z.tuple([
  z.object({ history: z.string().nullable(), size: z.coerce.number() }),
]);

async function readPeer({ peer, local, limits }: Context, signal: Signal): Promise<Peer> {
  return withSql(peer, { limitMs: limits.askMs * 2, signal }, async (ask) => {
    const row = await readServerRow(ask, local.user);
    const timeline = timelineOf(row) ?? 1;
    const name = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
    const [{ history, size }] = historyShape.parse(
      await ask(
        "SELECT pg_read_file($1, 0, 1000000, true) AS history, (SELECT sum(pg_database_size(oid)) FROM pg_database) AS size",
        [name],
      ),
    );
    return { row, history: history ?? "", sizeBytes: size };
  });
}

async function planOf(context: Context, here: ServerRow, there: Peer): Promise<FollowPlan> {
  if (here.systemId !== there.row.systemId) {
    const because = "the peer is another database: the system identifiers differ";
    return { kind: "refuse", because };
  }
  const control = await context.server.controlData();
  return planFollow({
    kinship: kinshipOf(here.promotions, there.row.promotions),
    here: {
      timeline: timelineOf(here),
      position: positionOf(here),
      isRewindable: control?.isRewindable ?? false,
      isUnproven: await isUnproven(context.server.dataFolder),
    },
    there: {
      timeline: timelineOf(there.row) ?? 1,
      position: positionOf(there.row) ?? 0,
      history: there.history,
    },
  });
}

/** Data that do not come up may still be worth something; `isUnexplained`: nobody knows why they do not. */
async function refuseWorth(
  context: Context,
  there: ServerRow,
  isUnexplained: boolean,
): Promise<void> {
  const { server } = context;
  if (!(await server.hasData())) return;
  const control = await server.controlData();
  if (control !== null && control.systemId !== there.systemId) {
    throw failed(context, "the peer is another database: the system identifiers differ");
  }
  const known = await server.memory.readEpoch();
  const epoch = lastPromotion(there)?.epoch ?? 0;
  if (known !== null && epoch < known) {
    throw failed(context, `the data here know of epoch ${known}, and the peer's of ${epoch}`);
  }
  if (known === null && isUnexplained) {
    throw failed(context, "the data here do not come up, and nobody knows what they are worth");
  }
}

/** Whether it streams. */
async function begin(context: Context, there: Peer, signal: Signal): Promise<boolean> {
  await writeOwn(context, { sync: "required", upstream: await context.upstream("standby") });
  // It may have followed before, by another way.
  const { local, limits } = context;
  await withSql(local, { limitMs: limits.askMs }, (ask) => ask("SELECT pg_reload_conf()"));
  await reload(context, { sync: "required", follows: true });
  return streams(context, there, signal);
}

/** Whether it streams; from here on the data are of no moment until that. */
async function rewind(context: Context, there: Peer, signal: Signal): Promise<boolean> {
  const { server, life, peer, limits } = context;
  life.isReplacing = true;
  try {
    await server.stop();
    await refuseTenure(context);
    refuseEnded(context, signal);
    // pg_rewind reads the timeline from the peer's control file, which is of before the promotion until a checkpoint.
    await withSql(peer, { limitMs: limits.rewindMs, signal }, (ask) => ask("CHECKPOINT"));
    const upstream = await context.upstream("copy");
    try {
      // Half a rewind is worth nothing: it is not ended for anybody.
      await server.copies.rewind(upstream);
    } catch (thrown) {
      // What can not be rewound is copied.
      if (Failure.from(thrown, "pg_rewind").code === "ProcessFailed") return false;
      throw thrown;
    }
    return await startFollowing(context, there, signal);
  } finally {
    life.isReplacing = false;
  }
}

async function copy(context: Context, there: Peer, signal: Signal): Promise<void> {
  await refuseFullDisk(context, there.sizeBytes);
  await context.server.copies.copy(await context.upstream("copy"), signal);
  await replace(context, there, signal);
}

/** A whole copy takes the place of the data, and those go once it streams. */
async function replace(context: Context, there: Peer, signal: Signal): Promise<void> {
  const { server, life } = context;
  await refuseTenure(context);
  refuseEnded(context, signal);
  life.isReplacing = true;
  try {
    await server.stop();
    await server.memory.setBehind(true);
    await server.copies.takePlace();
    if (!(await startFollowing(context, there, signal))) {
      throw failed(context, "the new copy does not stream; what was there before is kept");
    }
    await server.copies.dropOld();
  } finally {
    life.isReplacing = false;
  }
}

async function startFollowing(context: Context, there: Peer, signal: Signal): Promise<boolean> {
  await writeOwn(context, { sync: "required", upstream: await context.upstream("standby") });
  await startGated(context);
  return streams(context, there, signal);
}

const lookEveryMs = 100;

/**
 * Whether it streams and replayed what the peer had when it was looked at. False: it never will, because the peer's log is gone or does
 * not fit. Fails where that may still come.
 */
async function streams(context: Context, there: Peer, signal: Signal): Promise<boolean> {
  const { clock, limits, server } = context;
  const target = positionOf(there.row) ?? 0;
  let furthest = -1;
  let sinceMs = clock.monotonicMs();
  let wasReceiving = false;
  for (;;) {
    refuseEnded(context, signal);
    // Before it is consistent it takes no questions.
    const row = await readRow(context).catch(() => null);
    const replayed = parseLsn(row?.replayed ?? null) ?? -1;
    if (row?.receiving === true && replayed >= target) break;
    if (replayed > furthest) {
      furthest = replayed;
      sinceMs = clock.monotonicMs();
      wasReceiving = false;
    }
    wasReceiving ||= row?.receiving === true;
    if (clock.monotonicMs() - sinceMs > limits.streamMs) {
      if (row !== null && (wasReceiving || (await isLogGone(context, furthest, signal))))
        return false;
      throw failed(context, "it does not stream from its peer yet");
    }
    await clock.sleep(lookEveryMs, signal);
  }
  await server.memory.sawEpoch(lastPromotion(there.row)?.epoch ?? 0);
  await server.memory.setBehind(false);
  await server.copies.dropOld();
  return true;
}

const waldirShape = z.tuple([
  z.object({ oldest: z.string().nullable(), size: z.coerce.number().int().positive() }),
]);

/** Whether the peer has removed what would have to come after this position. */
async function isLogGone(
  { peer, limits }: Context,
  position: number,
  signal: Signal,
): Promise<boolean> {
  const [{ oldest, size }] = await withSql(peer, { limitMs: limits.askMs, signal }, async (ask) =>
    waldirShape.parse(
      await ask(`SELECT (SELECT min(substr(name, 9)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$') AS oldest,
        (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS size`),
    ),
  );
  return oldest !== null && oldest > segmentOf(Math.max(0, position), size);
}

function refuseEnded({ name }: Context, signal: Signal): void {
  if (signal.aborted) throw new Failure("Cancelled", `${name}: following was stopped`);
}

async function refuseTenure({ hasTenure, name }: Context): Promise<void> {
  if (!(await hasTenure())) return;
  throw new Failure("PromotionRefused", `${name} does not follow: a tenure is live here`);
}

/** Room beyond what the databases take now, for what is written while they are copied. */
const roomRatio = 1.1;

async function refuseFullDisk(context: Context, sizeBytes: number): Promise<void> {
  const disk = await statfs(dirname(context.server.dataFolder)).catch(() => null);
  if (disk === null || disk.bavail * disk.bsize > sizeBytes * roomRatio) return;
  const mebi = (bytes: number): number => Math.ceil(bytes / 1_048_576);
  throw new Failure(
    "FollowFailed",
    `${context.name}: a copy needs ${mebi(sizeBytes * roomRatio)} MiB and ${mebi(disk.bavail * disk.bsize)} MiB are free`,
    { where: context.server.dataFolder, remedy: "Make room, or enlarge the file system." },
  );
}

function failed({ name, region }: Context, because: string): Failure {
  return new Failure("FollowFailed", `${name} does not follow: ${because}`, { where: region });
}
