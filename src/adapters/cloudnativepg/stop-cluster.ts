/** Ends the writing of a Cluster by its fencing annotation, and sees that it ended: what the agent's fence and the watchdog's program share. */
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { applyRole, readCluster } from "./cluster-access.ts";
import type { ClusterPlace } from "./cluster-options.ts";
import { type ClusterView, hasFollowed } from "./cluster-view.ts";
import { type RoleParts, roleOfView } from "./role-patch.ts";
import { areStopped } from "./stopped-servers.ts";

export type StopHands = {
  readonly cluster: ClusterPlace;
  readonly podPort: number;
  readonly clock: Clock;
  readonly askMs: number;
  /** Null: as the Cluster itself says. */
  readonly parts: RoleParts | null;
  /** Whether a Cluster that is a replica by its specification takes no writes, as far as can be seen. */
  readonly follows: (view: ClusterView) => Promise<boolean>;
  /** Whether a promotion may have been sent that is not done, and may be done yet. */
  readonly isOrderOut: () => boolean;
  /** Told when none can be done any more that was sent before. */
  readonly orderIsOver: () => void;
};

export type StopEnd =
  /** There is no such Cluster, and no server of it. */
  | "absent"
  /** It takes no writes, and was left as it is. */
  | "follows"
  /** None of its servers runs. */
  | "stopped"
  | "writes";

/** One look, and what it asks for. Fails as the API server does. */
export async function stopOnce(hands: StopHands, restMs: number): Promise<StopEnd> {
  const { cluster, podPort, clock } = hands;
  const askMs = Math.max(200, Math.min(hands.askMs, restMs));
  const look = { port: podPort, limitMs: askMs, clock };
  // One that is answered while this looks may be done after the look.
  const wasOut = hands.isOrderOut();
  const found = await readCluster(cluster, askMs);
  // A Cluster that was deleted may have left its servers running (`--cascade=orphan`), and nobody stops those.
  if (found === null) {
    return (await areStopped(cluster, { ...look, hasPods: false })) ? "absent" : "writes";
  }
  const isUnsure = (wasOut || hands.isOrderOut()) && found.source !== null;
  const view = isUnsure ? await overtake(hands, found, askMs) : found;
  if (view.isReplica && (await hands.follows(view))) return "follows";
  const fenced = view.isFenced ? view : await annotate(hands, view, askMs);
  if (!(await areStopped(cluster, { ...look, hasPods: fenced.hasPods }))) {
    return fenced.isReplica && (await hands.follows(fenced)) ? "follows" : "writes";
  }
  // A fence that somebody took away between two looks is none; CloudNativePG lifts that of a Cluster which follows from then on.
  const after = await readCluster(cluster, askMs);
  return after !== null && (after.isFenced || hasFollowed(after)) ? "stopped" : "writes";
}

/** Whether it takes no writes, without changing anything. Fails as the API server does. */
export async function takesNoWrites(hands: StopHands): Promise<boolean> {
  const { cluster, podPort, askMs, clock } = hands;
  const look = { port: podPort, limitMs: askMs, clock };
  const view = await readCluster(cluster, askMs);
  if (view === null) return areStopped(cluster, { ...look, hasPods: false });
  if (view.isReplica && (await hands.follows(view))) return true;
  if (!view.isFenced) return false;
  return areStopped(cluster, { ...look, hasPods: view.hasPods });
}

/** Every write is made for the version that was looked at (ADR 44): what was sent before this one conflicts from here on, and is not done. */
async function overtake(hands: StopHands, seen: ClusterView, askMs: number): Promise<ClusterView> {
  const parts = hands.parts ?? partsOf(seen);
  const { cluster, clock } = hands;
  const view = await applyRole(
    { cluster, clock, parts, limits: { askMs } },
    // Another one each time: a write that changes nothing makes no version.
    { limitMs: askMs, to: (now) => ({ ...roleOfView(now, parts), lookedAt: now.resourceVersion }) },
  );
  hands.orderIsOver();
  return view;
}

function annotate(hands: StopHands, seen: ClusterView, askMs: number): Promise<ClusterView> {
  const parts = hands.parts ?? partsOf(seen);
  const { cluster, clock } = hands;
  return applyRole(
    { cluster, clock, parts, limits: { askMs } },
    {
      limitMs: askMs,
      to: (view) => (view.isFenced ? null : { ...roleOfView(view, parts), isFenced: true }),
    },
  );
}

/** All of our fields are written each time, and here nobody knows them but the Cluster. */
function partsOf({ name, source, switchoverDelaySeconds }: ClusterView): RoleParts {
  if (source === null) {
    throw new Failure("FenceFailed", `${name} is no part of a distributed topology`, {
      where: name,
      remedy: "Give its Cluster spec.replica, or correct the watchdog's configuration.",
    });
  }
  return { peerCluster: source, switchoverDelaySeconds };
}
