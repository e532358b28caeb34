/**
 * Makes this region's Cluster follow the peer's. CloudNativePG does not rewind between Clusters (cloudnative-pg#5419): a copy that has what the peer has
 * not is told of, and made anew by a person, who thereby gives up what only it has.
 */
import { makeAbort } from "../../control/abort.ts";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseLsn } from "../postgresql/lsn.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { lastPromotion, positionOf, readServerRow } from "../postgresql/server-row.ts";
import { readCluster } from "./cluster-access.ts";
import { type Context, rowHere } from "./cluster-context.ts";
import { demote } from "./demote-cluster.ts";
import { fenceCluster } from "./fence-cluster.ts";

const lookEveryMs = 200;

/** Resolves when it streams and has what the peer had when this began. Fails with PromotionRefused, FollowFailed or Cancelled. */
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
  const { cluster, peer, local, limits, life, name } = context;
  await life.fencing;
  await life.demoting;
  if (await context.hasTenure()) {
    throw new Failure("PromotionRefused", `${name} does not follow: a tenure is live here`);
  }
  const view = await readCluster(cluster, limits.askMs);
  if (view === null) throw failed(context, "there is no such Cluster");
  const there = await withSql(peer, { limitMs: limits.askMs, signal }, (ask) =>
    readServerRow(ask, local.user),
  );
  if (there.recovering) throw failed(context, "the peer does not take writes itself");
  const here = await rowHere(context).catch(() => null);
  const known = here === null ? 0 : (lastPromotion(here)?.epoch ?? 0);
  const epoch = lastPromotion(there)?.epoch ?? 0;
  if (epoch < known) {
    throw failed(context, `the data here know of epoch ${known}, and the peer's of ${epoch}`);
  }
  if (!view.isReplica) {
    await fenceCluster(context);
    await life.demoting;
    await demote(context);
  }
  await untilStreaming(context, positionOf(there) ?? 0, signal);
}

async function untilStreaming(context: Context, target: number, signal: Signal): Promise<void> {
  const { clock, limits } = context;
  let furthest = -1;
  let movedMs = clock.monotonicMs();
  for (;;) {
    if (signal.aborted) throw new Failure("Cancelled", `${context.name} stopped following`);
    const row = await rowHere(context).catch(() => null);
    const replayed = parseLsn(row?.replayed ?? null) ?? -1;
    if (row?.recovering === true && row.receiving && replayed >= target) return;
    if (replayed > furthest) {
      furthest = replayed;
      movedMs = clock.monotonicMs();
    }
    if (clock.monotonicMs() - movedMs > limits.streamMs) {
      throw new Failure(
        "FollowFailed",
        `${context.name} does not follow: its log does not fit to the peer's, or does not come`,
        {
          where: context.region,
          remedy:
            "Read the log of its server. Where it has writes that the peer has not, make its Cluster anew (docs/guides/cloudnativepg.md).",
        },
      );
    }
    await clock.sleep(lookEveryMs, signal);
  }
}

function failed({ name, region }: Context, because: string): Failure {
  return new Failure("FollowFailed", `${name} does not follow: ${because}`, { where: region });
}
