/**
 * What a server's control file says, without asking the server: a hung one answers nothing, and its file is true (PostgreSQL,
 * `pg_control.h` and `pg_controldata`). The server writes the state in the same breath in which it begins to allow writes.
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { parseLsn } from "./lsn.ts";

/** In the order of `DBState`, which has not changed since version 9.2. */
const states = [
  "starting up",
  "shut down",
  "shut down in recovery",
  "shutting down",
  "in crash recovery",
  "in archive recovery",
  "in production",
] as const;

export type ClusterState = (typeof states)[number];

/** Behind the identifier (8 bytes), the file's version (4) and the catalogue's (4). */
const stateOffset = 16;

/** Null where there is no such file, or it is of no version that is known here. */
export async function readClusterState(dataFolder: string): Promise<ClusterState | null> {
  const bytes = Buffer.alloc(stateOffset + 4);
  try {
    const file = await open(join(dataFolder, "global", "pg_control"), "r");
    try {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      if (bytesRead < bytes.length) return null;
    } finally {
      await file.close();
    }
  } catch {
    return null; // Without a control file no server of these data can run.
  }
  return parseClusterState(bytes);
}

/** The state out of the file's first 20 bytes; they are in the byte order of the machine, which is little on all that Node runs on here. */
export function parseClusterState(bytes: Buffer): ClusterState | null {
  if (bytes.length < stateOffset + 4) return null;
  const version = bytes.readUInt32LE(8);
  if (version < 900 || version > 9_999) return null;
  return states[bytes.readUInt32LE(stateOffset)] ?? null;
}

/** What `pg_controldata` says of a stopped server. */
export type ControlData = {
  readonly systemId: string;
  readonly state: string;
  readonly timeline: number;
  /** Where the last checkpoint's record begins; of a server that was shut down it is the last record. */
  readonly checkpoint: number | null;
  /** Data checksums or wal_log_hints: without either, pg_rewind can not know what changed. */
  readonly isRewindable: boolean;
  /** Settings below which a standby refuses to start, by name. */
  readonly least: Readonly<Record<string, number>>;
};

/** A standby's may not be lower than those of the server that wrote its log (PostgreSQL, *Hot Standby*). */
export const leastNames = [
  "max_connections",
  "max_worker_processes",
  "max_wal_senders",
  "max_prepared_xacts",
  "max_locks_per_xact",
] as const;

/** Names that the control file shortens. */
const settingOf: Readonly<Record<string, string>> = {
  max_prepared_xacts: "max_prepared_transactions",
  max_locks_per_xact: "max_locks_per_transaction",
};

/** Reads what `pg_controldata` prints in the C locale; null when something that is needed is not in it. */
export function parseControlData(text: string): ControlData | null {
  const lines = text.split("\n");
  const value = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const systemId = value("Database system identifier");
  const state = value("Database cluster state");
  const timeline = Number(value("Latest checkpoint's TimeLineID") ?? "none");
  if (systemId === undefined || state === undefined || !Number.isSafeInteger(timeline)) return null;
  const checksums = value("Data page checksum version");
  const hasChecksums = checksums !== undefined && checksums !== "0";
  const least: Record<string, number> = {};
  for (const name of leastNames) {
    const number = Number(value(`${name} setting`) ?? "none");
    if (Number.isSafeInteger(number)) least[settingOf[name] ?? name] = number;
  }
  return {
    systemId,
    state,
    timeline,
    checkpoint: parseLsn(value("Latest checkpoint location") ?? null),
    isRewindable: hasChecksums || value("wal_log_hints setting") === "on",
    least,
  };
}
