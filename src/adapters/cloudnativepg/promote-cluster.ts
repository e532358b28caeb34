/** Promotion of a Cluster: refused for an older epoch and without a live tenure, proven by a write, never undone (DESIGN §7.6). */
import { makeAbort } from "../../control/abort.ts";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { writePromotion } from "../postgresql/promotions.ts";
import { lastPromotion } from "../postgresql/server-row.ts";
import { applyRole, readCluster } from "./cluster-access.ts";
import { type Context, refused, rowHere } from "./cluster-context.ts";
import type { ClusterView } from "./cluster-view.ts";
import { fenceCluster } from "./fence-cluster.ts";
import { peerToken } from "./peer-token.ts";
import { roleOfView } from "./role-patch.ts";

const lookEveryMs = 100;
const givenUp = "unrecoverable";

/**
 * Resolves when the server was seen to take a write at this epoch. `fences`: how many fences there had been when this was asked; one
 * since then ends it. Fails with PromotionRefused, or as the world failed.
 */
export async function promoteCluster(
  context: Context,
  epoch: number,
  fences: number,
): Promise<void> {
  const { life } = context;
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw refused(context, "an epoch counts from 1");
  await life.fencing;
  const mayGoOn = async (): Promise<void> => {
    const isHeld = await context.holdsTenure(epoch);
    if (life.fences !== fences) throw refused(context, "it was fenced meanwhile");
    if (!isHeld) throw refused(context, `the watchdog holds no live tenure of epoch ${epoch}`);
  };
  await mayGoOn();
  await life.demoting;
  const view = await steady(context, mayGoOn);
  await refuseOlder(context, view, epoch);
  const servedBefore = life.servedEpoch;
  const isNew = view.isReplica || view.isFenced;
  let isOrdered = false;
  try {
    await order(context, { view, epoch, isNew, mayGoOn }, () => {
      isOrdered = isNew;
    });
    await untilWritable(context, mayGoOn);
    await prove(context, epoch, isNew);
    await mayGoOn();
  } catch (thrown) {
    // What may have become writable without being proven is made certain; a fence of this promotion's own takes no tenure away.
    if (isOrdered) await fenceAgain(context, servedBefore === epoch ? epoch : null);
    throw thrown;
  }
  life.servedEpoch = epoch;
  life.demotedAtMs = null;
  life.lastFacts = null;
}

async function fenceAgain(context: Context, served: number | null): Promise<void> {
  const { life } = context;
  const { fences } = life;
  try {
    await fenceCluster(context);
  } finally {
    if (life.fences === fences + 1) life.servedEpoch = served;
  }
}

/** The Cluster when no change of its role is under way: CloudNativePG refuses another one until then. */
async function steady(context: Context, mayGoOn: () => Promise<void>): Promise<ClusterView> {
  const { cluster, clock, limits, name } = context;
  const endMs = clock.monotonicMs() + limits.promoteMs;
  for (;;) {
    const view = await readCluster(cluster, limits.askMs);
    if (view === null) throw refused(context, "there is no such Cluster");
    if (view.source === null || view.isStandalone) {
      throw refused(context, "its Cluster is no part of a distributed topology");
    }
    if (!view.isSwitching) return view;
    if (clock.monotonicMs() > endMs) {
      throw new Failure("TimedOut", `${name} is still being demoted: ${view.phase}`);
    }
    await mayGoOn();
    await clock.sleep(lookEveryMs);
  }
}

async function refuseOlder(context: Context, view: ClusterView, epoch: number): Promise<void> {
  if (view.epoch !== null && view.epoch > epoch) {
    throw refused(context, `its Cluster was written at epoch ${view.epoch} already`);
  }
  const row = await rowHere(context).catch(() => null);
  const last = row === null ? null : lastPromotion(row);
  if (last !== null && last.epoch > epoch) {
    throw refused(context, `the database was promoted at epoch ${last.epoch} already`);
  }
}

