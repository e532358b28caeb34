/** Two real PostgreSQL servers under the adapter, each as a region has it; a test file stops what it starts. */
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { systemClock } from "../../src/adapters/clock.ts";
import type { PostgresServiceOptions } from "../../src/adapters/postgresql/postgres-options.ts";
import {
  type PostgresService,
  postgresService,
} from "../../src/adapters/postgresql/postgres-service.ts";
import { runTool } from "../../src/adapters/postgresql/run-tool.ts";
import {
  removeDeadPidFile,
  send,
  serverProcesses,
} from "../../src/adapters/postgresql/server-processes.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import {
  freePort,
  isRoot,
  nobody,
  ownLoopback,
  serverFolder,
} from "../../src/sandbox/servers/server-process.ts";

/** Generous: a fence has to be certain, and this machine may be busy. */
export const fenceMs = 8_000;
export const regions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

export type Commit = "acknowledged" | "refused" | "waits";

/** Who expects that nothing is answered waits so long; who expects an answer waits as long as a busy machine needs. */
export const briefMs = 1_500;
const patientMs = 60_000;

export type Side = {
  readonly service: PostgresService;
  readonly dataFolder: string;
  readonly stateFolder: string;
  /** Epoch that the watchdog holds for this side; null is none. */
  tenure: number | null;
  /** Called each time before the adapter is told whether a tenure is live. */
  beforeTenure: () => Promise<void> | void;
  /** Inserts an id as a client would; `waits` when nothing is answered within the limit. */
  write(id: number, limitMs?: number): Promise<Commit>;
  ids(): Promise<readonly number[]>;
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  /** All its processes, the postmaster first. */
  pids(): Promise<readonly number[]>;
  /** kill -9 of everything, as when the machine dies. */
  die(): Promise<void>;
  /** Starts it without the adapter, as a service manager would. */
  startByHand(): Promise<void>;
  /** The next process of the agent. */
  again(change?: Partial<PostgresServiceOptions>): PostgresService;
};

export type Pair = {
  readonly a: Side;
  readonly b: Side;
  readonly world: PairWorld;
  close(): Promise<void>;
};

export const settings = (host: string, port: number): string =>
  [
    `listen_addresses = '${host}'`,
    `port = ${port}`,
    "unix_socket_directories = ''",
    "shared_buffers = 16MB",
    "wal_keep_size = 128MB",
    "",
  ].join("\n");

/** When the tests themselves are ended: the servers' processes end with the one that started them. */
function endNow(pidFile: string): void {
  try {
    send(Number(readFileSync(pidFile, "utf8").split("\n")[0]), "SIGKILL");
  } catch {
    // It does not run.
  }
}

const own = (path: string): void => {
  if (isRoot()) chownSync(path, nobody, nobody);
};

export type PairWorld = {
  readonly root: string;
  /** Certificate authority of the servers, which then take no connection in the clear; null: in the clear. */
  readonly ca: string | null;
  readonly host: string;
  readonly ports: readonly [number, number];
  readonly password: string;
  readonly programs: string;
};

const runAs = isRoot() ? { uid: nobody, gid: nobody } : undefined;

/** With certificates of an authority of their own, for the address at which they listen. */
async function issueTls(
  root: string,
  host: string,
): Promise<{ readonly ca: string; arm(side: Side): void }> {
  const [name] = regions;
  const made = await makeCertificates(join(root, "tls"), [{ name, addresses: [host] }]);
  const { certificate, key, ca } = made.of(name);
  const arm = ({ dataFolder }: Side): void => {
    for (const [from, to] of [
      [certificate, "server.crt"],
      [key, "server.key"],
    ] as const) {
      const file = join(dataFolder, to);
      writeFileSync(file, readFileSync(from), { mode: 0o600 });
      own(file);
    }
    appendFileSync(join(dataFolder, "postgresql.conf"), "ssl = on\n");
    const hba = join(dataFolder, "pg_hba.conf");
    if (!existsSync(hba)) return;
    writeFileSync(hba, readFileSync(hba, "utf8").replaceAll(/^host\b/gm, "hostssl"));
  };
  chmodSync(join(root, "tls"), 0o755);
  for (const file of [certificate, ca]) chmodSync(file, 0o644);
  return { ca, arm };
}

