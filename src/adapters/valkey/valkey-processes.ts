/**
 * The processes of one Valkey server, found without asking it: those that stand in its data folder (Linux, proc(5)). A server goes there
 * before it listens. Children that write to the disk stand there too; they take no writes.
 */
import { realpath, stat } from "node:fs/promises";
import { Failure } from "../../core/kernel/failure.ts";
import { processesIn } from "../postgresql/process-table.ts";

export type ValkeyProcess = {
  readonly pid: number;
  readonly parentPid: number;
  /** In clock ticks since the machine's start: with the pid it names the process for ever. */
  readonly startTicks: number;
  /** SIGSTOP: it hears no signal but SIGKILL. */
  readonly isStopped: boolean;
};

/** Living servers of this folder, without their children. Fails with FenceFailed where this process can not see that. */
export async function valkeyProcesses(dataFolder: string): Promise<readonly ValkeyProcess[]> {
  const [folder, owner] = await Promise.all([
    realpath(dataFolder).catch(ifMissing(dataFolder)),
    stat(dataFolder).catch(ifMissing(null)),
  ]);
  const self = process.getuid?.();
  if (self !== 0 && owner !== null && self !== owner.uid) throw blind(dataFolder);
  const all = await processesIn({ folder, ownerUid: owner?.uid, parse: parseStat });
  if (all.some(({ isHidden }) => isHidden)) throw blind(dataFolder);
  const seen = all.map(({ isHidden: _, ...server }) => server);
  return seen.filter(({ parentPid }) => !seen.some(({ pid }) => pid === parentPid));
}

/** What is surely not there has a value; anything else that fails is told. */
function ifMissing<T>(value: T): (thrown: unknown) => T {
  return (thrown) => {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") return value;
    throw new Failure("FenceFailed", "the data can not be looked at", { cause: thrown });
  };
}

function blind(where: string): Failure {
  return new Failure("FenceFailed", "this process may not see which processes are of these data", {
    where,
    remedy: "Run it as the user that owns the data, or as root with CAP_SYS_PTRACE.",
  });
}

/** `/proc/<pid>/stat` of a server; null for any other process, and for one that is dead already. */
export function parseStat(text: string): ValkeyProcess | null {
  const [, pid, name, state, rest] = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(text) ?? [];
  if (pid === undefined || name === undefined || state === undefined) return null;
  if (!/^(?:valkey|redis)-server$/.test(name) || state === "Z" || state === "X") return null;
  const fields = (rest ?? "").split(" ");
  const [parentPid, startTicks] = [Number(fields[0]), Number(fields[18])];
  if (!Number.isSafeInteger(parentPid) || !Number.isSafeInteger(startTicks)) return null;
  return { pid: Number(pid), parentPid, startTicks, isStopped: state === "T" || state === "t" };
}
