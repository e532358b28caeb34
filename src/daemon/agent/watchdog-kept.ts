/** The watchdog over an agent's life: joined, started again when it is gone, and replaced once nothing needs an older one. */
import { SocketWatchdogLink, type WatchdogView } from "../../adapters/agent/watchdog-link.ts";
import type { Env, Signal } from "../../control/env.ts";
import type { WatchdogLink } from "../../control/failover/ports.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { WatchdogConfig } from "../watchdog/config.ts";
import { ensureWatchdog } from "./watchdog-setup.ts";

export type KeptWatchdog = {
  readonly link: WatchdogLink;
  /** What it answers now, its last fence with it; null for an agent that has none. Fails with WatchdogUnreachable. */
  look(signal?: Signal): Promise<WatchdogView | null>;
  /** Why it works by an older configuration; null when it does not. */
  older(): string | null;
  /** Looks after it until the signal is given; `isIdle` says that this region holds nothing. */
  run(isIdle: () => boolean, signal: Signal): Promise<void>;
  close(): void;
};

/** For an agent that only observes: it guards nothing, and claims nobody's watchdog. */
export const noWatchdog: KeptWatchdog = {
  link: {
    read: () => Promise.resolve(null),
    set: () => undefined,
    onLost: () => () => undefined,
  },
  look: () => Promise.resolve(null),
  older: () => null,
  run: () => Promise.resolve(),
  close: () => undefined,
};

const lookEveryMs = 1_000;

/** Finds or starts it, and joins it. Fails with ConfigInvalid, ProcessFailed or TimedOut. */
export async function keepWatchdog(
  env: Env,
  config: WatchdogConfig,
  startedBy: "agent" | "pod" = "agent",
): Promise<KeptWatchdog> {
  let { socket, older } = await ensureWatchdog(config, env.clock, startedBy);
  const link = new SocketWatchdogLink({ socket });
  let isLost = false;
  const forget = link.onLost(() => {
    isLost = true;
  });
  const look = async (isIdle: boolean): Promise<void> => {
    if (!isLost && (older === null || !isIdle)) return;
    try {
      isLost = false;
      ({ socket, older } = await ensureWatchdog(config, env.clock, startedBy));
    } catch (thrown) {
      isLost = true;
      const failure = Failure.from(thrown, config.folder).toJson();
      env.log.error("the watchdog can not be started", { failure });
    }
  };
  return {
    link,
    look: (signal) => link.look(signal),
    older: () => older,
    async run(isIdle, signal) {
      while (!signal.aborted) {
        await look(isIdle());
        await env.clock.sleep(lookEveryMs, signal);
      }
    },
    close() {
      forget();
      link.close();
    },
  };
}
