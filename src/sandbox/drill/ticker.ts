/** Starts something at a fixed rate, on the tick and not one after the other, with a limit of how much is open. */
import type { Clock } from "../../control/env.ts";

export type TickerOptions = {
  readonly everyMs: number;
  readonly inFlightMax: number;
  /** Never rejects. */
  readonly work: () => Promise<void>;
  /** Called instead of `work` while too much is open. */
  readonly full: () => void;
};

export interface Ticker {
  /** Ends the ticks and waits for what is open. */
  stop(): Promise<void>;
}

/** Begins to tick at once. A tick that the machine slept through is left out, not made up for. */
export function startTicker(clock: Clock, options: TickerOptions): Ticker {
  const { everyMs, inFlightMax, work, full } = options;
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  const startMs = clock.monotonicMs();
  const tick = (): void => {
    if (open.size >= inFlightMax) {
      full();
      return;
    }
    const started: Promise<void> = work().finally(() => open.delete(started));
    open.add(started);
  };
  const run = async (): Promise<void> => {
    // Counted, not computed from the time alone: timers may wake a little early, and that is still the same tick.
    for (let next = 1; !stopping.signal.aborted; next++) {
      tick();
      const elapsedMs = clock.monotonicMs() - startMs;
      next = Math.max(next, Math.ceil(elapsedMs / everyMs));
      await clock.sleep(next * everyMs - elapsedMs, stopping.signal);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(open);
    },
  };
}
