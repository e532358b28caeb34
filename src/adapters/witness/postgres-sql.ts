/** The statements of the PostgreSQL store, and the parsing of what they give. Every name in them is qualified. */

import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";

export type PostgresNames = {
  /** Schema of the one table, as an identifier that needs no quotes. */
  readonly schema: string;
  /** An expression of type `timestamptz`; `pg_catalog.clock_timestamp()` but in tests that step it. */
  readonly clock: string;
};

/** Facts that decide whether a server may hold leases at all. */
export const serverFactsSql = (schema: string): string => `
  SELECT pg_catalog.current_setting('server_version_num') AS version,
         pg_catalog.pg_is_in_recovery() AS recovering,
         control.system_identifier::pg_catalog.text AS system,
         pg_catalog.current_setting('cluster_name') AS cluster,
         pg_catalog.current_setting('fsync') AS fsync,
         pg_catalog.current_setting('full_page_writes') AS full_page_writes,
         class.relpersistence::pg_catalog.text AS persistence,
         class.relkind::pg_catalog.text AS kind
  FROM pg_catalog.pg_control_system() AS control
  LEFT JOIN pg_catalog.pg_class AS class
    ON class.oid = pg_catalog.to_regclass('${schema}.lease')::pg_catalog.oid`;

/** Makes the table; several may do it at once, hence the lock. */
export const createSql = (schema: string): readonly string[] => [
  "BEGIN",
  "SET LOCAL synchronous_commit = on",
  "SELECT pg_catalog.pg_advisory_xact_lock(7236834, 1)",
  `CREATE SCHEMA IF NOT EXISTS ${schema}`,
  `CREATE TABLE IF NOT EXISTS ${schema}.lease (
     slot pg_catalog.text PRIMARY KEY,
     rev pg_catalog.int8 NOT NULL CHECK (rev >= 1),
     epoch pg_catalog.int8 NOT NULL CHECK (epoch >= 1),
     record pg_catalog.json NOT NULL,
     written_at pg_catalog.timestamptz NOT NULL
   )`,
  "COMMIT",
];

/** $1 slot. Always one row. */
export const readSql = ({ schema, clock }: PostgresNames): string => `
  SELECT pg_catalog.pg_is_in_recovery() AS recovering,
         pg_catalog.floor(extract(epoch FROM ${clock}) * 1000)::pg_catalog.text AS now_ms,
         lease.rev::pg_catalog.text AS rev,
         lease.record::pg_catalog.text AS record
  FROM (SELECT 1) AS one LEFT JOIN ${schema}.lease AS lease ON lease.slot = $1`;

/**
 * $1 slot, $2 expected rev, $3 epoch, $4 record. One row when it was written, none when the revision had moved. The setting
 * holds for this transaction alone, whatever role, database and server have: no answer before the WAL is on disk.
 */
export const casSql = ({ schema }: PostgresNames): string => `
  INSERT INTO ${schema}.lease AS lease (slot, rev, epoch, record, written_at)
  SELECT $1, $2::pg_catalog.int8 + 1, $3::pg_catalog.int8, $4::pg_catalog.json,
         pg_catalog.clock_timestamp()
  FROM (SELECT pg_catalog.set_config('synchronous_commit', 'on', true) AS level) AS durable
  WHERE durable.level = 'on'
    AND ($2::pg_catalog.int8 = 0 OR EXISTS (SELECT FROM ${schema}.lease AS old WHERE old.slot = $1))
  ON CONFLICT (slot) DO UPDATE
    SET rev = excluded.rev, epoch = excluded.epoch, record = excluded.record,
        written_at = excluded.written_at
    WHERE lease.rev = $2::pg_catalog.int8 AND lease.epoch <= excluded.epoch
  RETURNING lease.rev::pg_catalog.text AS rev`;

const digits = z
  .string()
  .regex(/^[0-9]{1,16}$/)
  .transform(Number)
  .refine(Number.isSafeInteger);

const factsSchema = z.tuple([
  z.object({
    version: digits,
    recovering: z.boolean(),
    system: z.string().regex(/^[0-9]+$/),
    cluster: z.string(),
    fsync: z.string(),
    full_page_writes: z.string(),
    persistence: z.string().nullable(),
    kind: z.string().nullable(),
  }),
]);
const readSchema = z.tuple([
  z.object({
    recovering: z.boolean(),
    now_ms: digits,
    rev: digits.nullable(),
    record: z.string().nullable(),
  }),
]);
const casSchema = z.array(z.object({ rev: digits })).max(1);

export type ServerFacts = z.infer<typeof factsSchema>[0];

/** Fails with WitnessRefused when the rows are others than the statement gives. */
export function parseFacts(rows: unknown, id: string): ServerFacts {
  const parsed = factsSchema.safeParse(rows);
  if (parsed.success) return parsed.data[0];
  throw unexpected("WitnessRefused", id);
}

export type ReadRow = {
  readonly recovering: boolean;
  readonly nowMs: number;
  readonly found: { readonly rev: number; readonly json: unknown } | undefined;
};

/** Fails with WitnessRefused when the rows are others than the statement gives. */
export function parseRead(rows: unknown, id: string): ReadRow {
  const parsed = readSchema.safeParse(rows);
  if (!parsed.success) throw unexpected("WitnessRefused", id);
  const { recovering, now_ms: nowMs, rev, record } = parsed.data[0];
  if (rev === null && record === null) return { recovering, nowMs, found: undefined };
  if (rev === null || record === null) throw unexpected("WitnessRefused", id);
  return { recovering, nowMs, found: { rev, json: parseJson(record) } };
}

/** Whether it was written. Fails with WitnessUnreachable when the rows do not say. */
export function parseCas(rows: unknown, expectedRev: number, id: string): boolean {
  const parsed = casSchema.safeParse(rows);
  const [row] = parsed.success ? parsed.data : [];
  if (!parsed.success || (row !== undefined && row.rev !== expectedRev + 1)) {
    throw unexpected("WitnessUnreachable", id);
  }
  return row !== undefined;
}

function unexpected(code: "WitnessRefused" | "WitnessUnreachable", id: string): Failure {
  return new Failure(code, `${id} answers something that the statement does not give`, {
    where: id,
    remedy: "Check that it is a PostgreSQL, and that nothing stands between it and this program.",
  });
}
