/** A sleep that somebody can end early: how a push makes the next reading of the source come at once (ADR 14). */
import { makeAbort } from "./abort.ts";
import type { Clock, Signal } from "./env.ts";

export type Wakeable = {
  /** Sleeps as the clock does, or until `wake`; at least `restMs`, so that a burst of calls is one waking. */
  sleep(ms: number, signal?: Signal): Promise<void>;
  /** Ends the sleep that goes on; when none does, the next one is as short as can be. Never waits. */
  wake(): void;
};

/** A sleep for one sleeper at a time; `restMs` is the shortest time between two wakings. */
export function wakeable(clock: Clock, restMs: number): Wakeable {
  let asked = false;
  let end: (() => void) | undefined;
  return {
    async sleep(ms, signal) {
      const shortMs = Math.min(ms, restMs);
      await clock.sleep(shortMs, signal);
      if (!asked && ms > shortMs && signal?.aborted !== true) {
        const early = makeAbort();
        end = () => early.abort();
        signal?.addEventListener("abort", end, { once: true });
        await clock.sleep(ms - shortMs, early.signal);
        signal?.removeEventListener("abort", end);
        end = undefined;
      }
      // Whoever asked before this moment is served by what the sleeper does now.
      asked = false;
    },
    wake() {
      asked = true;
      end?.();
    },
  };
}
