/**
 * The first start of the regions' PostgreSQL: one database cluster, copied to the other region while it is shut down, each behind the
 * gate (`standby.signal`), so that a server takes writes only after an agent promoted it.
 */
import { createHash } from "node:crypto";
import { appendFile, chown, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SandboxKeys } from "./keys.ts";
import { dataFolderOf, postgresPlace } from "./postgres-place.ts";
import { commonSettings, databaseStatements, hostRules } from "./postgres-settings.ts";
import type { ProgramName } from "./programs.ts";
import { programOutput } from "./run-program.ts";
import { dropRights, isRoot, nobody } from "./servers/server-process.ts";

export const databaseOwner = "postgres";
const initLimitMs = 180_000;

type Prepared = {
  readonly state: string;
  readonly keys: SandboxKeys;
  readonly path: (name: ProgramName) => string;
};

/** Makes the data of both regions once; begins again when that was cut short, or when they are of a state folder that is gone. */
export async function preparePostgres({ state, keys, path }: Prepared): Promise<void> {
  const place = postgresPlace(state);
  const mark = join(place, "prepared");
  const passwords = [keys.databaseOwner, keys.databaseLedger].map((file) => readFile(file, "utf8"));
  const text = createHash("sha256")
    .update((await Promise.all(passwords)).join())
    .digest("hex");
  if ((await readFile(mark, "utf8").catch(() => "")) === text) return;
  await rm(place, { recursive: true, force: true });
  const [first, second] = [dataFolderOf(state, 1), dataFolderOf(state, 2)];
  await mkdir(place, { recursive: true, mode: 0o711 });
  // The agent keeps marks and copies beside the data.
  const beside = [first, second].flatMap((data) => [dirname(data), `${data}.sovereign`]);
  for (const folder of beside) {
    await mkdir(folder, { mode: 0o700 });
    await giveToServer(folder);
  }
  const run = asServer(path, dirname(first));
  await initialise(run, first, keys.databaseOwner);
  await appendFile(join(first, "postgresql.conf"), commonSettings);
  await writeFile(join(first, "pg_hba.conf"), hostRules);
  const password = (await readFile(keys.databaseLedger, "utf8")).trim();
  const { server, ledger } = databaseStatements(password);
  await run("postgres", ["--single", "-D", first, "postgres"], server);
  await run("postgres", ["--single", "-D", first, "ledger"], ledger);
  await writeFile(join(first, "standby.signal"), "", { mode: 0o600 });
  await giveToServer(join(first, "standby.signal"));
  // It is shut down in order, so a copy of its files is a copy of the database.
  await cp(first, second, { recursive: true, preserveTimestamps: true });
  await giveTree(second);
  await writeFile(mark, text, { mode: 0o600 });
}

type RunServer = (name: string, args: readonly string[], input?: string) => Promise<string>;

/** Runs one of PostgreSQL's programs with the rights of the server. */
function asServer(path: Prepared["path"], cwd: string): RunServer {
  const folder = dirname(path("postgres"));
  const rights = isRoot() ? dropRights : [];
  return (name, args, input) =>
    programOutput(path("setpriv"), [...rights, "--", join(folder, name), ...args], {
      cwd,
      env: { LC_ALL: "C", PATH: process.env["PATH"] },
      timeoutMs: initLimitMs,
      ...(input === undefined ? {} : { input }),
    });
}

async function initialise(run: RunServer, data: string, passwordFile: string): Promise<void> {
  const copy = join(dirname(data), "password");
  await writeFile(copy, await readFile(passwordFile, "utf8"), { mode: 0o600 });
  await giveToServer(copy);
  try {
    const who = ["-U", databaseOwner, `--pwfile=${copy}`, "--auth=scram-sha-256"];
    await run("initdb", ["-D", data, "-k", "-N", "-E", "UTF8", "--locale=C", ...who]);
  } finally {
    await rm(copy, { force: true });
  }
}

async function giveToServer(path: string): Promise<void> {
  if (isRoot()) await chown(path, nobody, nobody);
}

async function giveTree(folder: string): Promise<void> {
  if (!isRoot()) return;
  await giveToServer(folder);
  for (const entry of await readdir(folder, { recursive: true }))
    await giveToServer(join(folder, entry));
}
