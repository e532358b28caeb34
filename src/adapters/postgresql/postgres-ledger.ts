/**
 * The sandbox's ledger: an append-only table whose acknowledged rows somebody counts. What matters is when a write is acknowledged:
 * after a COMMIT that nothing cut short, and never because somebody else's row with the same id is there.
 */
import { DatabaseError, Pool, type PoolClient } from "pg";

export type LedgerOptions = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly readPassword: () => Promise<string>;
  /** Written into each row. */
  readonly region: string;
  /** Limit of one request. */
  readonly timeoutMs: number;
};

export type LedgerWrite =
  | {
      readonly kind: "done";
      readonly epoch: number;
      /** Position of the log at which the row was written; its commit stands behind it. */
      readonly lsn: string;
    }
  /** Certainly not written. */
  | { readonly kind: "refused"; readonly because: string }
  /** It may be written or not, and may be undone. */
  | { readonly kind: "unknown"; readonly because: string }
  /** A row with this id is there; nothing is said of how safe it is. */
  | { readonly kind: "exists" };

export type LedgerEntry = {
  readonly id: string;
  readonly region: string;
  readonly epoch: number;
  readonly atMs: number;
};

export type Ledger = {
  write(id: string): Promise<LedgerWrite>;
  /** The next rows after an id, in order of ids, or the reason why they can not be read. */
  entries(after: string | undefined, limit: number): Promise<readonly LedgerEntry[] | string>;
  close(): Promise<void>;
};

const connectionsMax = 4;
/** More wait for a connection than this, and the next one is told to come back. */
const waitingMax = 100;

/** Nothing between the end of recovery and the row of the promotion: a write of that moment would carry the epoch of the writer before. */
const insert = `INSERT INTO ledger (id, region, epoch)
SELECT $1::uuid, newest.region, newest.epoch
FROM (SELECT region, epoch FROM sovereign.promotion ORDER BY number DESC LIMIT 1) AS newest
WHERE newest.region = $2
RETURNING epoch::float8 AS epoch, pg_current_wal_insert_lsn()::text AS lsn`;

const select = `SELECT id::text AS id, region, epoch::float8 AS epoch,
  floor(extract(epoch FROM at) * 1000)::float8 AS "atMs"
FROM ledger WHERE $1::uuid IS NULL OR id > $1::uuid ORDER BY id LIMIT $2`;

/** Connects when it is first used; every answer comes within about twice `timeoutMs`. */
export function postgresLedger(options: LedgerOptions): Ledger {
  const { host, port, database, user, readPassword, region, timeoutMs } = options;
  const pool = new Pool({
    ...{ host, port, database, user, password: readPassword, ssl: false },
    max: connectionsMax,
    connectionTimeoutMillis: timeoutMs,
    // Ours alone. The server's statement_timeout would end the waiting for the other region, and acknowledge what is only here.
    query_timeout: timeoutMs,
    idleTimeoutMillis: 30_000,
    application_name: `ledger of ${region}`,
  });
  pool.on("error", () => undefined); // An idle connection broke; it is replaced at the next use.
  return {
    write: (id) => write(pool, id, region),
    entries: async (after, limit) => {
      try {
        return (await pool.query<LedgerEntry>(select, [after ?? null, limit])).rows;
      } catch (thrown) {
        return wordsOf(thrown);
      }
    },
    close: () => pool.end(),
  };
}

async function write(pool: Pool, id: string, region: string): Promise<LedgerWrite> {
  if (pool.waitingCount > waitingMax) {
    return { kind: "refused", because: "too many writes wait for the database" };
  }
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (thrown) {
    return { kind: "refused", because: wordsOf(thrown) };
  }
  let warning: string | undefined;
  // PostgreSQL says so when it commits without the other region after all.
  const onNotice = ({ message }: { readonly message: string | undefined }): void => {
    warning = message ?? "the database warned";
  };
  const ignore = (): void => undefined; // What broke the connection is told by the request that used it.
  client.on("notice", onNotice);
  client.on("error", ignore);
  let isBroken = true;
  try {
    const { rows } = await client.query<{ epoch: number; lsn: string }>(insert, [id, region]);
    isBroken = warning !== undefined;
    const [row] = rows;
    if (warning !== undefined) return { kind: "unknown", because: warning };
    if (row === undefined) {
      return { kind: "refused", because: `the newest promotion is not one of ${region}` };
    }
    return { kind: "done", epoch: row.epoch, lsn: row.lsn };
  } catch (thrown) {
    const outcome = outcomeOf(thrown);
    isBroken = outcome.kind === "unknown";
    return outcome;
  } finally {
    client.removeListener("notice", onNotice);
    client.removeListener("error", ignore);
    client.release(isBroken);
  }
}

/** SQLSTATE classes (PostgreSQL, appendix A) with which a statement was certainly undone: data, constraints, state, syntax, rights. */
const undone = /^(?:22|23|25|28|40|42|53)/;
const alreadyThere = "23505";

function outcomeOf(thrown: unknown): LedgerWrite {
  const state = thrown instanceof DatabaseError ? (thrown.code ?? "") : "";
  if (state === alreadyThere) return { kind: "exists" };
  return { kind: undone.test(state) ? "refused" : "unknown", because: wordsOf(thrown) };
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message.slice(0, 200) : "the connection failed";
}
