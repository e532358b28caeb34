/** Looks after a Cluster between two decisions of the agent: what takes writes without a tenure is fenced, and what is fenced is made to follow. */
import { applyRole, readCluster } from "./cluster-access.ts";
import type { Context } from "./cluster-context.ts";
import type { ClusterView } from "./cluster-view.ts";
import { demote } from "./demote-cluster.ts";
import { fenceCluster } from "./fence-cluster.ts";
import { isHeldBy } from "./field-holders.ts";
import { clearSpentToken } from "./promote-cluster.ts";
import { isWaitExact, roleOfView } from "./role-patch.ts";
import { startedAt, writeSync } from "./set-sync.ts";

/** Fails as writing the role does; asked again it tries again. */
export async function tendCluster(context: Context): Promise<void> {
  const { cluster, limits, life } = context;
  if (life.fencing !== null) return;
  await life.demoting;
  const view = await readCluster(cluster, limits.askMs);
  if (view === null || view.source === null || view.isStandalone || view.isSwitching) return;
  if (view.isReplica) await tendFollower(context, view);
  else if (view.isFenced) await tendFenced(context);
  else await tendWriter(context, view);
}

async function tendWriter(context: Context, view: ClusterView): Promise<void> {
  const { life } = context;
  const epoch = life.servedEpoch;
  if (epoch === null) {
    // A region that comes back starts what its Cluster says. With a tenure the agent is about to promote it itself.
    if (!(await context.hasTenure()) && life.servedEpoch === null) await fenceCluster(context);
    return;
  }
  if (!(await context.holdsTenure(epoch))) {
    // The agent fences when its time is over; a server that fell and came back meanwhile waits for nobody.
    if (!(await context.hasTenure()) && life.servedEpoch === epoch) await fenceCluster(context);
    return;
  }
  if (life.relaxedSince !== null && life.relaxedSince !== (await startedAt(context))) {
    // It fell: its commits wait again until somebody decides otherwise.
    await writeSync(context, "required");
  }
  // As somebody else, or an agent before this one, wrote it.
  if (!isWaitExact(view, context.parts)) await writeSync(context, "required");
  await own(context, view);
  if (view.promotionToken !== null) await clearSpentToken(context);
}

async function tendFenced(context: Context): Promise<void> {
  if (!(await context.hasTenure())) await demote(context);
}

async function tendFollower(context: Context, view: ClusterView): Promise<void> {
  const { life, clock, limits, parts } = context;
  await own(context, view);
  if (!view.isFenced) {
    life.demotedAtMs = null;
    return;
  }
  // CloudNativePG lifts the fence of a Cluster that wrote. One that never did it leaves as it is, and it is lifted here.
  life.demotedAtMs ??= clock.monotonicMs();
  if (clock.monotonicMs() - life.demotedAtMs < limits.settleMs) return;
  await applyRole(context, {
    limitMs: limits.askMs,
    to: (now) =>
      now.isFenced && now.isReplica && !now.isSwitching
        ? { ...roleOfView(now, parts), isFenced: false }
        : null,
  });
}

/** Who lets go of the role's fields must not take them away with them: they are ours too, from the first look on. */
async function own(context: Context, view: ClusterView): Promise<void> {
  const { limits, parts, fieldManager } = context;
  if (isHeldBy(view.holders, fieldManager)) return;
  await applyRole(context, { limitMs: limits.askMs, to: (now) => roleOfView(now, parts) });
}
