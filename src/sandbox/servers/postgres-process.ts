/** A real PostgreSQL server on loopback: its own data, a generated password, and a user without rights when we are root. */
import { randomBytes } from "node:crypto";
import { chownSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { requireProgram } from "../programs.ts";
import { programOutput, runProgram } from "../run-program.ts";
import {
  dropRights,
  freePort,
  isRoot,
  nobody,
  ownLoopback,
  type ServerProcess,
  serverFolder,
  serverProcess,
} from "./server-process.ts";

export type PostgresOptions = {
  /** Settings as they stand in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Data of another server to begin from, instead of an empty one; copied by `pg_basebackup`. */
  readonly copyOf?: PostgresProcess;
};

export type PostgresProcess = ServerProcess & {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataFolder: string;
  /** Runs SQL as the owner of everything, by psql, and gives its output without decoration. */
  sql(text: string, database?: string): Promise<string>;
};

const superuser = "postgres";
const initLimitMs = 120_000;

/** Starts the server and waits until it takes connections. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresProcess> {
  const server = await preparePostgres(options);
  try {
    await server.start();
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
  return server;
}

/** Makes the data without starting anything. */
export async function preparePostgres(options: PostgresOptions = {}): Promise<PostgresProcess> {
  const postgres = requireProgram("postgres", process.env);
  const tool = (name: string): string => join(dirname(postgres), name);
  const setpriv = requireProgram("setpriv", process.env);
  const folder = serverFolder("postgres", true);
  const dataFolder = join(folder, "data");
  const host = ownLoopback();
  const port = await freePort(host);
  const password = options.copyOf?.password ?? randomBytes(16).toString("hex");
  const env = { LC_ALL: "C", PGPASSWORD: password };
  const asOwner = async (name: string, args: readonly string[]): Promise<void> => {
    const rights = isRoot() ? dropRights : [];
    const all = [...rights, "--", tool(name), ...args];
    await programOutput(setpriv, all, { env, cwd: folder, timeoutMs: initLimitMs });
  };
  if (options.copyOf === undefined) {
    const file = join(folder, "password");
    writeFileSync(file, password, { mode: 0o600 });
    if (isRoot()) chownSync(file, nobody, nobody);
    const who = ["-U", superuser, `--pwfile=${file}`, "--auth=scram-sha-256"];
    await asOwner("initdb", ["-D", dataFolder, "-N", "-E", "UTF8", "--locale=C", ...who]);
  } else {
    const from = ["-h", options.copyOf.host, "-p", String(options.copyOf.port), "-U", superuser];
    await asOwner("pg_basebackup", ["-D", dataFolder, "-R", "-c", "fast", "-N", ...from]);
  }
  const settings = {
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: "",
    max_connections: "60",
    shared_buffers: "32MB",
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const address = ["-h", host, "-p", String(port), "-U", superuser];
  const server = serverProcess({
    name: "PostgreSQL",
    setpriv,
    command: postgres,
    args: ["-D", dataFolder, ...args],
    folder,
    asNobody: true,
    isReady: async () => (await runProgram(tool("pg_isready"), address, { env })).exitCode === 0,
  });
  return Object.assign(server, {
    host,
    port,
    user: superuser,
    password,
    dataFolder,
    sql: (text: string, database = "postgres"): Promise<string> =>
      programOutput(
        tool("psql"),
        [...address, "-d", database, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", text],
        { env, timeoutMs: 60_000 },
      ).then((output) => output.trim()),
  });
}
