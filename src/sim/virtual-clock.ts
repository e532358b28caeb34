/**
 * FAKE: a clock that moves only when it is told to; passes the suite in test/contract/clock.ts.
 * Timers that are due at one moment wake in an order drawn from the seed, so that no controller can rely on one.
 */
import type { Clock, Signal } from "../control/env.ts";
import { assert } from "../core/kernel/assert.ts";
import { type Random, seededRandom } from "../core/kernel/random.ts";

export type VirtualClockOptions = {
  /** Wall time at the start; default 2026-01-01T00:00:00Z. */
  readonly startAtMs?: number;
  /** Lets everything that is ready run to its next wait; default: many turns of the microtask queue. */
  readonly settle?: () => Promise<void>;
};

export type VirtualClock = Clock & {
  /** Moves time on by `ms`, waking sleepers on the way, each at its own moment. */
  advance(ms: number): Promise<void>;
  /** Moves time on to `untilMs` of the monotonic clock. */
  run(untilMs: number): Promise<void>;
  /** The wall clock jumps, as NTP or a person makes it; sleepers and the monotonic clock do not notice. */
  jumpWall(byMs: number): void;
  /** How many sleep now. */
  readonly sleepers: number;
};

type Timer = { readonly dueMs: number; readonly lot: number; readonly wake: () => void };

const defaultStartAtMs = 1_767_225_600_000;
const lots = 2 ** 30;

export function virtualClock(seed: number, options: VirtualClockOptions = {}): VirtualClock {
  const { startAtMs = defaultStartAtMs, settle = settleMicrotasks } = options;
  const random: Random = seededRandom(seed);
  const timers: Timer[] = [];
  let monotonicMs = 0;
  let wallOffsetMs = startAtMs;

  const run = async (untilMs: number): Promise<void> => {
    assert(untilMs >= monotonicMs, "time does not go back");
    await settle();
    for (let next = timers[0]; next !== undefined && next.dueMs <= untilMs; next = timers[0]) {
      timers.shift();
      monotonicMs = Math.max(monotonicMs, next.dueMs);
      next.wake();
      await settle();
    }
    monotonicMs = untilMs;
  };
  return {
    nowMs: () => Math.floor(wallOffsetMs + monotonicMs),
    monotonicMs: () => monotonicMs,
    sleep(ms, signal) {
      const dueMs = monotonicMs + Math.max(0, ms);
      return sleepUntil(timers, { dueMs, lot: random.below(lots) }, signal);
    },
    advance: (ms) => run(monotonicMs + ms),
    run,
    jumpWall(byMs) {
      wallOffsetMs += byMs;
    },
    get sleepers() {
      return timers.length;
    },
  };
}

function sleepUntil(
  timers: Timer[],
  at: { readonly dueMs: number; readonly lot: number },
  signal: Signal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const wake = (): void => {
      signal?.removeEventListener("abort", abandon);
      resolve();
    };
    const timer: Timer = { ...at, wake };
    const abandon = (): void => {
      timers.splice(timers.indexOf(timer), 1);
      wake();
    };
    signal?.addEventListener("abort", abandon, { once: true });
    timers.splice(placeOf(timers, timer), 0, timer);
  });
}

/** Where the timer belongs in the list, which is ordered by due time, then by lot, then by age. */
function placeOf(timers: readonly Timer[], timer: Timer): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = timers[middle];
    const before =
      other !== undefined &&
      (other.dueMs < timer.dueMs || (other.dueMs === timer.dueMs && other.lot <= timer.lot));
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** More turns than any controller chains promises between two waits. */
const turns = 200;

async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}
