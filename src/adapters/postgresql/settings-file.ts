/**
 * The settings that are ours, in `postgresql.auto.conf`: the server reads that file last, wherever its other files lie, and only its
 * command line stands above it (PostgreSQL, `ALTER SYSTEM`). Everything in it that is not ours stays.
 */
import { Failure } from "../../core/kernel/failure.ts";

/** `held`: commits wait for the peer's standby only beyond the position that was granted (`postgres-grant.ts`). */
export type Sync = "required" | "relaxed" | "held";

/** Application name under which a position is granted. No region has it: names of clusters have four parts. */
export const granterName = "sovereign-ceiling";

export type OwnSettings = {
  readonly sync: Sync;
  /** Application name under which the peer's standby streams from here. Never `*`: whoever else streams would satisfy that. */
  readonly peerRegion: string;
  /** Where this server follows, as `conninfoText` writes it; null when it follows nobody. */
  readonly upstream: string | null;
  /** Further settings that have to have at least this value here. */
  readonly raised: Readonly<Record<string, number>>;
};

/** The value of synchronous_standby_names. */
export function standbyNames(peerRegion: string, sync: Sync): string {
  if (sync === "relaxed") return "";
  return sync === "required"
    ? `FIRST 1 ("${peerRegion}")`
    : `ANY 1 ("${peerRegion}", "${granterName}")`;
}

/** What a value of synchronous_standby_names means here; null for one that is not ours. */
export function syncNamed(peerRegion: string, names: string): Sync | null {
  const all = ["required", "relaxed", "held"] as const;
  return all.find((sync) => standbyNames(peerRegion, sync) === names) ?? null;
}

function ownSettings({ sync, peerRegion, upstream, raised }: OwnSettings): Record<string, string> {
  const numbers = Object.entries(raised).map(([name, least]) => [name, String(least)] as const);
  return {
    ...Object.fromEntries(numbers),
    synchronous_standby_names: standbyNames(peerRegion, sync),
    synchronous_commit: "on",
    primary_conninfo: upstream ?? "",
    recovery_target_timeline: "latest",
    hot_standby: "on",
    // A server one of whose processes fell goes through the gate like any other start.
    restart_after_crash: "off",
    // So that pg_rewind can be used.
    wal_log_hints: "on",
    full_page_writes: "on",
    wal_sender_timeout: "5s",
    wal_receiver_timeout: "5s",
    wal_receiver_status_interval: "1s",
    wal_retrieve_retry_interval: "1s",
  };
}

/** The whole file with our settings in it; settings of others, and comments, stay in their order. */
export function renderSettings(text: string, own: OwnSettings): string {
  const ours = ownSettings(own);
  const kept = text.split("\n").filter((line) => line !== "" && !(settingName(line) in ours));
  const added = Object.entries(ours).map(([name, value]) => `${name} = ${quoted(value)}`);
  return `${[...kept, ...added].join("\n")}\n`;
}

/** The last value of a setting in the file; null when it is not there. Inverse of what is written here. */
export function settingIn(text: string, name: string): string | null {
  const line = text.split("\n").findLast((one) => settingName(one) === name);
  const value = /=\s*(?:'((?:[^']|'')*)'|(\S+))/.exec(line ?? "");
  if (value === null) return null;
  return value[1] === undefined
    ? (value[2] ?? null)
    : value[1].replace(/''/g, "'").replace(/\\\\/g, "\\");
}

function settingName(line: string): string {
  return /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=|\s)/.exec(line)?.[1]?.toLowerCase() ?? "";
}

/** Names of regions as they stand in application_name: short, without a character that would need care. Fails with ConfigInvalid. */
export function refuseBadName(name: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/.test(name)) {
    throw new Failure("ConfigInvalid", `"${name}" can not be the name of a standby`);
  }
}

/** Connection parameters as libpq reads them. Fails with ConfigInvalid for a password, which belongs into the file `passfile` names. */
export function conninfoText(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => {
      if (!/^[a-z_]+$/.test(name) || name === "password") {
        throw new Failure("ConfigInvalid", `${name} can not be a connection parameter here`);
      }
      return `${name}='${value.replace(/[\\']/g, "\\$&")}'`;
    })
    .join(" ");
}

function quoted(value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new Failure("ConfigInvalid", "a setting of PostgreSQL has to be one line");
  }
  return `'${value.replace(/\\/g, "\\\\").replace(/'/g, "''")}'`;
}
