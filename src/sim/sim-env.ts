/** FAKE: what a controller is given in the simulator, all of it made from one seed. */
import type { Env } from "../control/env.ts";
import { seededRandom } from "../core/kernel/random.ts";
import { type MemoryJournal, memoryJournal } from "./memory-journal.ts";
import { type MemoryLog, memoryLog } from "./memory-log.ts";
import { type MemoryMetrics, memoryMetrics } from "./memory-metrics.ts";
import { type VirtualClock, type VirtualClockOptions, virtualClock } from "./virtual-clock.ts";

export type SimEnv = Env & {
  readonly clock: VirtualClock;
  readonly journal: MemoryJournal;
  readonly log: MemoryLog;
  readonly metrics: MemoryMetrics;
};

/** A fresh environment; the same seed gives the same run of the same controllers. */
export function simEnv(seed: number, options: VirtualClockOptions = {}): SimEnv {
  const clock = virtualClock(seed, options);
  return {
    clock,
    // Another stream of numbers than the clock's, so that drawing from one does not shift the other.
    random: seededRandom(seed ^ 0x5eed),
    journal: memoryJournal("sim/here", clock),
    log: memoryLog(),
    metrics: memoryMetrics(),
  };
}