/** Two regions: `a` has an empty database that was never promoted, `b` has nothing but its configuration. */
export async function postgresPair(
  change: Partial<PostgresServiceOptions> = {},
  { isTls = false }: { readonly isTls?: boolean } = {},
): Promise<Pair> {
  const root = serverFolder("pair", true);
  const host = ownLoopback();
  const tls = isTls ? await issueTls(root, host) : null;
  const world: PairWorld = {
    root,
    ca: tls?.ca ?? null,
    host,
    ports: [await freePort(host), await freePort(host)],
    password: randomBytes(16).toString("hex"),
    programs: dirname(requireProgram("postgres", process.env)),
  };
  const last = (): void => {
    for (const side of ["a", "b"]) endNow(join(root, side, "postmaster.pid"));
    rmSync(root, { recursive: true, force: true });
  };
  const [a, b] = [makeSide(world, 0, change), makeSide(world, 1, change)];
  const close = async (): Promise<void> => {
    for (const side of [a, b]) {
      await side.service.close().catch(() => undefined);
      await side.die();
    }
    process.removeListener("exit", last);
    last();
  };
  process.once("exit", last);
  try {
    const pwfile = join(root, "pw");
    writeFileSync(pwfile, world.password, { mode: 0o600 });
    own(pwfile);
    const argv = [join(world.programs, "initdb"), "-D", a.dataFolder, "-N", "-E", "UTF8"];
    const who = ["--locale=C", "-U", "postgres", `--pwfile=${pwfile}`, "--auth=scram-sha-256"];
    await runTool({ argv: [...argv, ...who], cwd: root, limitMs: 120_000, runAs });
    for (const [side, port] of [
      [a, world.ports[0]],
      [b, world.ports[1]],
    ] as const) {
      mkdirSync(side.dataFolder, { recursive: true, mode: 0o700 });
      own(side.dataFolder);
      const file = join(side.dataFolder, "postgresql.conf");
      // initdb's own file says nothing that these servers need.
      writeFileSync(file, settings(host, port));
      own(file);
      tls?.arm(side);
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { a, b, world, close };
}

/** As above, and `a` is promoted at epoch 1, `b` streams from it, and there is a table. */
export async function runningPair(
  change: Partial<PostgresServiceOptions> = {},
  options: { readonly isTls?: boolean } = {},
): Promise<Pair> {
  const pair = await postgresPair(change, options);
  const { a, b } = pair;
  try {
    a.tenure = 1;
    await a.service.promote(1);
    await a.service.setSync("relaxed");
    await a.sql("CREATE TABLE entry (id int PRIMARY KEY)");
    await b.service.follow();
    await a.service.setSync("required");
    return pair;
  } catch (thrown) {
    await pair.close();
    throw thrown;
  }
}

function makeSide(world: PairWorld, index: 0 | 1, change: Partial<PostgresServiceOptions>): Side {
  const { root, host, ports, password, programs, ca } = world;
  const other = index === 0 ? 1 : 0;
  const dataFolder = join(root, index === 0 ? "a" : "b");
  const address = (port: number): PostgresServiceOptions["local"] => ({
    host,
    port,
    user: "postgres",
    database: "postgres",
    readPassword: () => Promise.resolve(password),
    tls: ca === null ? "off" : { ca },
  });
  const options: PostgresServiceOptions = {
    name: "ledger-db",
    region: regions[index],
    peerRegion: regions[other],
    dataFolder,
    programs,
    local: address(ports[index]),
    peer: address(ports[other]),
    ...(isRoot() ? { user: "nobody" } : {}),
    holdsTenure: async (epoch) => {
      await side.beforeTenure();
      return side.tenure === epoch;
    },
    hasTenure: async () => side.tenure !== null,
    clock: systemClock,
    ...change,
    limits: {
      fenceMs,
      askMs: 40_000,
      confirmMs: 10_000,
      promoteMs: 90_000,
      streamMs: 90_000,
      ...change.limits,
    },
  };
  const side: Side = {
    service: postgresService(options),
    dataFolder,
    stateFolder: `${dataFolder}.sovereign`,
    tenure: null,
    beforeTenure: () => undefined,
    ...clientsOf(world, ports[index]),
    ...processesOf(dataFolder),
    async startByHand() {
      // No machine that died and came back has a process of before; here it may wait to be buried, and PostgreSQL takes it for alive.
      await removeDeadPidFile(dataFolder);
      const argv = [join(programs, "pg_ctl"), "start", "-D", dataFolder, "-w", "-t", "60"];
      const log = ["-l", join(root, "by-hand.log")];
      await runTool({
        argv: [...argv, ...log],
        cwd: root,
        limitMs: 70_000,
        runAs,
        isStarter: true,
      });
    },
    again: (more = {}) => postgresService({ ...options, ...more }),
  };
  return side;
}

function clientsOf(
  { host, password, ca }: PairWorld,
  port: number,
): Pick<Side, "write" | "ids" | "sql"> {
  const withClient = async <T>(use: (client: Client) => Promise<T>): Promise<T> => {
    const ssl = ca === null ? false : { ca: readFileSync(ca, "utf8") };
    const who = { user: "postgres", database: "postgres", password };
    const client = new Client({ host, port, ssl, ...who });
    client.on("error", () => undefined);
    await client.connect();
    return use(client).finally(() => void client.end().catch(() => undefined));
  };
  return {
    write: (id, limitMs = patientMs) =>
      withClient(async (client) => {
        const done = client.query("INSERT INTO entry VALUES ($1)", [id]).then(
          (): Commit => "acknowledged",
          (): Commit => "refused",
        );
        const over = new AbortController();
        const late = systemClock.sleep(limitMs, over.signal).then((): Commit => "waits");
        return Promise.race([done, late]).finally(() => over.abort());
      }).catch((): Commit => "refused"),
    ids: () =>
      withClient(async (client) =>
        (await client.query<{ id: number }>("SELECT id FROM entry ORDER BY id")).rows.map(
          ({ id }) => id,
        ),
      ),
    sql: (text) =>
      withClient(async (client) => (await client.query<Record<string, unknown>>(text)).rows),
  };
}

function processesOf(dataFolder: string): Pick<Side, "pids" | "die"> {
  const pids = async (): Promise<readonly number[]> => {
    const { postmaster, children, orphans } = await serverProcesses(dataFolder);
    return [postmaster, ...children, ...orphans].flatMap((one) => one?.pid ?? []);
  };
  return {
    pids,
    async die() {
      for (;;) {
        const left = await pids();
        if (left.length === 0) return;
        for (const pid of left) send(pid, "SIGKILL");
        await systemClock.sleep(20);
      }
    },
  };
}
