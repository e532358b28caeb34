/**
 * The file in which an agent keeps its failovers of the last day, so that `safety.maxLossyPerDay` and `safety.rest` count on after a restart.
 * A file that can not be read counts as a limit that was used up half a day before that was first seen: losing count lifts none, and keeps nothing
 * lossless waiting.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { errorCode } from "../../adapters/journal/error-code.ts";
import type { Env } from "../../control/env.ts";
import type { FailoverMemory, PastFailover } from "../../control/failover/failover-memory.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { replaceFile } from "./replace-file.ts";

const fileShape = z.object({
  failovers: z.array(z.object({ atMs: z.number(), lossy: z.boolean() })).max(64),
});

/** More lossy failovers than any group allows in a day (`safety.maxLossyPerDay`). */
const uncounted = 11;
const halfDayMs = 12 * 3_600_000;

/** What was kept at that path, and how it is kept on. Never fails. */
export async function openFailoverFile(
  { clock, log }: Pick<Env, "clock" | "log">,
  path: string,
): Promise<FailoverMemory> {
  let last: Promise<void> = Promise.resolve();
  const write = (failovers: readonly PastFailover[]): void => {
    const text = `${JSON.stringify({ failovers })}\n`;
    // Not awaited: no take-over waits for what only the next one asks for.
    last = last
      .then(() => replaceFile(path, text))
      .catch((thrown: unknown) => {
        log.error("a failover could not be counted durably", {
          failure: Failure.from(thrown, path).toJson(),
        });
      });
  };
  const kept = await readKept(path, log);
  let current = kept ?? usedUp(clock.nowMs() - halfDayMs);
  // Else the next process would count half a day from its own start, and the one after it again.
  if (kept === undefined) write(current);
  return {
    // A life by newer documents counts on from the one before it.
    get failovers() {
      return current;
    },
    keep(failovers) {
      current = failovers;
      write(failovers);
    },
  };
}

/** Undefined when what is there can not be read, which is told. */
async function readKept(
  path: string,
  log: Env["log"],
): Promise<readonly PastFailover[] | undefined> {
  try {
    return fileShape.parse(JSON.parse(await readFile(path, "utf8"))).failovers;
  } catch (thrown) {
    if (errorCode(thrown) === "ENOENT") return [];
    log.error("the failovers of the last day can not be read", {
      failure: Failure.from(thrown, path).toJson(),
    });
    return undefined;
  }
}

function usedUp(atMs: number): readonly PastFailover[] {
  return Array.from({ length: uncounted }, () => ({ atMs, lossy: true }));
}
