/** A limit for work on Node's sockets: a real AbortSignal, given when the time is over or when somebody no longer wants the work. */
import { setMaxListeners } from "node:events";
import type { Signal } from "../control/env.ts";

export type Bounded = {
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  readonly isLate: () => boolean;
  /** To be called when the work is done, however it ended. */
  end(): void;
};

/** The limit of `limitMs`, and of each of the signals. */
export function bounded(limitMs: number, ...signals: readonly (Signal | undefined)[]): Bounded {
  const abort = new AbortController();
  // Whoever gives it to many at once means to; each takes its listener away again.
  setMaxListeners(0, abort.signal);
  const give = (): void => abort.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = !abort.signal.aborted;
    give();
  }, limitMs);
  for (const signal of signals) {
    if (signal?.aborted === true) give();
    signal?.addEventListener("abort", give, { once: true });
  }
  return {
    signal: abort.signal,
    isLate: () => late,
    end() {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", give);
    },
  };
}
