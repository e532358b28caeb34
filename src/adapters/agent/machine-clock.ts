/**
 * The machine's clocks as all of its processes share them: a region agent and its watchdog compare instants, so theirs count from the start
 * of the machine (CLOCK_MONOTONIC) and not from that of a process.
 */
import type { Clock } from "../../control/env.ts";
import { systemClock } from "../clock.ts";

/** Milliseconds of CLOCK_MONOTONIC. */
export function machineMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** The `Clock` of a process that hands instants to another one on the machine. */
export const machineClock: Clock = { ...systemClock, monotonicMs: machineMonotonicMs };
