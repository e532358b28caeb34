/**
 * One slot in SQLite. Writing is one statement that compares and sets, so it holds even when two processes have the file
 * open, which workerd does not prevent (facts of the witness §2a).
 */
import { grantsKept, type LeaseGrant } from "../core/lease/protocol.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import type { SqlRow, SqlStorage, SqlValue } from "./platform.ts";
import type { SlotStore } from "./slots.ts";

const schema = `
CREATE TABLE IF NOT EXISTS lease (
  id INTEGER PRIMARY KEY CHECK (id = 1), slot TEXT NOT NULL, epoch INTEGER NOT NULL, rev INTEGER NOT NULL,
  holder TEXT, process TEXT, ttl_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, req_id TEXT, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
  epoch INTEGER PRIMARY KEY, rev INTEGER NOT NULL, holder TEXT NOT NULL, process TEXT NOT NULL,
  ttl_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL
);`;

const swap = `
INSERT INTO lease (id, slot, epoch, rev, holder, process, ttl_ms, expires_at_ms, req_id, note)
VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, rev = excluded.rev, holder = excluded.holder,
  process = excluded.process, ttl_ms = excluded.ttl_ms, expires_at_ms = excluded.expires_at_ms,
  req_id = excluded.req_id, note = excluded.note
WHERE lease.rev = excluded.rev - 1
RETURNING rev`;

const forget = `
DELETE FROM grants WHERE epoch NOT IN (SELECT epoch FROM grants ORDER BY epoch DESC LIMIT ${grantsKept})`;

/** Makes the tables; costs nothing when they are there. */
export function makeTables(sql: SqlStorage): void {
  sql.exec(schema);
}

/** The store of the slot whose database this is. */
export function sqlSlot(sql: SqlStorage, slot: string): SlotStore {
  return {
    load() {
      const [row] = [...sql.exec("SELECT * FROM lease WHERE id = 1")];
      return row === undefined ? emptyLease(slot) : recordOf(row);
    },
    swap(record, grant) {
      const { epoch, rev, holder, instance, ttlMs, expiresAtMs, reqId } = record;
      const note = JSON.stringify(record.note);
      const values = [slot, epoch, rev, holder, instance, ttlMs, expiresAtMs, reqId, note];
      if ([...sql.exec(swap, ...values)].length !== 1) return false;
      if (grant !== undefined) remember(sql, grant);
      return true;
    },
  };
}

/** The grants that are remembered, newest first. */
export function sqlGrants(sql: SqlStorage): readonly LeaseGrant[] {
  return [...sql.exec("SELECT * FROM grants ORDER BY epoch DESC")].map((row) => ({
    epoch: number(row["epoch"]),
    rev: number(row["rev"]),
    holder: text(row["holder"]) ?? "",
    instance: text(row["process"]) ?? "",
    ttlMs: number(row["ttl_ms"]),
    atMs: number(row["at_ms"]),
  }));
}

/** In the transaction of the write before it: the platform commits both, before the answer leaves, or neither. */
function remember(
  sql: SqlStorage,
  { epoch, rev, holder, instance, ttlMs, atMs }: LeaseGrant,
): void {
  const insert = "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?, ?, ?)";
  [...sql.exec(insert, epoch, rev, holder, instance, ttlMs, Math.round(atMs))];
  [...sql.exec(forget)];
}

function recordOf(row: SqlRow): LeaseRecord {
  return {
    slot: text(row["slot"]) ?? "",
    epoch: number(row["epoch"]),
    rev: number(row["rev"]),
    holder: text(row["holder"]),
    instance: text(row["process"]),
    ttlMs: number(row["ttl_ms"]),
    expiresAtMs: number(row["expires_at_ms"]),
    reqId: text(row["req_id"]),
    note: JSON.parse(text(row["note"]) ?? "{}") as LeaseRecord["note"], // Only `swap` writes it.
  };
}

const number = (value: SqlValue | undefined): number => (typeof value === "number" ? value : 0);
const text = (value: SqlValue | undefined): string | null =>
  typeof value === "string" ? value : null;
