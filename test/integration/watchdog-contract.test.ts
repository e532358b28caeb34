/** The watchdog's real process passes the suite of watchdogs, over the link that agents use. */
import { setTimeout as sleep } from "node:timers/promises";
import { machineMonotonicMs } from "../../src/adapters/agent/machine-clock.ts";
import { SocketWatchdogLink } from "../../src/adapters/agent/watchdog-link.ts";
import { watchdogLinkContract } from "../contract/watchdog-link.ts";
import { until, WatchdogWorld } from "./watchdog-world.ts";

watchdogLinkContract("the watchdog's process", async () => {
  const world = await WatchdogWorld.make();
  let pid = await world.start();
  let link: SocketWatchdogLink | undefined;
  return {
    async restart() {
      link?.close();
      // Generous: silence of a busy machine is not the loss of a watchdog.
      const next = new SocketWatchdogLink({ socket: world.socket, answerLimitMs: 10_000 });
      link = next;
      // As an agent begins: it asks what is held before it leaves anything. What is left before there is a connection is missed.
      await until("an answer", () =>
        next.read().then(
          () => true,
          () => false,
        ),
      );
      return next;
    },
    nowMs: machineMonotonicMs,
    isFenced: () => world.isFenced(),
    write: () => world.write(),
    stop: async () => void process.kill(pid, "SIGKILL"),
    async start() {
      pid = (await world.startAgain()) ?? pid;
    },
    pass: (ms) => sleep(ms),
    async close() {
      link?.close();
      await world.close();
    },
  };
});
