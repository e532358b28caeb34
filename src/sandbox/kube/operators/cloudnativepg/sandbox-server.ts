/**
 * The PostgreSQL server of one Cluster of the fake CloudNativePG: a real one, out of Debian's programs, at the address of its Pod. It dies with the
 * process that runs the fake (docs/adr/0009-sandbox-children-die-with-their-parent.md).
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { PostgresAddress } from "../../../../adapters/postgresql/postgres-options.ts";
import { removeDeadPidFile } from "../../../../adapters/postgresql/server-processes.ts";
import { requireProgram } from "../../../programs.ts";
import { programOutput, runProgram } from "../../../run-program.ts";
import { dropRights, isRoot, nobody } from "../../../servers/server-process.ts";
import { tie } from "../../../tie.ts";

export const podPort = 5432;
const toolLimitMs = 120_000;
/** A postmaster that was told to end at once kills what does not obey it after 5 s. */
const usualQuitMs = 10_000;

/** Parameters of libpq, without a password. */
export type Upstream = {
  readonly parameters: Readonly<Record<string, string>>;
  readonly password: string;
};

export class SandboxServer {
  readonly address: string;
  readonly folder: string;
  readonly data: string;
  /** Its files are not what it read last. */
  hasNews: boolean = false;
  readonly #postgres: string;
  readonly #setpriv: string;
  #child: ChildProcess | undefined;

  constructor(folder: string, address: string) {
    this.folder = folder;
    this.address = address;
    this.data = join(folder, "data");
    this.#postgres = requireProgram("postgres", process.env);
    this.#setpriv = requireProgram("setpriv", process.env);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#own(folder);
  }

  get hasData(): boolean {
    return existsSync(join(this.data, "PG_VERSION"));
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** It writes, or would at its next start. */
  get isWriter(): boolean {
    return this.hasData && !existsSync(join(this.data, "standby.signal"));
  }

  tool(name: string): string {
    return join(dirname(this.#postgres), name);
  }

  async initialise(password: string): Promise<void> {
    rmSync(this.data, { recursive: true, force: true });
    const file = this.#write("first-password", password);
    const who = ["-U", "postgres", `--pwfile=${file}`, "--auth=scram-sha-256"];
    await this.#run("initdb", ["-D", this.data, "-E", "UTF8", "--locale=C", "-k", ...who], {});
    rmSync(file);
    this.#configure();
  }

  async copyFrom({ parameters, password }: Upstream): Promise<void> {
    rmSync(this.data, { recursive: true, force: true });
    const { host = "", port = "5432", user = "postgres" } = parameters;
    const from = ["-h", host, "-p", port, "-U", user, "-c", "fast", "-X", "stream"];
    await this.#run("pg_basebackup", ["-D", this.data, ...from], { PGPASSWORD: password });
    this.#configure();
    this.#write("data/standby.signal", "");
  }

  /** Follows from its next start on, or from the next reload. True when that is new. */
  followFrom({ parameters, password }: Upstream): boolean {
    const { host = "", port = "5432", user = "postgres" } = parameters;
    this.#write("passfile", `*:*:*:*:${password}\n`);
    const all = { ...parameters, passfile: join(this.folder, "passfile"), dbname: "postgres" };
    const text = Object.entries({ ...all, host, port, user })
      .map(([name, value]) => `${name}=${value}`)
      .join(" ");
    const isNew = this.#replace("data/override.conf", `primary_conninfo = '${text}'\n`);
    if (this.isWriter) this.#write("data/standby.signal", "");
    return isNew;
  }

  /** True when it was something else before. */
  settings(all: Readonly<Record<string, string>>): boolean {
    const lines = Object.entries(all).map(
      ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
    );
    return this.#replace("data/custom.conf", `${lines.join("\n")}\n`);
  }

  /** Starts it when it does not run; whether it answers is another question. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    // After kill -9 its shared memory is taken for that of a living one until its last process is buried.
    await removeDeadPidFile(this.data);
    const log = openSync(join(this.folder, "log"), "a", 0o600);
    const rights = isRoot() ? dropRights : [];
    this.#child = spawn(this.#setpriv, [...rights, ...tie(), this.#postgres, "-D", this.data], {
      cwd: this.folder,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
    });
    // What can not be started is seen as not running, and started again.
    this.#child.on("error", () => undefined);
    closeSync(log);
  }

  async answers(): Promise<boolean> {
    const args = ["-h", this.address, "-p", String(podPort), "-t", "2"];
    return this.isRunning && (await runProgram(this.tool("pg_isready"), args)).exitCode === 0;
  }

  /** Lets a running server read what is new in its files. */
  reload(): void {
    if (!this.hasNews || !this.isRunning) return;
    this.#child?.kill("SIGHUP");
    this.hasNews = false;
  }

  /** Fast, and at once when that takes longer than it may; what does not end then either is ended by force. */
  async stop(delaySeconds: number, quitMs = usualQuitMs): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGINT");
    const late = setTimeout(() => child.kill("SIGQUIT"), delaySeconds * 1_000);
    const stuck = setTimeout(() => child.kill("SIGKILL"), delaySeconds * 1_000 + quitMs);
    await ended;
    clearTimeout(late);
    clearTimeout(stuck);
  }

  /** Without a word: the process that dies with us. */
  kill(): void {
    if (this.isRunning) this.#child?.kill("SIGKILL");
  }

  /** SQL as the owner of everything. */
  sqlAddress(password: string): PostgresAddress {
    return {
      host: this.address,
      port: podPort,
      user: "postgres",
      database: "postgres",
      readPassword: () => Promise.resolve(password),
      tls: "off",
    };
  }

  #configure(): void {
    const address = `listen_addresses = '${this.address}'\nport = ${podPort}\nunix_socket_directories = ''\n`;
    this.#write(
      "data/postgresql.conf",
      `${address}include 'custom.conf'\ninclude_if_exists 'override.conf'\n`,
    );
    this.#write("data/custom.conf", "");
    const who = "all 127.0.0.0/8 scram-sha-256";
    this.#write("data/pg_hba.conf", `host all ${who}\nhost replication ${who}\n`);
  }

  #write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#own(path);
    return path;
  }

  #replace(name: string, text: string): boolean {
    const path = join(this.folder, name);
    if (existsSync(path) && readFileSync(path, "utf8") === text) return false;
    this.#write(name, text);
    return true;
  }

  #own(path: string): void {
    if (isRoot()) chownSync(path, nobody, nobody);
  }

  async #run(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
    const rights = isRoot() ? dropRights : [];
    await programOutput(this.#setpriv, [...rights, "--", this.tool(name), ...args], {
      env: { PATH: process.env["PATH"], LC_ALL: "C", ...env },
      cwd: this.folder,
      timeoutMs: toolLimitMs,
    });
  }
}
