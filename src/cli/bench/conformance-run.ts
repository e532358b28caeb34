/**
 * The long conformance run of one witness: workload after workload on fresh slots, each history judged and forgotten, so that
 * a million operations need no more memory than ten thousand.
 */
import { systemClock } from "../../adapters/clock.ts";
import type { Witness } from "../../control/env.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import type { LeaseOperation, LeaseViolation } from "../../sim/checkers/lease-history.ts";
import { checkLeaseHistory, type WitnessClock } from "../../sim/checkers/lease-linearizability.ts";
import { runLeaseWorkload } from "../../sim/lease-workload.ts";

export type ConformanceOptions = {
  /** A connection of its own for each client. */
  readonly connect: (holder: string) => Witness;
  readonly clients: number;
  readonly clock: WitnessClock;
  readonly operations: number;
  readonly seed: number;
  /** Begins the names of slots and requests. */
  readonly name: string;
  readonly onProgress: (line: string) => void;
};

export type ConformanceResult = {
  readonly operations: number;
  readonly writes: number;
  readonly refusals: number;
  readonly unknown: number;
  readonly slots: number;
  readonly seconds: number;
  /** Of those, spent on judging. */
  readonly checkSeconds: number;
  readonly violations: readonly LeaseViolation[];
};

const operationsOfOne = 20_000;
const slotsOfOne = 12;
const everySeconds = 10;
/** Longer than any one workload: what is judged here is order, and expiry is judged by the contract's own checks. */
const ttlMs = 300_000;

/** Runs until all operations are done or a violation is found. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceResult> {
  const { operations, seed, name, clock, onProgress } = options;
  const clients = Array.from({ length: options.clients }, (_, index) => {
    const holder = `c${index}`;
    return { name: holder, witness: options.connect(holder) };
  });
  const started = performance.now();
  const counts = { operations: 0, writes: 0, refusals: 0, unknown: 0, slots: 0, checkSeconds: 0 };
  let violations: readonly LeaseViolation[] = [];
  let toldAtMs = started;
  for (let run = 1; counts.operations < operations && violations.length === 0; run++) {
    const history = await runLeaseWorkload({
      clients,
      slots: Array.from({ length: slotsOfOne }, (_, slot) => `${name}/${seed}-${run}-${slot}`),
      operations: Math.min(operationsOfOne, operations - counts.operations),
      ttlMs,
      clock: systemClock,
      random: seededRandom(seed * 100_003 + run),
      name: `${name}-${seed}-${run}`,
    });
    const checkedAtMs = performance.now();
    violations = checkLeaseHistory(history, clock);
    counts.checkSeconds += (performance.now() - checkedAtMs) / 1_000;
    counts.operations += history.length;
    counts.writes += countOf(
      history,
      ({ outcome }) => outcome.kind === "reply" && outcome.reply.ok,
    );
    counts.refusals += countOf(
      history,
      ({ outcome }) => outcome.kind === "reply" && !outcome.reply.ok,
    );
    counts.unknown += countOf(history, ({ outcome }) => outcome.kind === "unknown");
    counts.slots += slotsOfOne;
    if (performance.now() - toldAtMs < everySeconds * 1_000) continue;
    toldAtMs = performance.now();
    const rate = counts.operations / ((toldAtMs - started) / 1_000);
    onProgress(`${name}: ${counts.operations} of ${operations} operations, ${rate.toFixed(0)}/s …`);
  }
  return { ...counts, seconds: (performance.now() - started) / 1_000, violations };
}

function countOf(
  history: readonly LeaseOperation[],
  is: (operation: LeaseOperation) => boolean,
): number {
  return history.filter(is).length;
}
