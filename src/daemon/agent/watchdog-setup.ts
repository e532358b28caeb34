/** The agent's watchdog: found, started, or started anew when it works by another configuration and guards nothing. */
import { join } from "node:path";
import { SocketWatchdogLink, type WatchdogView } from "../../adapters/agent/watchdog-link.ts";
import { lockHolder } from "../../adapters/journal/lock.ts";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { LeaseTiming } from "../../core/lease/timing.ts";
import { configDigest, type WatchdogConfig } from "../watchdog/config.ts";
import { type StartOptions, startWatchdog } from "../watchdog/start.ts";
import type { AgentConfig } from "./config.ts";

export type WatchdogAt = {
  readonly socket: string;
  /** Why it does not work by this configuration yet; null when it does. */
  readonly older: string | null;
};

const endLimitMs = 30_000;

/** Where the watchdog of an agent lives. */
export function watchdogFolder({ state }: Pick<AgentConfig, "state">): string {
  return join(state, "watchdog");
}

/** The watchdog's configuration as this agent and its group need it. */
export function watchdogConfigOf(
  config: Pick<AgentConfig, "state" | "watchdog">,
  { ttlMs }: LeaseTiming,
  gapNoticeMs: number,
): WatchdogConfig {
  const { fence, uptimeFile = "/proc/uptime" } = config.watchdog;
  const folder = watchdogFolder(config);
  const pace = { retryMs: 500, tickMs: 100, gapNoticeMs, longestTenureMs: ttlMs };
  return { folder, fence, ...pace, uptimeFile };
}

/** Finds or starts it; fails with ConfigInvalid, ProcessFailed or TimedOut. Only the process that is the agent may ask. */
export async function ensureWatchdog(
  config: WatchdogConfig,
  clock: Clock,
  startedBy: StartOptions["startedBy"] = "agent",
): Promise<WatchdogAt> {
  const { folder } = config;
  const { socket } = await startWatchdog(config, { startedBy });
  const view = await lookAt(socket);
  // The file beside it says what somebody wanted to start; only the process knows what it works by.
  if (view.config === configDigest(config)) return { socket, older: null };
  if (view.tenure !== null) {
    const older = "the watchdog goes on by another configuration, because it guards a tenure";
    return { socket, older };
  }
  await endWatchdog(folder, clock);
  const again = await startWatchdog(config, { startedBy });
  const isRight = (await lookAt(again.socket)).config === configDigest(config);
  const older = isRight ? null : "somebody else starts the watchdog, by another configuration";
  return { socket: again.socket, older };
}

async function lookAt(socket: string): Promise<WatchdogView> {
  const link = new SocketWatchdogLink({ socket });
  try {
    return await link.look();
  } finally {
    link.close();
  }
}

/** It fences and ends; nothing is guarded, so nothing is lost by that. */
async function endWatchdog(folder: string, clock: Clock): Promise<void> {
  const pid = await holderOf(folder);
  if (pid === undefined) return;
  process.kill(pid, "SIGTERM");
  const untilMs = clock.monotonicMs() + endLimitMs;
  while ((await holderOf(folder)) === pid) {
    if (clock.monotonicMs() > untilMs) {
      throw new Failure(
        "TimedOut",
        "the watchdog does not end, because its fence is not confirmed",
        {
          where: join(folder, "watchdog.log"),
          remedy: "Look at what its fence says there.",
        },
      );
    }
    await clock.sleep(50);
  }
}

function holderOf(folder: string): Promise<number | undefined> {
  return lockHolder(folder).catch(() => undefined); // Without a folder there is no watchdog.
}
