/** A signal that can be given without Node's AbortController; for controllers and for the simulator. */
import type { Signal } from "./env.ts";

export type Abort = { readonly signal: Signal; abort(): void };

/** A signal and the way to give it; giving it twice is giving it once. */
export function makeAbort(): Abort {
  // Made when somebody listens: most signals are given to work that never does.
  let listeners: Set<() => void> | undefined;
  const signal: Signal & { aborted: boolean } = {
    aborted: false,
    addEventListener(_type, listener) {
      listeners ??= new Set();
      listeners.add(listener);
    },
    removeEventListener(_type, listener) {
      listeners?.delete(listener);
    },
  };
  return {
    signal,
    abort() {
      if (signal.aborted) return;
      signal.aborted = true;
      const told = listeners;
      listeners = undefined;
      if (told !== undefined) for (const listener of [...told]) listener();
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
