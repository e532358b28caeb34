/**
 * A PostgreSQL outside both regions as a store with compare-and-set: one table, one statement for each write, its own
 * `clock_timestamp()` as the clock (facts of the witness §4). It must not be a database that the lease protects.
 */
import type { LeaseRegister } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { emptyLease } from "../../core/lease/record.ts";
import { type PostgresServer, postgresPool } from "./postgres-pool.ts";
import {
  casSql,
  createSql,
  type PostgresNames,
  parseCas,
  parseFacts,
  parseRead,
  readSql,
  type ServerFacts,
  serverFactsSql,
} from "./postgres-sql.ts";
import { readStoredRecord } from "./stored-record.ts";

export type PostgresOptions = PostgresServer & {
  /** System identifiers (`pg_controldata`) and cluster names of databases that the lease protects; their servers are refused. */
  readonly protectedSystems: readonly string[];
  /** Schema of the one table; default `sovereign_witness`. Made when it is missing. */
  readonly schema?: string;
  /** The clock as an SQL expression; for tests that step it. Default `pg_catalog.clock_timestamp()`. */
  readonly clock?: string;
};

export type PostgresRegister = LeaseRegister & { close(): Promise<void> };

/** Oldest version that is tried: 13. */
const oldestVersion = 130_000;

/** Nothing is connected before the first request. Fails with ConfigInvalid. */
export function postgresRegister(options: PostgresOptions): PostgresRegister {
  const { host, port, database, schema = "sovereign_witness" } = options;
  const id = `PostgreSQL at ${host}:${port}/${database}`;
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw new Failure("ConfigInvalid", `the schema of ${id} is not a plain identifier`);
  }
  const names: PostgresNames = { schema, clock: options.clock ?? "pg_catalog.clock_timestamp()" };
  const pool = postgresPool(options, id, async (query) => {
    const facts = parseFacts(await query(serverFactsSql(schema)), id);
    refuseServer(facts, options.protectedSystems, id);
    if (facts.kind === null) for (const statement of createSql(schema)) await query(statement);
  });
  const read = { name: "lease-read", text: readSql(names) };
  const write = { name: "lease-cas", text: casSql(names) };
  return {
    id,
    async read(slot, signal) {
      const rows = await pool.run({ ...read, values: [slot] }, signal);
      if (rows === "conflict") throw new Failure("WitnessUnreachable", `${id} gave the read up`);
      const row = parseRead(rows, id);
      if (row.recovering) throw inRecovery(id);
      if (row.found === undefined) return { record: emptyLease(slot), nowMs: row.nowMs };
      const record = readStoredRecord(row.found.json, slot, id);
      if (record.rev !== row.found.rev) {
        throw new Failure("WitnessRefused", `${id}: column and record of ${slot} differ`);
      }
      return { record, nowMs: row.nowMs };
    },
    async cas(slot, expectedRev, record, signal) {
      const values = [slot, expectedRev, record.epoch, JSON.stringify(record)];
      const rows = await pool.run({ ...write, values }, signal);
      // A transaction that was given up in favour of another was not done, and finds another revision next.
      return rows === "conflict" ? false : parseCas(rows, expectedRev, id);
    },
    close: () => pool.close(),
  };
}

function inRecovery(id: string): Failure {
  return new Failure("WitnessRefused", `${id} is in recovery: it only follows another server`, {
    where: id,
    remedy: "Name the server that writes. A standby must never take its place by itself.",
  });
}

/** A server that may forget what it acknowledged, or that shares the fate of what the lease protects, is none. */
function refuseServer(facts: ServerFacts, protectedSystems: readonly string[], id: string): void {
  const { version, recovering, system, cluster, fsync, persistence, kind } = facts;
  if (recovering) throw inRecovery(id);
  const refuse = (because: string, remedy: string): never => {
    throw new Failure("WitnessRefused", `${id} ${because}`, { where: id, remedy });
  };
  if (protectedSystems.includes(system) || (cluster !== "" && protectedSystems.includes(cluster))) {
    refuse(
      `is a database that the lease protects (system ${system})`,
      "Keep leases on a server of their own, outside both regions.",
    );
  }
  if (version < oldestVersion) refuse("is older than version 13", "Take a newer one.");
  if (fsync !== "on" || facts.full_page_writes !== "on") {
    refuse("may forget what it acknowledged", "Set fsync = on and full_page_writes = on.");
  }
  if (kind !== null && (kind !== "r" || persistence !== "p")) {
    refuse("keeps leases in something that a crash empties", "Make it an ordinary, logged table.");
  }
}
