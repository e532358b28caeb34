/** Settings of the regions' PostgreSQL: small, on loopback, and alike in both regions because pg_rewind copies the files of one to the other. */
import type { DnsEndpoint } from "../control/env.ts";

/** The end of `postgresql.conf`. What replication needs is set at run time by the agent (ALTER SYSTEM), which stands above. */
export const commonSettings = `
# Written by the sandbox.
max_connections = 40
shared_buffers = 24MB
max_wal_senders = 8
max_replication_slots = 8
max_worker_processes = 2
max_parallel_workers = 0
max_logical_replication_workers = 0
autovacuum_max_workers = 1
min_wal_size = 32MB
max_wal_size = 128MB
wal_keep_size = 256MB
wal_level = replica
wal_log_hints = on
hot_standby = on
# A peer that is cut off is noticed, and a stop does not wait for it, within this.
wal_sender_timeout = 6s
wal_receiver_timeout = 6s
wal_receiver_status_interval = 1s
# No file in /dev/shm that would outlive a killed server.
dynamic_shared_memory_type = mmap
unix_socket_directories = ''
log_min_messages = warning
log_checkpoints = off
log_line_prefix = '%m [%p] '
`;

/** Whoever has a password, from this machine only. */
export const hostRules = `host all all 127.0.0.0/8 scram-sha-256
host replication all 127.0.0.0/8 scram-sha-256
`;

/** What differs between the regions, as arguments of \`postgres\`. */
export function regionArguments(at: DnsEndpoint, cluster: string): readonly string[] {
  const settings = {
    listen_addresses: at.address,
    port: String(at.port),
    cluster_name: cluster,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** One statement a line, as `postgres --single` reads them. */
export function databaseStatements(passwordOfLedger: string): {
  readonly server: string;
  readonly ledger: string;
} {
  return {
    server: `CREATE ROLE ledger LOGIN PASSWORD '${passwordOfLedger}' CONNECTION LIMIT 24;
CREATE DATABASE ledger;
REVOKE ALL ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger;
`,
    ledger: `CREATE TABLE ledger (id uuid PRIMARY KEY, region text NOT NULL, epoch int8 NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT, INSERT ON ledger TO ledger;
`,
  };
}
