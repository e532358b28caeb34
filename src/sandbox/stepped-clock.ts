/**
 * A wall clock of its own for one process: libfaketime, preloaded, adds to the machine's what a file says (faketime(1)). The monotonic clock
 * stays the machine's, as it does when a real wall clock is stepped.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RegionLayout } from "./layout.ts";
import { writePrivate } from "./private-file.ts";
import { requireProgram } from "./programs.ts";

/** By how much the wall clock of the region's agent differs, while the agent has one of its own. */
export function clockFile(region: RegionLayout): string {
  return join(region.folder, "agent-clock");
}

/** What gives a process the clock of that file; fails with ProgramMissing. */
export function clockVariables(file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: requireProgram("libfaketime", process.env),
    FAKETIME_TIMESTAMP_FILE: file,
    // A step counts from the next look at the clock on.
    FAKETIME_NO_CACHE: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
}

/** Takes away what the library of a process that was killed left in shared memory. */
export async function forgetClock(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`])
    await rm(join("/dev/shm", name), { force: true });
}

/** Steps the clock to so much beside the machine's, in whole seconds; 0 is the machine's. */
export function setClock(file: string, aheadSeconds: number): Promise<void> {
  return writePrivate(file, `${aheadSeconds < 0 ? "" : "+"}${aheadSeconds}s\n`);
}
