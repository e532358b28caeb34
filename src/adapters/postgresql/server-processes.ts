/**
 * The processes of one PostgreSQL server, found without asking it. A hung postmaster does not hang its backends: they go on taking
 * writes until the last of them is gone, so each one has to be seen dead (Linux, proc(5)).
 */
import { readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { type Found, inBatches, processesIn, processIds } from "./process-table.ts";

export type ServerProcess = {
  readonly pid: number;
  readonly parentPid: number;
  /** In clock ticks since the machine's start: with the pid it names the process for ever. */
  readonly startTicks: number;
  /** SIGSTOP: it hears no signal but SIGKILL. */
  readonly isStopped: boolean;
};

export type ServerProcesses = {
  /** The one that starts all others; null when it does not live. */
  readonly postmaster: ServerProcess | null;
  /** Processes of a postmaster that is gone. */
  readonly orphans: readonly ServerProcess[];
  readonly children: readonly ServerProcess[];
};

/**
 * Every living process that stands in the data folder. Fails with FenceFailed where this process may not see that: what is not seen is not
 * known to be over.
 */
export async function serverProcesses(dataFolder: string): Promise<ServerProcesses> {
  const [folder, owner, text] = await Promise.all([
    realpath(dataFolder).catch(ifMissing(dataFolder)),
    stat(dataFolder).catch(ifMissing(null)),
    readFile(join(dataFolder, "postmaster.pid"), "utf8").catch(ifMissing("")),
  ]);
  const self = process.getuid?.();
  if (self !== 0 && owner !== null && self !== owner.uid) throw blind(dataFolder);
  const all = await processesIn({ folder, ownerUid: owner?.uid, parse: parseStat });
  const named = Number(text.split("\n")[0]);
  const isOurs = ({ isHidden, pid, parentPid }: Found<ServerProcess>): boolean =>
    !isHidden || pid === named || parentPid === named;
  if (!all.every(isOurs)) throw blind(dataFolder);
  const postmaster = all.find(({ pid }) => pid === named) ?? parentOf(all);
  const isChild = ({ parentPid }: ServerProcess): boolean => parentPid === postmaster?.pid;
  const others = all.filter((one) => one !== postmaster);
  return {
    postmaster,
    children: others.filter(isChild),
    orphans: others.filter((one) => !isChild(one)),
  };
}

/** What is surely not there has a value; anything else that fails is told. */
function ifMissing<T>(value: T): (thrown: unknown) => T {
  return (thrown) => {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") return value;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Failure("FenceFailed", `the data can not be looked at: ${message}`, {
      cause: thrown,
    });
  };
}

function blind(where: string): Failure {
  return new Failure("FenceFailed", "this process may not see which processes are of these data", {
    where,
    remedy: "Run it as the user that owns the data, or as root with CAP_SYS_PTRACE.",
  });
}

/** A postmaster whose file somebody removed; null when there is none. */
function parentOf(all: readonly ServerProcess[]): ServerProcess | null {
  return all.find(({ pid }) => all.some(({ parentPid }) => parentPid === pid)) ?? null;
}

/** `/proc/<pid>/stat` of a process of PostgreSQL; null for any other, and for one that is dead already. */
export function parseStat(text: string): ServerProcess | null {
  const parts = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(text);
  const [, pid, name, state, rest] = parts ?? [];
  if (pid === undefined || name === undefined || state === undefined) return null;
  if (!/^(?:postgres|postmaster)\b/.test(name) || state === "Z" || state === "X") return null;
  const fields = (rest ?? "").split(" ");
  const [parentPid, startTicks] = [Number(fields[0]), Number(fields[18])];
  if (!Number.isSafeInteger(parentPid) || !Number.isSafeInteger(startTicks)) return null;
  return { pid: Number(pid), parentPid, startTicks, isStopped: state === "T" || state === "t" };
}

/**
 * Removes the postmaster's file when the process that it names is dead and only not buried: PostgreSQL would take that for a living one,
 * and never start where nobody buries, as in a container whose first process does not.
 */
export async function removeDeadPidFile(dataFolder: string): Promise<void> {
  const path = join(dataFolder, "postmaster.pid");
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number(text.split("\n")[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  const line = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  if (!/^\d+ \((?:postgres|postmaster)\) /.test(line)) return;
  // From its last moments on a process stands nowhere: its memory was given back before.
  const standsNowhere = await readlink(`/proc/${pid}/cwd`).then(
    () => false,
    (thrown: unknown) => thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT",
  );
  if (standsNowhere) await rm(path, { force: true });
}

const tools = /^(?:pg_rewind|pg_basebackup)$/;

/** Programs that an agent before this one began on these folders, and that went on when it ended. */
export async function leftTools(folders: readonly string[]): Promise<readonly number[]> {
  const found = await inBatches(await processIds(), async (pid) => {
    try {
      if (!tools.test((await readFile(`/proc/${pid}/comm`, "utf8")).trim())) return [];
      const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
      const isOurs = folders.some((folder) =>
        words.some((word) => word === folder || word.startsWith(`${folder}/`)),
      );
      return isOurs ? [Number(pid)] : [];
    } catch {
      return []; // It is gone.
    }
  });
  return found.flat();
}

/** Sends the signal; a process that is gone already is what we want. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
  }
}
