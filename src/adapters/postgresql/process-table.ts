/** The machine's processes and where each of them stands (Linux, proc(5)). What can not be read is not taken for a process that is gone. */
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";

/** Hidden: of the data's owner, and where it stands may not be seen. */
export type Found<Process> = Process & { readonly isHidden: boolean };

export type Standing<Process> = {
  /** As the kernel writes it, without links. */
  readonly folder: string;
  /** Undefined where the folder is missing. */
  readonly ownerUid: number | undefined;
  /** What a process is by its `stat`; null for one that is not looked for. */
  readonly parse: (stat: string) => Process | null;
  readonly proc?: string;
};

/** How many are read at one time: each takes a file, and a process has not many. */
const atOnce = 64;

/** Processes that stand in this folder, or may. Fails with FenceFailed where one can not be read and is not known to be gone. */
export async function processesIn<Process>(
  standing: Standing<Process>,
): Promise<readonly Found<Process>[]> {
  const { proc = "/proc" } = standing;
  const found = await inBatches(await processIds(proc), (pid) =>
    processIn(join(proc, pid), standing).catch((thrown: unknown) => {
      if (isOneOf(thrown, gone)) return null;
      throw new Failure("FenceFailed", `process ${pid} can not be looked at`, { cause: thrown });
    }),
  );
  return found.filter((one) => one !== null);
}

export async function processIds(proc = "/proc"): Promise<readonly string[]> {
  return (await readdir(proc)).filter((name) => /^\d+$/.test(name));
}

/** Results in the order of the items; the first failure ends it. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(work))));
  }
  return results;
}

const gone: readonly string[] = ["ENOENT", "ESRCH", "ENOTDIR"];
const forbidden: readonly string[] = ["EACCES", "EPERM"];

async function processIn<Process>(
  path: string,
  { folder, ownerUid, parse }: Standing<Process>,
): Promise<Found<Process> | null> {
  const text = await readFile(join(path, "stat"), "latin1").catch((thrown: unknown) => {
    // Others' processes are hidden altogether where proc is mounted so; servers run as the owner of their data.
    if (isOneOf(thrown, forbidden)) return null;
    throw thrown;
  });
  if (text === null) {
    if (ownerUid === undefined || (await stat(path)).uid !== ownerUid) return null;
    throw new Error("a process of the data's owner may not be seen");
  }
  const found = parse(text);
  if (found === null) return null;
  const where = await readlink(join(path, "cwd")).catch((thrown: unknown) => {
    if (isOneOf(thrown, forbidden)) return null;
    throw thrown;
  });
  // A server may outlive the folder in which it stands.
  const isHere = where === folder || where === `${folder} (deleted)`;
  if (where !== null) return isHere ? { ...found, isHidden: false } : null;
  const { uid } = await stat(path);
  return ownerUid === undefined || uid === ownerUid ? { ...found, isHidden: true } : null;
}

function isOneOf(thrown: unknown, codes: readonly string[]): boolean {
  return thrown instanceof Error && "code" in thrown && codes.includes(String(thrown.code));
}
