/** The facts of one Cluster as they are now; what does not answer is unknown and never guessed. */
import type { Signal } from "../../control/env.ts";
import type { ServiceReading } from "../../control/failover/data-service.ts";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseLsn } from "../postgresql/lsn.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { hasConfirmed, readServerRow } from "../postgresql/server-row.ts";
import { readCluster } from "./cluster-access.ts";
import type { Context } from "./cluster-context.ts";
import { clusterFacts, isWriterOf } from "./cluster-facts.ts";
import type { ClusterView } from "./cluster-view.ts";
import { clusterReasons, rowReasons } from "./not-ready.ts";
import { readToken } from "./promotion-token.ts";

const lookEveryMs = 40;
/** Longer than the checkpointer may need to wake up when it was told of a reload. */
const settleMs = 1_000;

/** Never fails for a server that is down. Takes up to `confirmMs` longer while the standby does not confirm. */
export async function measureCluster(context: Context, signal?: Signal): Promise<ServiceReading> {
  const { limits, life, name, clock } = context;
  const endMs = clock.monotonicMs() + limits.askMs;
  let { view, because } = await lookAtCluster(context, signal);
  // After a fence it comes up again, and its final position is what is asked for.
  while (view !== null && isComingUp(view) && clock.monotonicMs() < endMs) {
    await clock.sleep(lookEveryMs * 5, signal);
    if (signal?.aborted === true) break;
    ({ view, because } = await lookAtCluster(context, signal));
  }
  if (view === null && because === null) {
    return { facts: nothing(name, "absent"), notReady: [`${name}: there is no Cluster`] };
  }
  const reasons =
    view === null ? [`nobody can promote or fence it: ${because}`] : clusterReasons(context, view);
  const named = (all: readonly string[]): readonly string[] => all.map((one) => `${name}: ${one}`);
  try {
    const { facts, more } = await measureRunning(context, view, signal);
    life.lastFacts = facts;
    return { facts, notReady: named([...reasons, ...more, ...life.peerSays]) };
  } catch (thrown) {
    const { message } = Failure.from(thrown, name);
    return { facts: factsOfStopped(context, view), notReady: named([...reasons, message]) };
  }
}

type Looked = { readonly view: ClusterView | null; readonly because: string | null };

/** Both null where there is no Cluster. */
function lookAtCluster(
  { cluster, limits, name }: Context,
  signal: Signal | undefined,
): Promise<Looked> {
  return readCluster(cluster, limits.askMs, signal).then(
    (view): Looked => ({ view, because: null }),
    (thrown: unknown): Looked => ({ view: null, because: Failure.from(thrown, name).message }),
  );
}

/** It is being demoted: its server is stopped, and starts again when that is done. */
const isComingUp = (view: ClusterView): boolean => view.isFenced || view.isSwitching;

async function measureRunning(
  context: Context,
  view: ClusterView | null,
  signal?: Signal,
): Promise<{ readonly facts: ServiceFacts; readonly more: readonly string[] }> {
  const { local, peer, limits, clock, parts, life } = context;
  const limitMs = limits.askMs + limits.confirmMs;
  return withSql(local, { limitMs, signal }, async (ask) => {
    let lookedMs = clock.monotonicMs();
    let row = await readServerRow(ask, peer.user);
    const isWriter = isWriterOf(row, context, view);
    // What was written until now has to be confirmed, also what commits did not wait for.
    const position = parseLsn(row.flushed);
    const endMs = clock.monotonicMs() + limits.confirmMs;
    const isThere = (): boolean => row.standbys.some((one) => one.name === parts.peerCluster);
    let isConfirmed = hasConfirmed(row, parts.peerCluster, position);
    while (
      isWriter &&
      !row.recovering &&
      !isConfirmed &&
      isThere() &&
      clock.monotonicMs() < endMs
    ) {
      await clock.sleep(lookEveryMs);
      lookedMs = clock.monotonicMs();
      row = await readServerRow(ask, peer.user);
      isConfirmed = hasConfirmed(row, parts.peerCluster, position);
    }
    const askedMs = life.requiredAtMs;
    const isSettled =
      askedMs === null || (row.checkpointerIdle === true && lookedMs >= askedMs + settleMs);
    if (isSettled && !row.recovering) life.requiredAtMs = null;
    const seen = { isConfirmed, isInForce: row.recovering || isSettled };
    const about = { name: context.name, region: context.region, peerCluster: parts.peerCluster };
    return { facts: clusterFacts(about, row, view, seen), more: rowReasons(row, context) };
  });
}

/** Where a Cluster ended that was shut down to be demoted is in its token. */
function factsOfStopped({ name, life }: Context, view: ClusterView | null): ServiceFacts {
  const { lastFacts } = life;
  const token = readToken(view?.demotionToken ?? null);
  if (lastFacts === null || token === null) return nothing(name, "unknown");
  const { position, timeline } = token;
  return { ...nothing(name, lastFacts.role), position, timeline };
}

function nothing(name: string, role: ServiceFacts["role"]): ServiceFacts {
  return {
    name,
    role,
    sync: null,
    standbyReady: null,
    position: null,
    timeline: null,
    ready: false,
  };
}
