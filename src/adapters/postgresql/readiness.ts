/** Why a failover would not work now, in sentences: what of this region's own server is not as it has to be (facts of failover §4 row 13). */
import { isWeak, type Regions, roleOf, type ServerRow } from "./server-row.ts";
import { syncNamed } from "./settings-file.ts";

export type Surroundings = {
  readonly isGateClosed: boolean;
  /** Of the file system of the data; null when it does not tell. */
  readonly freeRatio: number | null;
  readonly freeBytes: number | null;
  /** The user by whom the peer's server replicates. */
  readonly replicator: string;
  /** The user by whom the agent grants how far commits may go; null where it does not. */
  readonly granter: string | null;
  /** What was last seen of the pair, and stays true when the peer is gone. */
  readonly peerSays: readonly string[];
};

const freeRatioMin = 0.03;
const freeBytesMin = 256 * 1024 * 1024;

/**
 * Empty when nothing is in the way. That the peer does not answer is no reason: this is asked just then. Each sentence names the service.
 */
export function notReadyOf(
  name: string,
  row: ServerRow,
  regions: Regions,
  around: Surroundings,
): readonly string[] {
  const reasons = [
    ...bypassesOf(row, regions),
    ...replicationReasons(row, around),
    ...settingReasons(row),
    ...diskReasons(around),
    ...around.peerSays,
  ];
  if (!row.recovering && !around.isGateClosed) {
    reasons.push("a restart would take writes before anybody promoted it");
  }
  return reasons.map((reason) => `${name}: ${reason}`);
}

function bypassesOf(row: ServerRow, { peerRegion, region }: Regions): readonly string[] {
  const reasons = row.bypasses.map(({ role, database, setting }) => {
    const who = role === null ? "every role" : `role ${role}`;
    const where = database === null ? "" : ` in database ${database}`;
    return `${who}${where} has ${setting}, so its commits do not wait for the standby`;
  });
  if (isWeak(row.commits)) {
    reasons.push(`synchronous_commit is ${row.commits}, so commits do not wait for the standby`);
  }
  if (syncNamed(peerRegion, row.syncNames) === null && roleOf(row, region) === "writable") {
    reasons.push("synchronous_standby_names is set by somebody else");
  }
  return reasons;
}

function replicationReasons(
  row: ServerRow,
  { replicator, granter }: Surroundings,
): readonly string[] {
  const reasons: string[] = [];
  if (!row.mayReplicate) {
    reasons.push(`role ${replicator}, by which the peer follows, may not replicate or not log in`);
  }
  if (!row.takesReplication) {
    reasons.push(`pg_hba.conf lets ${replicator} replicate from nowhere`);
  }
  if (granter !== null && granter !== replicator && !row.takesOwnReplication) {
    reasons.push(
      `pg_hba.conf lets ${granter} replicate from nowhere, and without the standby no commit would go on`,
    );
  }
  return reasons;
}

function settingReasons({ settings }: ServerRow): readonly string[] {
  const is = (name: string, ...values: readonly string[]): boolean =>
    values.includes(settings[name] ?? "");
  const reasons: string[] = [];
  if (is("wal_level", "minimal")) reasons.push("wal_level is minimal: nobody can follow");
  if (is("max_wal_senders", "0")) reasons.push("max_wal_senders is 0: nobody can follow");
  if (is("wal_log_hints", "off") && is("data_checksums", "off")) {
    reasons.push("wal_log_hints takes force at the next restart: until then it can not be rewound");
  }
  if (is("fsync", "off")) reasons.push("fsync is off: what is acknowledged is not durable");
  if (is("full_page_writes", "off")) reasons.push("full_page_writes is off");
  if (is("restart_after_crash", "on")) {
    reasons.push("restart_after_crash is on: a fallen server would come back without its gate");
  }
  return reasons;
}

function diskReasons({ freeRatio, freeBytes }: Surroundings): readonly string[] {
  if (freeRatio === null || freeBytes === null) return [];
  if (freeRatio >= freeRatioMin || freeBytes >= freeBytesMin * 40) return [];
  return [`the disk of the data is nearly full: ${Math.round(freeBytes / 1_048_576)} MiB are left`];
}

const leastNames = [
  "max_connections",
  "max_worker_processes",
  "max_wal_senders",
  "max_prepared_transactions",
  "max_locks_per_transaction",
];

/** What both rows together say; it stays true when the peer is gone. */
export function pairReasons(here: ServerRow, there: ServerRow): readonly string[] {
  if (here.systemId !== there.systemId) {
    return ["the peer's server is another database: the system identifiers differ"];
  }
  if (!here.recovering) return [];
  return leastNames.flatMap((name) => {
    const [own, needed] = [Number(here.settings[name]), Number(there.settings[name])];
    return own < needed
      ? [`${name} is ${own} and the peer's is ${needed}: this standby would not start again`]
      : [];
  });
}
