/**
 * The kinds of data services that a failover group promotes, with what the handbook says of their replication (SRE handbook §2.5).
 * Its words for how much is lost are classes; the times are ours (ADR 28) and stand in for an objective that nobody states.
 */

export const serviceKinds = [
  "postgresql",
  "cloudnativepg",
  "ferretdb",
  "kafka",
  "valkey",
  "clickhouse",
  "opensearch",
  "milvus",
  "neo4j",
  "seaweedfs",
  "harbor",
] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** How much the handbook lets each lose. */
export type LossClass = "nearZero" | "seconds" | "minutes";

export type ReplicationPattern = {
  readonly component: string;
  readonly method: string;
  readonly loss: LossClass;
  /** Whether its replication can make a commit wait for the other region, so that nothing acknowledged is lost. */
  readonly canLoseNothing: boolean;
};

const pattern = (
  component: string,
  method: string,
  loss: LossClass,
  canLoseNothing = false,
): ReplicationPattern => ({ component, method, loss, canLoseNothing });

export const replicationPatterns: Readonly<Record<ServiceKind, ReplicationPattern>> = {
  postgresql: pattern("PostgreSQL", "streaming replication", "nearZero", true),
  cloudnativepg: pattern("CloudNativePG", "WAL streaming", "nearZero", true),
  ferretdb: pattern("FerretDB", "by the PostgreSQL beneath it", "nearZero", true),
  kafka: pattern("Kafka (Strimzi)", "MirrorMaker2", "seconds"),
  valkey: pattern("Valkey", "REPLICAOF", "seconds"),
  clickhouse: pattern("ClickHouse", "ReplicatedMergeTree", "seconds"),
  opensearch: pattern("OpenSearch", "cross-cluster replication", "seconds"),
  milvus: pattern("Milvus", "collection sync", "minutes"),
  neo4j: pattern("Neo4j", "causal cluster replication", "seconds"),
  seaweedfs: pattern("SeaweedFS", "asynchronous bucket replication", "minutes"),
  harbor: pattern("Harbor", "registry replication", "minutes"),
};

/** The longest age of a lost write that goes with each class. */
export const lossMs: Readonly<Record<LossClass, number>> = {
  nearZero: 5_000,
  seconds: 60_000,
  minutes: 900_000,
};

/** The RPO of a group that states none: that of the service that lags most; 0 without services. */
export function defaultRpoMs(kinds: readonly ServiceKind[]): number {
  return Math.max(0, ...kinds.map((kind) => lossMs[replicationPatterns[kind].loss]));
}

/** The RTO of a group that states none: what DESIGN §8 promises for the default times of a lease. */
export const defaultRtoMs = 60_000;
