/**
 * The watchdog's program for plain PostgreSQL (docs/guides/watchdog.md): ends the writing of the servers of the given data, by their files
 * and processes alone, and leaves a standby as it is. It needs no password, no network and no agent. Exit 0: nothing takes writes.
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { systemClock } from "../../adapters/clock.ts";
import { exists, hasData } from "../../adapters/postgresql/gate.ts";
import {
  fullPlan,
  isFenced,
  type StopPlan,
  stopWriting,
} from "../../adapters/postgresql/stop-writing.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";

const usage =
  "usage: main.js --data <folder> [--data <folder>] [--state <folder>] [--mode fast|immediate|kill|confirm|all] [--limit <ms>]\n";

/** The one way of a step, or the way from nice to hard within the limit. */
function planOf(mode: string, limitMs: number): StopPlan | undefined {
  if (mode === "all") return fullPlan(limitMs);
  if (mode === "fast" || mode === "immediate" || mode === "kill") return [{ mode, fromMs: 0 }];
  return undefined;
}

/** A folder that is none of a server's, and never was looked after by an agent, is a mistake in the configuration. */
async function refuseStrange(folder: string, state: string): Promise<true> {
  if ((await hasData(folder)) || (await exists(state))) return true;
  throw new Failure("FenceFailed", "there are no data of PostgreSQL, and no agent has been here", {
    where: folder,
    remedy: "Correct --data in the watchdog's configuration.",
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      data: { type: "string", multiple: true },
      state: { type: "string" },
      mode: { type: "string", default: "all" },
      limit: { type: "string", default: "8000" },
    },
  });
  const folders = values.data ?? [];
  const limitMs = Number(values.limit);
  const plan = planOf(values.mode, limitMs);
  const isKnown = plan !== undefined || values.mode === "confirm";
  if (folders.length === 0 || !isKnown || !(limitMs >= 1 && limitMs <= 3_600_000)) {
    writeSync(2, usage);
    return codes.UsageInvalid.exitCode;
  }
  const fence = (folder: string): Promise<boolean> =>
    plan === undefined
      ? isFenced(folder)
      : stopWriting(folder, plan, { limitMs, clock: systemClock });
  // A folder that is strange, or can not be looked at, keeps nobody from ending the others: nothing is found where nothing is.
  const outcomes = await Promise.allSettled([
    ...folders.map(fence),
    ...folders.map((folder) => refuseStrange(folder, values.state ?? `${folder}.sovereign`)),
  ]);
  for (const one of outcomes) if (one.status === "rejected") throw one.reason;
  return outcomes.every((one) => one.status === "fulfilled" && one.value) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const isUsage = thrown instanceof TypeError && "code" in thrown;
  const failure = Failure.from(thrown, "fencing PostgreSQL");
  writeSync(2, isUsage ? usage : `${JSON.stringify(failure.toJson())}\n`);
  process.exitCode = isUsage ? codes.UsageInvalid.exitCode : codes.FenceFailed.exitCode;
}
