/** What a server of a Cluster says of itself, and what that means for the agent (`core/failover/facts.ts`). */
import type { ServiceFacts } from "../../core/failover/facts.ts";
import {
  isWeak,
  lastPromotion,
  positionOf,
  type ServerRow,
  timelineOf,
} from "../postgresql/server-row.ts";
import type { ClusterView } from "./cluster-view.ts";
import { namesWaitFor } from "./role-patch.ts";

/**
 * Who was promoted last writes, or would. Two Clusters that both follow stream from one another, so that streaming tells nothing; a promotion of
 * the peer is a row in what is streamed. Without any promotion it is who wrote before it was demoted.
 */
export function isWriterOf(
  row: ServerRow,
  { region }: { readonly region: string },
  view: ClusterView | null,
): boolean {
  if (!row.recovering) return true;
  const last = lastPromotion(row);
  if (last !== null) return last.region === region;
  return view !== null && (!view.isReplica || view.demotionToken !== null);
}

export type About = {
  readonly name: string;
  readonly region: string;
  readonly peerCluster: string;
};

/** `isConfirmed`: the peer had, within the limit, what was written when it was first asked; `isInForce`: the setting surely is. */
export function clusterFacts(
  { name, region, peerCluster }: About,
  row: ServerRow,
  view: ClusterView | null,
  seen: { readonly isConfirmed: boolean; readonly isInForce: boolean },
): ServiceFacts {
  const isWriter = isWriterOf(row, { region }, view);
  const isPassed = row.bypasses.length > 0;
  return {
    name,
    role: isWriter ? "writable" : "standby",
    sync: isWriter ? syncOf(row, peerCluster, seen) : null,
    standbyReady: isWriter ? seen.isConfirmed && !isPassed : null,
    position: positionOf(row),
    timeline: timelineOf(row),
    ...(isWriter ? {} : { lagMs: lagMsOf(row) }),
    ready: true,
  };
}

function syncOf(
  row: ServerRow,
  peerCluster: string,
  { isConfirmed, isInForce }: { readonly isConfirmed: boolean; readonly isInForce: boolean },
): ServiceFacts["sync"] {
  const isAsked = namesWaitFor(row.syncNames, peerCluster);
  // With one role whose commits do not wait, not every commit does.
  if (!isAsked || isWeak(row.commits) || row.bypasses.length > 0) return "alone";
  const isSync = row.standbys.some(
    ({ name, syncState }) => name === peerCluster && (row.recovering || syncState === "sync"),
  );
  if (!isConfirmed || !isSync) return "stalled";
  // Nobody knows for a moment after commits were told to wait.
  return isInForce ? "in_sync" : null;
}

/** As for plain PostgreSQL: the age of the newest commit that a copy has, 0 for one that has all that it heard of. */
function lagMsOf({ behindSeconds, receiving }: ServerRow): number | null {
  if (behindSeconds === null) return receiving ? 0 : null;
  return Math.max(0, Math.round(behindSeconds * 1_000));
}
