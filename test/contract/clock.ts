/** What every clock promises (control/env.ts), whether time passes by itself or is moved. */
import { describe, expect, test } from "vitest";
import { type Abort, makeAbort } from "../../src/control/abort.ts";
import type { Clock, Signal } from "../../src/control/env.ts";

export type ClockUnderTest = {
  readonly clock: Clock;
  /** Resolves when at least `ms` have passed and those who slept no longer have run on. */
  readonly pass: (ms: number) => Promise<void>;
};

/** A signal that knows how many listen to it. */
function countedAbort(): Abort & { readonly listeners: () => number } {
  const { signal, abort } = makeAbort();
  let listeners = 0;
  const counted: Signal = {
    get aborted() {
      return signal.aborted;
    },
    addEventListener(type, listener, options) {
      listeners += 1;
      signal.addEventListener(type, listener, options);
    },
    removeEventListener(type, listener) {
      listeners -= 1;
      signal.removeEventListener(type, listener);
    },
  };
  return { signal: counted, abort, listeners: () => listeners };
}

const promises: Readonly<Record<string, (given: ClockUnderTest) => Promise<void>>> = {
  "tells a wall time of this era in whole milliseconds": async ({ clock }) => {
    expect(clock.nowMs()).toBeGreaterThan(Date.UTC(2025, 0));
    expect(Number.isInteger(clock.nowMs())).toBe(true);
  },

  "wakes a sleeper when its time has passed and not before": async ({ clock, pass }) => {
    const startMs = clock.monotonicMs();
    let wokenAfterMs = -1;
    const sleeping = clock.sleep(40).then(() => {
      wokenAfterMs = clock.monotonicMs() - startMs;
    });
    await pass(60);
    await sleeping;
    // Timers of Node may wake up to one millisecond early by the finer clock.
    expect(wokenAfterMs).toBeGreaterThanOrEqual(39);
  },

  "never goes back by its monotonic reading": async ({ clock, pass }) => {
    let lastMs = clock.monotonicMs();
    for (let i = 0; i < 20; i++) {
      const sleeping = clock.sleep(i % 3);
      await pass(3);
      await sleeping;
      expect(clock.monotonicMs()).toBeGreaterThanOrEqual(lastMs);
      lastMs = clock.monotonicMs();
    }
  },

  "wakes earlier sleepers first": async ({ clock, pass }) => {
    const order: number[] = [];
    const sleepers = [90, 10, 50].map((ms) => clock.sleep(ms).then(() => void order.push(ms)));
    await pass(120);
    await Promise.all(sleepers);
    expect(order).toEqual([10, 50, 90]);
  },

  "wakes a sleeper at once when its signal is given, and keeps no listener": async ({ clock }) => {
    const { signal, abort, listeners } = countedAbort();
    const sleeping = clock.sleep(3_600_000, signal);
    expect(listeners()).toBe(1);
    abort();
    await sleeping;
    expect(listeners()).toBe(0);
  },

  "does not sleep at all when the signal was given before": async ({ clock }) => {
    const { signal, abort, listeners } = countedAbort();
    abort();
    await clock.sleep(3_600_000, signal);
    expect(listeners()).toBe(0);
  },

  "keeps no listener after a sleep that ended by itself": async ({ clock, pass }) => {
    const { signal, listeners } = countedAbort();
    const sleeping = clock.sleep(5, signal);
    await pass(10);
    await sleeping;
    expect(listeners()).toBe(0);
  },

  "sleeps for months when it is asked to": async ({ clock, pass }) => {
    const { signal, abort } = makeAbort();
    let woken = false;
    const sleeping = clock.sleep(90 * 86_400_000, signal).then(() => {
      woken = true;
    });
    await pass(20);
    expect(woken).toBe(false);
    abort();
    await sleeping;
  },
};

/** Runs the suite; `make` gives a fresh clock. */
export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(`${name} as a clock`, () => {
    test.each(Object.entries(promises))("%s", (_promise, keeps) => keeps(make()));
  });
}
