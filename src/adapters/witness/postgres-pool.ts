/** Connections to one PostgreSQL server (node-postgres): a few, each looked at once, with limits on all that waits. */
import { DatabaseError, Pool, type PoolClient, type QueryConfig } from "pg";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isLoopback } from "../loopback.ts";
import { registerSecret } from "../secrets.ts";

export type PostgresServer = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Asked at each connection, so that a replaced one is taken up. */
  readonly readPassword: () => Promise<string>;
  /** PEM texts; `off` is for loopback only. The server's name is verified. */
  readonly tls: "off" | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Limit of one request, connecting included. */
  readonly timeoutMs: number;
};

export type Query = (text: string) => Promise<unknown>;

export type PostgresPool = {
  /** The rows, or that a transaction was given up in favour of another one. Fails as `LeaseRegister` does. */
  run(query: QueryConfig, signal?: Signal): Promise<unknown>;
  close(): Promise<void>;
};

const connectionsMax = 4;
const idleMs = 60_000;

/** `inspect` sees every new connection before its first use, and throws when it must not be used. */
export function postgresPool(
  server: PostgresServer,
  id: string,
  inspect: (query: Query) => Promise<void>,
): PostgresPool {
  const { host, port, database, user, timeoutMs } = server;
  if (server.tls === "off" && !isLoopback(host) && !host.startsWith("/")) {
    throw new Failure("ConfigInvalid", `${id} is not on this machine and TLS is off`);
  }
  const pool = new Pool({
    host,
    port,
    database,
    user,
    password: async () => {
      const password = await server.readPassword();
      registerSecret(password);
      return password;
    },
    ssl: server.tls === "off" ? false : { ...server.tls, rejectUnauthorized: true },
    max: connectionsMax,
    idleTimeoutMillis: idleMs,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    application_name: "sovereign witness",
    keepAlive: true,
  });
  // A connection that breaks while it is idle is replaced at the next use; there is nobody to tell.
  pool.on("error", () => undefined);
  const inspected = new WeakSet<PoolClient>();
  const use = async (client: PoolClient, query: QueryConfig): Promise<unknown> => {
    if (!inspected.has(client)) {
      await inspect(async (text) => (await client.query<object>(text)).rows);
      inspected.add(client);
    }
    return (await client.query<object>(query)).rows;
  };
  return {
    run: async (query, signal) => {
      const limit = limitOf(timeoutMs, id, signal);
      try {
        const client = await connect(pool, limit);
        // Breaking off the connection ends whatever it still does or waits for.
        client.on("error", ignored);
        try {
          const rows = await Promise.race([use(client, query), limit.passed]);
          release(client, false);
          return rows;
        } catch (thrown) {
          release(client, true);
          throw thrown;
        }
      } catch (thrown) {
        const failure = failureOf(thrown, id);
        if (failure === undefined) return "conflict";
        throw failure;
      } finally {
        limit.end();
      }
    },
    close: () => pool.end(),
  };
}

function ignored(): void {
  // What broke the connection is told by the request that used it.
}

function release(client: PoolClient, isBroken: boolean): void {
  client.removeListener("error", ignored);
  client.release(isBroken);
}

type Limit = {
  /** Rejects when the time is over or the caller gives up. */
  readonly passed: Promise<never>;
  readonly end: () => void;
};

function limitOf(timeoutMs: number, id: string, signal: Signal | undefined): Limit {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const passed = new Promise<never>((_, reject) => {
    const give = (failure: Failure): void => reject(failure);
    const message = `${id} did not answer within ${timeoutMs} ms`;
    timer = setTimeout(
      () => give(new Failure("WitnessUnreachable", message, { where: id })),
      timeoutMs,
    );
    stop = () => give(new Failure("Cancelled", `asking ${id} was stopped`, { where: id }));
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
  passed.catch(() => undefined); // It may come when nobody races with it any more.
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  };
  return { passed, end };
}

/** A connection; one that comes too late goes back where it came from. */
async function connect(pool: Pool, limit: Limit): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await Promise.race([connecting, limit.passed]);
  } catch (thrown) {
    connecting.then(
      (client) => client.release(),
      () => undefined, // It is told already.
    );
    throw thrown;
  }
}

/** SQLSTATE classes and states (PostgreSQL, appendix A); what is not listed was refused, and so was not done. */
const conflicts = new Set(["40001", "40P01"]);
const unauthorized = /^(?:28|42501)/;
const unreachable = /^(?:08|53|57|58|XX|55P03|25P0[34])/;

/** Undefined for a transaction that was given up in favour of another one. */
function failureOf(thrown: unknown, id: string): Failure | undefined {
  if (thrown instanceof Failure) return thrown;
  const details = { where: id, cause: thrown };
  if (!(thrown instanceof DatabaseError)) {
    const words = thrown instanceof Error ? wordsOf(thrown) : "the connection failed";
    return new Failure("WitnessUnreachable", `${id} can not be reached: ${words}`, details);
  }
  const state = thrown.code ?? "";
  const said = `${state} ${wordsOf(thrown)}`;
  if (conflicts.has(state)) return undefined;
  if (unauthorized.test(state)) {
    return new Failure("WitnessUnauthorized", `${id} does not let us: ${said}`, details);
  }
  if (unreachable.test(state) || state === "") {
    return new Failure("WitnessUnreachable", `${id} could not: ${said}`, details);
  }
  return new Failure("WitnessRefused", `${id} refuses the request: ${said}`, details);
}

function wordsOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const words = error.message === "" ? code : error.message;
  return words.replace(/[^\x20-\x7e]+/g, " ").slice(0, 200);
}
