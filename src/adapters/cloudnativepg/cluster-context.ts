/** What the parts of the CloudNativePG adapter share: names, Clusters, limits, and what is under way. */
import type { Abort } from "../../control/abort.ts";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { readServerRow, type ServerRow } from "../postgresql/server-row.ts";
import type { ClusterLimits, ClusterServiceOptions } from "./cluster-options.ts";
import type { RoleParts } from "./role-patch.ts";

/** What is under way in this process. */
export type Life = {
  /** Counts fences: a promotion that began before one of them comes to nothing. */
  fences: number;
  fencing: Promise<void> | null;
  /** After a fence it is made to follow, so that it comes up without writes. */
  demoting: Promise<void> | null;
  /** The write of a promotion that is under way; a fence ends it. */
  ordering: Abort | null;
  /** A promotion may have been sent that is not done, and may be done yet. */
  isOrderOut: boolean;
  /** The epoch in which it was promoted and not fenced since. */
  servedEpoch: number | null;
  /** Counts what was asked about commits: only the last one counts. */
  syncAsked: number;
  /** When commits were last told to wait; null once that is surely in force. */
  requiredAtMs: number | null;
  /** Since when its server runs, as it says, while commits need not wait: a later one has fallen in between. */
  relaxedSince: string | null;
  following: Abort | null;
  /** When it was made to follow, while nothing is seen of that. */
  demotedAtMs: number | null;
  lastFacts: ServiceFacts | null;
  peerSays: readonly string[];
};

export type Context = Omit<ClusterServiceOptions, "limits"> & {
  readonly limits: ClusterLimits;
  readonly parts: RoleParts;
  readonly life: Life;
};

const usualLimits: ClusterLimits = {
  fenceMs: 8_000,
  promoteMs: 90_000,
  askMs: 3_000,
  confirmMs: 1_500,
  tokenMs: 20_000,
  streamMs: 60_000,
  settleMs: 30_000,
};

/** Part of the fence's limit that a polite shutdown may take; then CloudNativePG makes it an immediate one. */
const shutdownShare = 0.6;

/** Fails with ConfigInvalid for names that can not be told apart. */
export function clusterContext(options: ClusterServiceOptions): Context {
  const { cluster, peerCluster, clock } = options;
  if (cluster.name === peerCluster.name) {
    throw new Failure("ConfigInvalid", `both Clusters are called ${cluster.name}`, {
      remedy: "Call each by its region: commits wait for the other by its name.",
    });
  }
  const limits = { ...usualLimits, ...options.limits };
  return {
    ...options,
    limits,
    parts: {
      peerCluster: peerCluster.name,
      switchoverDelaySeconds: switchoverDelayOf(limits.fenceMs),
    },
    life: {
      fences: 0,
      fencing: null,
      demoting: null,
      ordering: null,
      isOrderOut: false,
      servedEpoch: null,
      syncAsked: 0,
      // What was told by an agent before this one may not be in force yet.
      requiredAtMs: clock.monotonicMs(),
      relaxedSince: null,
      following: null,
      demotedAtMs: null,
      lastFacts: null,
      peerSays: [],
    },
  };
}

export function switchoverDelayOf(fenceMs: number): number {
  return Math.max(1, Math.floor((fenceMs * shutdownShare) / 1_000));
}

export function rowHere({ local, peer, limits }: Context): Promise<ServerRow> {
  return withSql(local, { limitMs: limits.askMs }, (ask) => readServerRow(ask, peer.user));
}

export function refused({ name, region }: Context, because: string): Failure {
  return new Failure("PromotionRefused", `${name} is not promoted: ${because}`, { where: region });
}
