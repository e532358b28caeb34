/** What an agent finds when it starts: its record in every store, and the tenure at its watchdog. */

import type { RecordCopy } from "../../core/failover/record.ts";
import type { Tenure } from "../../core/failover/watchdog.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Env } from "../env.ts";
import type { AgentPorts, RecordStore } from "./ports.ts";
import { within } from "./within.ts";

export type Found = { readonly copies: readonly RecordCopy[]; readonly tenure: Tenure | null };

/** Reads all of it, each within `limitMs`; what does not answer counts as unreadable, and as no tenure. */
export async function readCopies(
  env: Env,
  { stores, watchdog }: Pick<AgentPorts, "stores" | "watchdog">,
  limitMs: number,
): Promise<Found> {
  const [tenure, ...copies] = await Promise.all([
    readTenure(env, watchdog, limitMs),
    ...stores.map((store) => readCopy(env, store, limitMs)),
  ]);
  return { copies, tenure };
}

async function readCopy(env: Env, store: RecordStore, limitMs: number): Promise<RecordCopy> {
  const what = `reading the record from ${store.id}`;
  try {
    return await within(env.clock, limitMs, what, (signal) => store.read(signal));
  } catch (thrown) {
    env.log.warn(`${what} failed`, { failure: Failure.from(thrown, what).toJson() });
    return { kind: "unreadable" };
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
