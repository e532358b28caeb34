/**
 * Ends the writing of one server for certain. A server that says itself that it is a replica which refuses writes is left alone; whatever
 * says something else, or nothing, or was marked as serving, is ended by its process. The agent and the watchdog's program do the same.
 */
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { send } from "../postgresql/server-processes.ts";
import { isMarked } from "./serving-mark.ts";
import { readInfo, withServer } from "./valkey-connection.ts";
import type { ValkeyAddress } from "./valkey-options.ts";
import { type ValkeyProcess, valkeyProcesses } from "./valkey-processes.ts";

export type StopMode = "fast" | "kill";

/** When, from the beginning, each way is begun. */
export type StopPlan = readonly { readonly mode: StopMode; readonly fromMs: number }[];

/** In order for half of the time, in which it also writes its data down; the rest is for killing. */
export function fullPlan(limitMs: number): StopPlan {
  return [
    { mode: "fast", fromMs: 0 },
    { mode: "kill", fromMs: limitMs * 0.5 },
  ];
}

export type ServerPlace = {
  readonly dataFolder: string;
  readonly stateFolder: string;
  readonly address: ValkeyAddress;
  /** Another server answers there: this one has no address of its own, and silence or another's answer says nothing of it. */
  readonly isAddressShared?: boolean;
};

const lookEveryMs = 15;

/** Whether nothing of these data takes writes. Fails with FenceFailed as `refuseWriter` does. */
export async function isFenced(place: ServerPlace, askMs: number): Promise<boolean> {
  if ((await valkeyProcesses(place.dataFolder)).length === 0) await refuseWriter(place, askMs);
  return (await dangerous(place, askMs)).length === 0;
}

/** For where no process was found: fails with FenceFailed when a server takes writes at the address all the same. Silence says nothing. */
export async function refuseWriter(
  { address, dataFolder, isAddressShared = false }: ServerPlace,
  askMs: number,
): Promise<void> {
  if (isAddressShared) return;
  const isWriter = await withServer(address, { limitMs: askMs }, async (ask) => {
    const info = await readInfo(ask);
    return !info.isReplica || !info.isReadOnly;
  }).catch(() => false);
  if (!isWriter) return;
  const where = `${address.host}:${address.port}`;
  throw new Failure("FenceFailed", `what takes writes at ${where} is no process of these data`, {
    where: dataFolder,
    remedy: "Correct the folder or the address; the server has to run where its process is seen.",
  });
}

/**
 * True when nothing takes writes any more; ends at the latest `askMs` after `limitMs`. What is started meanwhile starts behind its gate.
 * Fails with FenceFailed as `refuseWriter` does where there was nothing to end.
 */
export async function stopWriting(
  place: ServerPlace,
  plan: StopPlan,
  options: { readonly limitMs: number; readonly askMs: number; readonly clock: Clock },
): Promise<boolean> {
  const { limitMs, askMs, clock } = options;
  const beganMs = clock.monotonicMs();
  const sent = new Set<string>();
  const ended = new Set<number>();
  for (;;) {
    const found = await valkeyProcesses(place.dataFolder);
    // Who was told to end is not asked again: it may answer until it does.
    const left = found.filter(({ pid }) => ended.has(pid));
    const danger = left.length > 0 ? left : await dangerous(place, askMs);
    if (danger.length === 0) {
      // Where nothing was found that could be ended, what answers may be of these data and not to be seen from here.
      if (found.length === 0 && ended.size === 0) await refuseWriter(place, askMs);
      return true;
    }
    const ranMs = clock.monotonicMs() - beganMs;
    const mode = plan.findLast(({ fromMs }) => ranMs >= fromMs)?.mode ?? "fast";
    for (const { pid, isStopped } of danger) {
      const signal = mode === "kill" || isStopped ? "SIGKILL" : "SIGTERM";
      ended.add(pid);
      if (!sent.has(`${pid} ${signal}`) || signal === "SIGKILL") send(pid, signal);
      sent.add(`${pid} ${signal}`);
    }
    if (ranMs >= limitMs) return false;
    await clock.sleep(lookEveryMs);
  }
}

/** What has to end; nothing where nothing has to. */
async function dangerous(place: ServerPlace, askMs: number): Promise<readonly ValkeyProcess[]> {
  const found = await valkeyProcesses(place.dataFolder);
  const harmless = await Promise.all(
    found.map(
      async (server) =>
        !server.isStopped &&
        !(await isMarked(place.stateFolder, server)) &&
        (await refusesWrites(place.address, server.pid, askMs)),
    ),
  );
  return found.filter((_, index) => harmless[index] === false);
}

/** Whether the server at this address is that process, and says that it refuses writes. Silence says nothing. */
export function refusesWrites(
  address: ValkeyAddress,
  pid: number,
  askMs: number,
): Promise<boolean> {
  return withServer(address, { limitMs: askMs }, async (ask) => {
    const info = await readInfo(ask);
    return info.pid === pid && info.isReplica && info.isReadOnly;
  }).catch(() => false);
}
