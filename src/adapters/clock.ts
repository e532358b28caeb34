/** The machine's two clocks, as the `Clock` port. */
import { performance } from "node:perf_hooks";
import type { Clock, Signal } from "../control/env.ts";

/** setTimeout fires at once when it is asked for more than this. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    let restMs = ms;
    do {
      await timer(Math.min(restMs, longestTimerMs), signal);
      restMs -= longestTimerMs;
    } while (restMs > 0 && signal?.aborted !== true);
  },
};

function timer(ms: number, signal: Signal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = (): void => {
      clearTimeout(running);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const running = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
