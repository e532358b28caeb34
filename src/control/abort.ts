/** A signal that can be given without Node's AbortController; for controllers and for the simulator. */
import type { Signal } from "./env.ts";

export type Abort = { readonly signal: Signal; abort(): void };

/** A signal and the way to give it; giving it twice is giving it once. */
export function makeAbort(): Abort {
  let aborted = false;
  const listeners = new Set<() => void>();
  return {
    signal: {
      get aborted() {
        return aborted;
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    },
    abort() {
      if (aborted) return;
      aborted = true;
      for (const listener of [...listeners]) listener();
      listeners.clear();
    },
  };
}

/** Resolves when the signal is given; at once when it was. */
export function whenAborted(signal: Signal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
