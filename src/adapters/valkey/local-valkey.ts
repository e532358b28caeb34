/** Valkey on this machine: its program, its process, its gate, and the files beside its data. Linux only. */
import {
  access,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { syncFolder } from "../journal/segments.ts";
import { removeDurable, writeDurable } from "../postgresql/durable-file.ts";
import { type RunAs, runAsOf, runTool } from "../postgresql/run-tool.ts";
import { gateProblem, gateText, hasSetting } from "./gate-text.ts";
import { type ValkeyProcess, valkeyProcesses } from "./valkey-processes.ts";

export type LocalValkeyOptions = {
  readonly dataFolder: string;
  readonly stateFolder: string;
  readonly configFile: string;
  readonly program: string;
  readonly start: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly startMs: number;
  readonly clock: Clock;
};

export type LocalValkey = {
  readonly dataFolder: string;
  readonly stateFolder: string;
  /** Makes the state folder and the gate where they are not. */
  ready(): Promise<void>;
  /** Whether there is a folder for data at all. */
  hasFolder(): Promise<boolean>;
  /** The one server of these data; null when none runs. Fails with FenceFailed when there are several. */
  process(): Promise<ValkeyProcess | null>;
  /** Why a start would not be behind the gate; null when it would be. */
  gateProblem(): Promise<string | null>;
  /** Starts it behind its gate; it may not answer yet. Fails with ConfigInvalid, ProcessFailed. */
  start(): Promise<void>;
  /** Keeps this file of the data beside them, under this name. */
  keep(file: string, name: string): Promise<void>;
  /** Whether something is kept under this name; it counts as kept just now. */
  hasKept(name: string): Promise<boolean>;
  /** Removes what was kept longest ago, until so many are left. */
  forgetKept(most: number): Promise<void>;
  /** These data were last those of the peer: they are no place to go on from unless the peer is gone. */
  wasFollowing(): Promise<boolean>;
  setFollowing(isFollowing: boolean): Promise<void>;
  /** The peer went on from something else than these data, and they do not follow it yet. */
  isBehind(): Promise<boolean>;
  setBehind(isBehind: boolean): Promise<void>;
};

export function localValkey(options: LocalValkeyOptions): LocalValkey {
  const { dataFolder, stateFolder, configFile, startMs, user } = options;
  const gate = join(stateFolder, "gate.conf");
  const kept = join(stateFolder, "kept");
  const following = join(stateFolder, "following");
  const behind = join(stateFolder, "behind");
  const readConfig = (): Promise<string> =>
    readFile(configFile, "utf8").catch((cause: unknown) => {
      const about = { where: configFile, cause };
      throw new Failure("ConfigInvalid", "the server's configuration can not be read", about);
    });
  const ready = async (): Promise<void> => {
    const { uid, gid } = await stat(dataFolder).catch((cause: unknown) => {
      throw new Failure("ConfigInvalid", "there is no data folder", { where: dataFolder, cause });
    });
    for (const folder of [stateFolder, kept]) {
      if (await exists(folder)) continue;
      await mkdir(folder, { mode: 0o700 });
      if (process.getuid?.() === 0) await chown(folder, uid, gid);
    }
    if (!(await exists(gate))) await writeDurable(gate, gateText);
  };
  const setMark = async (path: string, isSet: boolean): Promise<void> => {
    if ((await exists(path)) === isSet) return;
    await ready();
    await (isSet ? writeDurable(path, "") : removeDurable(path));
  };
  const oneProcess = async (): Promise<ValkeyProcess | null> => {
    const [first, second] = await valkeyProcesses(dataFolder);
    if (second !== undefined) {
      throw new Failure("FenceFailed", "two servers run on one data folder", { where: dataFolder });
    }
    return first ?? null;
  };
  return {
    dataFolder,
    stateFolder,
    ready,
    hasFolder: () => exists(dataFolder),
    process: oneProcess,
    gateProblem: async () => gateProblem(await readConfig(), gate),
    async start() {
      await ready();
      const text = await readConfig();
      const problem = gateProblem(text, gate);
      if (problem !== null) {
        throw new Failure("ConfigInvalid", `${configFile} opens the gate: ${problem}`, {
          where: configFile,
          remedy: `Make this its last line: include ${gate}`,
        });
      }
      if ((await oneProcess()) !== null) return;
      const argv = options.start ?? daemonOf(options, text);
      const runAs = options.start === undefined ? await rightsOf(user, dataFolder) : undefined;
      await runTool({ argv, cwd: stateFolder, limitMs: startMs, runAs, isStarter: true });
    },
    async keep(file, name) {
      const path = join(kept, name);
      // The server replaces its file by another one, so this name goes on to lead to what was there.
      await link(join(dataFolder, file), `${path}.new`);
      await rename(`${path}.new`, path);
      await syncFolder(kept);
    },
    async hasKept(name) {
      const path = join(kept, name);
      if (!(await exists(path))) return false;
      const now = new Date(options.clock.nowMs());
      await utimes(path, now, now);
      return true;
    },
    async forgetKept(most) {
      const files = await Promise.all(
        (await readdir(kept)).map(async (name) => {
          const path = join(kept, name);
          return { path, atMs: (await stat(path)).mtimeMs };
        }),
      );
      const oldest = files.sort((one, other) => one.atMs - other.atMs);
      for (const { path } of oldest.slice(0, Math.max(0, oldest.length - most))) {
        await rm(path, { force: true });
      }
    },
    wasFollowing: () => exists(following),
    setFollowing: (isFollowing) => setMark(following, isFollowing),
    isBehind: () => exists(behind),
    setBehind: (isBehind) => setMark(behind, isBehind),
  };
}

/** What the configuration itself says of log and pid file stays as it is. */
function daemonOf({ program, configFile, stateFolder }: LocalValkeyOptions, text: string) {
  const extra = (name: string, file: string): readonly string[] =>
    hasSetting(text, name) ? [] : [`--${name}`, join(stateFolder, file)];
  const files = [...extra("logfile", "server.log"), ...extra("pidfile", "server.pid")];
  return [program, configFile, "--daemonize", "yes", ...files];
}

/** Unlike other servers it runs as root where the data are root's. */
async function rightsOf(user: string | undefined, folder: string): Promise<RunAs | undefined> {
  if (user === undefined && (await stat(folder)).uid === 0) return undefined;
  return runAsOf(user, folder);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (thrown: unknown) => {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
      if (code === "ENOENT" || code === "ENOTDIR") return false;
      throw Failure.from(thrown, path);
    },
  );
}
