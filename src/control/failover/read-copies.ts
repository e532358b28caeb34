/** What an agent finds when it starts: its record in every store, and the tenure at its watchdog. */

import type { RecordCopy } from "../../core/failover/record.ts";
import type { Tenure } from "../../core/failover/watchdog.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Env } from "../env.ts";
import type { AgentOptions } from "./options.ts";
import type { AgentPorts, RecordStore } from "./ports.ts";
import { within } from "./within.ts";

export type Found = { readonly copies: readonly RecordCopy[]; readonly tenure: Tenure | null };

type Pace = Pick<AgentOptions, "storeLimitMs" | "readPatienceMs">;

/**
 * Reads all of it; what does not answer counts as unreadable, and as no tenure. A place that is slow is asked again for as long as the
 * patience lasts: a busy disk is no lost memory.
 */
export async function readCopies(
  env: Env,
  { stores, watchdog }: Pick<AgentPorts, "stores" | "watchdog">,
  pace: Pace,
): Promise<Found> {
  const [tenure, ...copies] = await Promise.all([
    readTenure(env, watchdog, pace.storeLimitMs),
    ...stores.map((store) => readCopy(env, store, pace)),
  ]);
  return { copies, tenure };
}

const pauseMs = 100;

async function readCopy(
  env: Env,
  store: RecordStore,
  { storeLimitMs, readPatienceMs = 0 }: Pace,
): Promise<RecordCopy> {
  const { clock } = env;
  const what = `reading the record from ${store.id}`;
  const endMs = clock.monotonicMs() + readPatienceMs;
  for (;;) {
    try {
      return await within(clock, storeLimitMs, what, (signal) => store.read(signal));
    } catch (thrown) {
      env.log.warn(`${what} failed`, { failure: Failure.from(thrown, what).toJson() });
      if (clock.monotonicMs() + pauseMs >= endMs) return { kind: "unreadable" };
      await clock.sleep(pauseMs);
    }
  }
}

async function readTenure(
  env: Env,
  watchdog: AgentPorts["watchdog"],
  limitMs: number,
): Promise<Tenure | null> {
  const what = "reading the tenure from the watchdog";
  try {
    return await within(env.clock, limitMs, what, (signal) => watchdog.read(signal));
  } catch (thrown) {
    env.log.warn(`${what} failed`, { failure: Failure.from(thrown, what).toJson() });
    return null;
  }
}
