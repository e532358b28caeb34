/**
 * Keeps two processes from writing one journal. Each candidate puts a file of its own into the folder, named after its
 * process, that process's start and the machine's, and then looks around: whoever sees another living one steps back.
 * Names are never used twice, so clearing away the file of a dead process can not remove the lock of a living one.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/kernel/failure.ts";
import { systemRandom } from "../random.ts";
import { errorCode } from "./error-code.ts";

export type Lock = { release(): Promise<void> };

/** `lock-{process}-{its start}-{start of the machine}-{random}`. */
const namePattern = /^lock-([0-9]+)-([0-9]+)-([0-9a-f]{8})-[0-9a-f]{8}$/;
const attempts = 5;

/** The lock of `folder`; takes over from a process that is gone. `does` is what its holder does. Fails with AlreadyRunning. */
export async function acquireLock(folder: string, does = "writes this journal"): Promise<Lock> {
  let holder: number | undefined;
  const boot = await bootOf();
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Two that start in one moment both step back; they differ in how long.
    if (attempt > 0) await sleep(5 + systemRandom.below(45));
    const start = (await processState(process.pid))?.startTicks ?? "0";
    const own = `lock-${process.pid}-${start}-${boot}-${randomBytes(4).toString("hex")}`;
    await writeFile(join(folder, own), `Process ${process.pid} ${does}.\n`, {
      flag: "wx",
      mode: 0o600,
    });
    const release = (): Promise<void> => rm(join(folder, own), { force: true });
    holder = await otherHolder(folder, own, boot).catch(async (thrown: unknown) => {
      await release();
      throw thrown;
    });
    if (holder === undefined) return { release };
    await release();
  }
  throw new Failure("AlreadyRunning", `process ${holder} ${does}`, {
    where: folder,
    remedy: "End that process first; there can be only one.",
  });
}

/** The living process that holds the lock of `folder`; undefined when none does. */
export async function lockHolder(folder: string): Promise<number | undefined> {
  return otherHolder(folder, "", await bootOf());
}

/** The process of another living lock; locks of dead processes are removed on the way. */
async function otherHolder(folder: string, own: string, boot: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid = "", startTicks = "", itsBoot = ""] = namePattern.exec(name) ?? [];
    if (pid === "" || name === own) continue;
    // After a restart of a small machine a process can have the number and the start of the one before it.
    if (itsBoot === boot && (await isAlive(Number(pid), startTicks))) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

async function isAlive(pid: number, startTicks: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (errorCode(thrown) === "ESRCH") return false; // Otherwise it lives and belongs to someone else.
  }
  const state = await processState(pid);
  if (state === undefined) return true; // Without /proc the number alone has to do.
  return state.startTicks === startTicks && !state.ended;
}

/** Eight characters that are others after each start of the machine; zeros where nothing says so. */
async function bootOf(): Promise<string> {
  const id = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""); // Absent is an answer.
  return /^[0-9a-f]{8}/.exec(id)?.[0] ?? "00000000";
}

/** What Linux says about a process (proc(5), fields 3 and 22); undefined where there is no /proc. */
async function processState(
  pid: number,
): Promise<{ readonly startTicks: string; readonly ended: boolean } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined); // Absent is an answer.
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { startTicks: fields[19] ?? "0", ended: fields[0] === "Z" || fields[0] === "X" };
}
