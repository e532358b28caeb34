/** PostgreSQL on this machine: its programs, its processes, and the files in and beside its data. Linux only. */
import { chown, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock, Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type ControlData, parseControlData } from "./control-file.ts";
import { type DataCopies, dataCopies } from "./data-copies.ts";
import { writeDurable } from "./durable-file.ts";
import { closeGate, exists, hasData } from "./gate.ts";
import { type OwnMemory, ownMemory } from "./own-memory.ts";
import type { PostgresLimits } from "./postgres-options.ts";
import { type RunAs, runAsOf, runTool } from "./run-tool.ts";
import { leftTools, removeDeadPidFile, send, serverProcesses } from "./server-processes.ts";
import { fullPlan, stopAll } from "./stop-writing.ts";

export type LocalServerOptions = {
  readonly dataFolder: string;
  readonly stateFolder: string;
  readonly programs: string;
  readonly start: readonly string[] | undefined;
  readonly stop: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly clock: Clock;
  readonly limits: PostgresLimits;
};

export type LocalServer = {
  readonly dataFolder: string;
  readonly copies: DataCopies;
  readonly memory: OwnMemory;
  /** Makes the state folder where it is not, by which others see that an agent looks after these data. */
  ready(): Promise<unknown>;
  hasData(): Promise<boolean>;
  isRunning(): Promise<boolean>;
  /** Starts it behind the gate and waits until it answers; does nothing when it runs. Fails with ProcessFailed, and its last words. */
  start(): Promise<void>;
  /** Resolves when no process of it is left and nothing starts it again. Fails with FenceFailed. */
  stop(): Promise<void>;
  /** Ends rewinds and copies that an agent before this one left running: they would go on writing into what is made now. */
  endLeftTools(): Promise<void>;
  /** What `pg_controldata` says; null where that can not be read. */
  controlData(): Promise<ControlData | null>;
  /** The value that a start would take, by the files alone; null where they do not say. */
  configured(name: string): Promise<number | null>;
  readSettings(): Promise<string>;
  /** Replaces the file of our settings; durable when it resolves. */
  writeSettings(text: string): Promise<void>;
  /** Makes the file from which libpq takes the password of the peer; gives its path. */
  writePassword(user: string, password: string): Promise<string>;
};

export function localServer(options: LocalServerOptions): LocalServer {
  const { dataFolder, stateFolder, programs, limits, clock } = options;
  const { ready, tool } = programRunner(options);
  const isRunning = async (): Promise<boolean> => {
    const { postmaster, orphans } = await serverProcesses(dataFolder);
    return postmaster !== null || orphans.length > 0;
  };
  const settingsFile = join(dataFolder, "postgresql.auto.conf");
  return {
    dataFolder,
    copies: dataCopies({
      dataFolder,
      stateFolder,
      ready,
      run: (name, args, signal) =>
        tool(name, args, name === "pg_rewind" ? limits.rewindMs : limits.copyMs, signal),
    }),
    memory: ownMemory(stateFolder, ready),
    ready,
    hasData: () => hasData(dataFolder),
    isRunning,
    async start() {
      const as = await ready();
      await closeGate(dataFolder);
      if (await isRunning()) return;
      await removeDeadPidFile(dataFolder);
      const log = join(stateFolder, "server.log");
      const seconds = String(Math.ceil(limits.startMs / 1_000));
      const pgCtl = [join(programs, "pg_ctl"), "start", "-D", dataFolder];
      const argv = options.start ?? [...pgCtl, "-w", "-t", seconds, "-l", log];
      const limitMs = limits.startMs + 5_000;
      const rights = options.start === undefined ? as : undefined;
      await runTool({ argv, cwd: stateFolder, limitMs, runAs: rights, isStarter: true }).catch(
        async (thrown: unknown) => {
          throw await withLastWords(thrown, log);
        },
      );
    },
    async stop() {
      await ready();
      if (options.stop !== undefined) {
        // What it leaves is ended below; what owns the server has to know that it stays ended.
        await runTool({ argv: options.stop, cwd: stateFolder, limitMs: limits.stopMs });
      }
      await stopAll(dataFolder, fullPlan(limits.stopMs), { limitMs: limits.stopMs, clock });
    },
    async endLeftTools() {
      for (;;) {
        const left = await leftTools([dataFolder, stateFolder]);
        if (left.length === 0) return;
        for (const pid of left) send(pid, "SIGKILL");
        await clock.sleep(50);
      }
    },
    async controlData() {
      if (!(await hasData(dataFolder))) return null;
      const text = await tool("pg_controldata", ["-D", dataFolder], limits.startMs).catch(() => "");
      return parseControlData(text);
    },
    async configured(name) {
      const text = await tool("postgres", ["-D", dataFolder, "-C", name], limits.startMs).catch(
        () => "", // Where the configuration lies elsewhere, the files here do not say.
      );
      return /^\d+\s*$/.test(text) ? Number(text) : null;
    },
    readSettings: () => readFile(settingsFile, "utf8").catch(() => ""),
    writeSettings: (text) => writeDurable(settingsFile, text),
    async writePassword(user, password) {
      await ready();
      const path = join(stateFolder, "passfile");
      const field = (text: string): string => text.replace(/[\\:]/g, "\\$&");
      await writeDurable(path, `*:*:*:${field(user)}:${field(password)}\n`);
      return path;
    },
  };
}

type ProgramRunner = {
  /** Makes our folder where it is not; as whom programs run. */
  ready(): Promise<RunAs | undefined>;
  tool(name: string, args: readonly string[], limitMs: number, signal?: Signal): Promise<string>;
};

function programRunner({
  dataFolder,
  stateFolder,
  programs,
  user,
}: LocalServerOptions): ProgramRunner {
  let owner: Promise<RunAs | undefined> | undefined;
  const runAs = (): Promise<RunAs | undefined> => {
    owner ??= runAsOf(user, dataFolder)
      .catch((thrown: unknown) => {
        // Data that are gone have no owner; the folder above them may tell.
        if (thrown instanceof Failure) throw thrown;
        return runAsOf(user, dirname(dataFolder));
      })
      .catch((thrown: unknown) => {
        owner = undefined;
        throw thrown;
      });
    return owner;
  };
  const ready = async (): Promise<RunAs | undefined> => {
    const as = await runAs();
    if (!(await exists(stateFolder))) {
      await mkdir(stateFolder, { mode: 0o700 });
      if (as !== undefined) await chown(stateFolder, as.uid, as.gid);
    }
    return as;
  };
  return {
    ready,
    async tool(name, args, limitMs, signal) {
      const as = await ready();
      const argv = [join(programs, name), ...args];
      return runTool({ argv, cwd: stateFolder, limitMs, runAs: as }, signal);
    },
  };
}

/** A server that does not start says why in its log. */
async function withLastWords(thrown: unknown, log: string): Promise<Failure> {
  const failure = Failure.from(thrown, "starting PostgreSQL");
  const text = await readFile(log, "utf8").catch(() => "");
  const words = text
    .trim()
    .split("\n")
    .slice(-40)
    .filter((line) => /FATAL|PANIC|DETAIL|HINT/.test(line))
    .slice(-3)
    .join(" ");
  if (words === "") return failure;
  return new Failure(failure.code, `${failure.message} ${words}`, { where: log, cause: failure });
}
