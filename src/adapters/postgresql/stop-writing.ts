/**
 * Ends the writing of one server for certain, by its files and processes alone: nothing is asked of it. The agent and the watchdog's
 * program do the same. A setting such as default_transaction_read_only is no fence: a session may change it back, and running
 * transactions never look at it.
 */
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readClusterState } from "./control-file.ts";
import { closeGate, hasData, isBeingPromoted, isBornBehindGate, isGateClosed } from "./gate.ts";
import {
  type ServerProcess,
  type ServerProcesses,
  send,
  serverProcesses,
} from "./server-processes.ts";

export type StopMode = "fast" | "immediate" | "kill";

/** When, from the beginning, each way is begun. */
export type StopPlan = readonly { readonly mode: StopMode; readonly fromMs: number }[];

/** Asked nicely for half of the time, hard for a fifth, and the rest is for killing. */
export function fullPlan(limitMs: number): StopPlan {
  return [
    { mode: "fast", fromMs: 0 },
    { mode: "immediate", fromMs: limitMs * 0.5 },
    { mode: "kill", fromMs: limitMs * 0.7 },
  ];
}

const lookEveryMs = 15;

/** Whether nothing takes writes, and nothing will by being started. */
export async function isFenced(dataFolder: string): Promise<boolean> {
  const found = await serverProcesses(dataFolder);
  if ((await hasData(dataFolder)) && !(await isGateClosed(dataFolder))) return false;
  return (await dangerous(dataFolder, found)) === null;
}

/**
 * True when nothing takes writes any more, or would; a standby goes on. Ends at the latest after `limitMs`. What is started meanwhile
 * is started behind the gate, and is left alone.
 */
export async function stopWriting(
  dataFolder: string,
  plan: StopPlan,
  options: { readonly limitMs: number; readonly clock: Clock },
): Promise<boolean> {
  const { limitMs, clock } = options;
  const beganMs = clock.monotonicMs();
  const sent = new Set<string>();
  // A disk that is full must not keep the server running; the gate is tried again below.
  if (await hasData(dataFolder)) await closeGate(dataFolder).catch(() => undefined);
  for (;;) {
    const found = await serverProcesses(dataFolder);
    const danger = await dangerous(dataFolder, found);
    const ranMs = clock.monotonicMs() - beganMs;
    if (danger === null) {
      if (!(await hasData(dataFolder))) return true;
      // A promotion that was under way may have opened it in between.
      await closeGate(dataFolder);
      if (await isFenced(dataFolder)) return true;
    } else {
      endSome(danger, sent, danger.postmaster?.isStopped === true ? "kill" : modeAt(plan, ranMs));
    }
    if (ranMs >= limitMs) return false;
    await clock.sleep(lookEveryMs);
  }
}

/** Resolves when no process of the server is left. Fails with FenceFailed. */
export async function stopAll(
  dataFolder: string,
  plan: StopPlan,
  options: { readonly limitMs: number; readonly clock: Clock },
): Promise<void> {
  const { limitMs, clock } = options;
  const beganMs = clock.monotonicMs();
  const sent = new Set<string>();
  for (;;) {
    const found = await serverProcesses(dataFolder);
    const { postmaster, orphans } = found;
    if (postmaster === null && orphans.length === 0) return;
    const ranMs = clock.monotonicMs() - beganMs;
    if (ranMs >= limitMs) {
      const pids = [postmaster, ...orphans].map((one) => one?.pid ?? "").join(" ");
      throw new Failure("FenceFailed", `processes of PostgreSQL do not end: ${pids.trim()}`, {
        where: dataFolder,
      });
    }
    endSome(found, sent, postmaster?.isStopped === true ? "kill" : modeAt(plan, ranMs));
    await clock.sleep(lookEveryMs);
  }
}

function modeAt(plan: StopPlan, ranMs: number): StopMode {
  return plan.findLast(({ fromMs }) => ranMs >= fromMs)?.mode ?? "fast";
}

const signals = { fast: "SIGINT", immediate: "SIGQUIT", kill: "SIGKILL" } as const;

/** Each signal once for each process; killing is repeated, the postmaster first, so that it makes no more of them. */
function endSome(
  { postmaster, children, orphans }: ServerProcesses,
  sent: Set<string>,
  mode: StopMode,
): void {
  const once = (pid: number, signal: NodeJS.Signals): void => {
    const key = `${pid} ${signal}`;
    if (!sent.has(key) || signal === "SIGKILL") send(pid, signal);
    sent.add(key);
  };
  if (postmaster !== null) once(postmaster.pid, signals[mode]);
  // They end by themselves as soon as they notice, which a hung one never does.
  for (const { pid } of orphans) once(pid, "SIGKILL");
  if (mode === "kill") for (const { pid } of children) once(pid, "SIGKILL");
}

/** What has to end; null when nothing has to. */
async function dangerous(
  dataFolder: string,
  found: ServerProcesses,
): Promise<ServerProcesses | null> {
  const { postmaster, orphans } = found;
  if (postmaster === null) return orphans.length === 0 ? null : found;
  if (await isHarmless(dataFolder, postmaster)) {
    return orphans.length === 0 ? null : { postmaster: null, children: [], orphans };
  }
  return found;
}

/** In recovery, or on its way there, with no promotion begun by anybody. */
async function isHarmless(dataFolder: string, postmaster: ServerProcess): Promise<boolean> {
  // In this order: a promotion takes its mark away only after it is seen in the other two.
  if (await isBeingPromoted(dataFolder, postmaster)) return false;
  if ((await readClusterState(dataFolder)) === "in archive recovery") return true;
  return isBornBehindGate(dataFolder, postmaster);
}