type Order = {
  readonly view: ClusterView;
  readonly epoch: number;
  /** It is told to take writes; without that only a later epoch is written down. */
  readonly isNew: boolean;
  readonly mayGoOn: () => Promise<void>;
};

async function order(
  context: Context,
  { view, epoch, isNew, mayGoOn }: Order,
  ordered: () => void,
): Promise<void> {
  const { limits, parts, life } = context;
  const token = view.isReplica ? await peerToken(context) : null;
  const done = await whileHeld(context, epoch, (signal) =>
    applyRole(context, {
      signal,
      limitMs: limits.promoteMs,
      async mayGoOn() {
        await mayGoOn();
        // From here on nobody knows whether it was written.
        ordered();
        life.isOrderOut = true;
      },
      to(now) {
        const role = roleOfView(now, parts);
        // What serves already goes on as it is; what nobody here promoted begins like any other.
        if (!isNew && life.servedEpoch !== null) return { ...role, epoch };
        // A tenure begins with commits that wait; what is asked later counts.
        life.requiredAtMs = context.clock.monotonicMs();
        return {
          isReplica: false,
          token: token ?? role.token,
          sync: "required",
          isFenced: false,
          epoch,
        };
      },
    }),
  );
  // What was sent before it was for an earlier version.
  life.isOrderOut = false;
  if (!isNew && life.servedEpoch !== null) return;
  life.requiredAtMs = context.clock.monotonicMs();
  life.relaxedSince = null;
  if (done.isFenced) throw refused(context, "somebody else fences its Cluster");
}

/** Ends the write with the tenure, and with a fence: an API server that says *later* is not asked again then, and one that hangs not waited for. */
async function whileHeld<T>(
  { life, clock, holdsTenure }: Context,
  epoch: number,
  work: (signal: Signal) => Promise<T>,
): Promise<T> {
  const ending = makeAbort();
  const { signal } = ending;
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(lookEveryMs, signal);
      if (signal.aborted) return;
      if (!(await holdsTenure(epoch).catch(() => false))) ending.abort();
    }
  };
  life.ordering = ending;
  // It ends with the work, and what it finds out is in the signal.
  void watch();
  try {
    return await work(signal);
  } finally {
    life.ordering = null;
    ending.abort();
  }
}

async function untilWritable(context: Context, mayGoOn: () => Promise<void>): Promise<void> {
  const { cluster, clock, limits, name } = context;
  const endMs = clock.monotonicMs() + limits.promoteMs;
  for (;;) {
    await mayGoOn();
    const row = await rowHere(context).catch(() => null);
    if (row?.recovering === false) return;
    const view = await readCluster(cluster, limits.askMs).catch(() => null);
    if (view?.phase.includes(givenUp) === true) {
      throw refused(context, `CloudNativePG gave it up: ${view.phaseReason}`);
    }
    if (clock.monotonicMs() > endMs) {
      throw new Failure("TimedOut", `${name} was not promoted within ${limits.promoteMs} ms`);
    }
    await clock.sleep(lookEveryMs);
  }
}

/** A real write. */
async function prove(context: Context, epoch: number, isNew: boolean): Promise<void> {
  const { local, limits, region } = context;
  const isWritten = await withSql(local, { limitMs: limits.askMs }, (ask) =>
    writePromotion(ask, { epoch, region }, isNew),
  );
  if (!isWritten) throw refused(context, "a higher epoch came in between");
}

/** A token that was used stands in the way of the next change of roles (cloudnative-pg#9273). */
export async function clearSpentToken(context: Context): Promise<void> {
  const { limits, parts } = context;
  await applyRole(context, {
    limitMs: limits.askMs,
    to: (view) =>
      view.promotionToken !== null && view.promotionToken === view.lastPromotionToken
        ? { ...roleOfView(view, parts), token: null }
        : null,
  });
}
