/** Who runs the sandbox of a state folder: `run/supervisor.json` names the process beyond reuse of its pid. */
import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../core/kernel/failure.ts";

const claimSchema = z.object({
  pid: z.int().min(1),
  /** Clock ticks between boot and the start of the process, field 22 of proc(5) stat. */
  startTicks: z.string(),
  bootId: z.string(),
});

export type Claim = z.infer<typeof claimSchema>;

/** Start of a process in clock ticks since boot, or undefined when there is none with this pid. */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; it only waits to be noticed.
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined; // No such process.
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return ""; // Not Linux: pid and start time have to do.
  }
}

/** The live supervisor of this state folder, or undefined; a stale claim is none. */
export async function liveClaim(state: string): Promise<Claim | undefined> {
  let claim: Claim;
  try {
    claim = claimSchema.parse(JSON.parse(await readFile(claimFile(state), "utf8")));
  } catch {
    return undefined; // Missing or torn: whoever wrote it does not run any more.
  }
  const live = claim.bootId === bootId() && startTicksOf(claim.pid) === claim.startTicks;
  return live ? claim : undefined;
}

/** Claims the state folder for this process; fails with AlreadyRunning naming the pid that has it. */
export async function claimState(state: string): Promise<void> {
  await mkdir(join(state, "run"), { recursive: true });
  const mine: Claim = {
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? "",
    bootId: bootId(),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await writeFile(claimFile(state), JSON.stringify(mine), { flag: "wx" });
      return;
    } catch (thrown) {
      const exists = (thrown as NodeJS.ErrnoException).code === "EEXIST"; // Thrown by node:fs.
      if (!exists || attempt > 3) throw Failure.from(thrown, claimFile(state));
    }
    const other = await liveClaim(state);
    if (other !== undefined) throw alreadyRunning(state, other.pid);
    await rm(claimFile(state), { force: true });
    await rm(join(state, "run", "supervisor.sock"), { force: true });
  }
}

/** Gives the state folder back. */
export async function releaseState(state: string): Promise<void> {
  await rm(join(state, "run", "supervisor.sock"), { force: true });
  await rm(claimFile(state), { force: true });
}

export function alreadyRunning(state: string, pid: number): Failure {
  return new Failure("AlreadyRunning", `A sandbox is running in this state folder, pid ${pid}.`, {
    where: state,
    remedy:
      "Use it as it is (`npx sovereign sandbox status`), or end it with `npm run down` first.",
  });
}

function claimFile(state: string): string {
  return join(state, "run", "supervisor.json");
}
