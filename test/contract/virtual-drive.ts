/** Lets virtual time pass while work is under way, so that what waits for it goes on. */
import type { VirtualClock } from "../../src/sim/virtual-clock.ts";

/** The work's result; works that overlap share one hand on the clock. */
export function driverOf(clock: VirtualClock, stepMs = 20): <T>(work: Promise<T>) => Promise<T> {
  let working = 0;
  let isTurning = false;
  const turn = async (): Promise<void> => {
    isTurning = true;
    while (working > 0) await clock.advance(stepMs);
    isTurning = false;
  };
  return async (work) => {
    working += 1;
    if (!isTurning) void turn(); // It ends with the last work.
    try {
      return await work;
    } finally {
      working -= 1;
    }
  };
}
