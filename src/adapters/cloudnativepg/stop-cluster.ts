/** Ends the writing of a Cluster by its fencing annotation, and sees that it ended: what the agent's fence and the watchdog's program share. */
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { applyRole, readCluster } from "./cluster-access.ts";
import type { ClusterPlace } from "./cluster-options.ts";
import type { ClusterView } from "./cluster-view.ts";
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
  const { cluster, podPort } = hands;
  const askMs = Math.max(200, Math.min(hands.askMs, restMs));
  const view = await readCluster(cluster, askMs);
  // A Cluster that was deleted may have left its servers running (`--cascade=orphan`), and nobody stops those.
  if (view === null) {
    return (await areStopped(cluster, { port: podPort, limitMs: askMs })) ? "absent" : "writes";
  }
  if (view.isReplica && (await hands.follows(view))) return "follows";
  const fenced = view.isFenced ? view : await annotate(hands, view, askMs);
  if (!(await areStopped(cluster, { port: podPort, limitMs: askMs }))) {
    return fenced.isReplica && (await hands.follows(fenced)) ? "follows" : "writes";
  }
  // A fence that somebody took away between two looks is none.
  const after = await readCluster(cluster, askMs);
  return after?.isFenced === true || after?.isReplica === true ? "stopped" : "writes";
}

/** Whether it takes no writes, without changing anything. Fails as the API server does. */
export async function takesNoWrites(hands: StopHands): Promise<boolean> {
  const { cluster, podPort, askMs } = hands;
  const view = await readCluster(cluster, askMs);
  if (view === null) return areStopped(cluster, { port: podPort, limitMs: askMs });
  if (view.isReplica && (await hands.follows(view))) return true;
  if (!view.isFenced) return false;
  return areStopped(cluster, { port: podPort, limitMs: askMs });
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
