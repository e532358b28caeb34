/** What the CloudNativePG adapter is told of one service: two Clusters of a distributed topology, how to reach them, and who may let them write. */
import type { Clock } from "../../control/env.ts";
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import type { PostgresAddress } from "../postgresql/postgres-options.ts";

export type ClusterLimits = {
  /** Until nothing of a fenced Cluster takes writes; has to be shorter than the group's fence budget. */
  readonly fenceMs: number;
  /** From the order to promote until the server takes writes. CloudNativePG looks again after 10 s. */
  readonly promoteMs: number;
  /** One short question, to a server or to an API server. */
  readonly askMs: number;
  /** Within which the standby has to have what was written when it was asked. */
  readonly confirmMs: number;
  /** How long a promotion waits for the word of a peer's Cluster that is being demoted. */
  readonly tokenMs: number;
  /** How long a copy that follows may stand still. */
  readonly streamMs: number;
  /** A Cluster that was made to follow and shows nothing of it for so long never took writes. */
  readonly settleMs: number;
};

/** A Cluster and the API server that has it. */
export type ClusterPlace = {
  readonly api: KubernetesApi;
  readonly name: string;
  readonly namespace: string;
};

export type ClusterServiceOptions = {
  /** As in the group. */
  readonly name: string;
  readonly region: string;
  readonly peerRegion: string;
  readonly cluster: ClusterPlace;
  /** The peer's; without an API server nothing is read of it, and a promotion is one without a token. */
  readonly peerCluster: Omit<ClusterPlace, "api"> & { readonly api: KubernetesApi | null };
  /** Name by which the API server remembers what the client of `cluster` sets. */
  readonly fieldManager: string;
  /** Service `<name>-rw` of each Cluster. */
  readonly local: PostgresAddress;
  readonly peer: PostgresAddress;
  /** On which each server of the Cluster listens, at the address of its Pod. */
  readonly podPort: number;
  /** Whether the watchdog holds a live tenure of exactly this epoch at this moment (`tenureGate`). */
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  /** Whether the watchdog holds any live tenure at this moment. */
  readonly hasTenure: () => Promise<boolean>;
  readonly clock: Clock;
  readonly limits?: Partial<ClusterLimits>;
};
