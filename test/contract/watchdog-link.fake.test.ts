/** The simulated watchdog passes the suite that the real process passes. */
import { machine, simProcess, worldTime } from "../../src/sim/failover-time.ts";
import { fakeWatchdog } from "../../src/sim/fake-watchdog.ts";
import { watchdogLinkContract } from "./watchdog-link.ts";

watchdogLinkContract("the simulated watchdog", async () => {
  const time = worldTime();
  const host = machine(time, { rate: 1.001, wallAtStartMs: Date.UTC(2026, 0) });
  let isFenced = false;
  const watchdog = fakeWatchdog({
    time,
    machine: host,
    marginMs: 500,
    fence: (done) =>
      time.after(5, () => {
        isFenced = true;
        done(true);
      }),
    retryMs: 20,
  });
  let process = simProcess(time);
  const pass = (ms: number): Promise<void> => time.run(time.nowMs() + ms);
  return {
    async restart() {
      process.kill();
      process = simProcess(time);
      return watchdog.connect(process);
    },
    nowMs: host.monotonicMs,
    isFenced: () => isFenced,
    async write() {
      isFenced = false;
    },
    stop: async () => watchdog.stop(),
    start: async () => watchdog.start(),
    pass,
    async drive(work) {
      // Whoever asked hears of a failure; it is only kept from being told twice.
      void work.catch(() => undefined);
      await pass(10);
      return work;
    },
    close: async () => undefined,
  };
});
