/** The fake's `custom.conf`: what CloudNativePG forces, what the Cluster sets, and who commits wait for (`pkg/postgres/replication/explicit.go`). */
import type { SandboxCluster } from "./sandbox-cluster.ts";

export function settingsOf(cluster: SandboxCluster): Readonly<Record<string, string>> {
  const { spec, name } = cluster;
  return {
    // Small, because many of them run on one machine.
    max_connections: "60",
    shared_buffers: "16MB",
    wal_level: "logical",
    wal_log_hints: "on",
    wal_keep_size: "512MB",
    wal_sender_timeout: "5s",
    wal_receiver_timeout: "5s",
    wal_receiver_status_interval: "1s",
    wal_retrieve_retry_interval: "1s",
    hot_standby: "on",
    recovery_target_timeline: "latest",
    ...spec.postgresql.parameters,
    // The name under which it streams where the connection does not say another one.
    cluster_name: name,
    synchronous_standby_names: standbyNamesOf(cluster),
  };
}

function standbyNamesOf({ spec, name, pod }: SandboxCluster): string {
  const { synchronous } = spec.postgresql;
  if (synchronous === undefined) return "";
  const { method, number, standbyNamesPre, standbyNamesPost } = synchronous;
  // All of its instances that would be, the one that writes last: its only server here.
  const others = Array.from(
    { length: Math.max(0, spec.instances - 1) },
    (_, at) => `${name}-${at + 2}`,
  );
  const own = [...others, pod].slice(0, synchronous.maxStandbyNamesFromCluster);
  const all = [...standbyNamesPre, ...own, ...standbyNamesPost];
  const names = all.length === 0 ? [`${name}-placeholder`] : all;
  return `${method.toUpperCase()} ${number} (${names.map((one) => `"${one}"`).join(",")})`;
}
