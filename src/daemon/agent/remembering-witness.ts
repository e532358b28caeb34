/** A witness whose last failure is remembered, so that a person sees what it says and not only that it is silent. */
import type { Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";

export type RememberingWitness = Witness & {
  /** The failure of the last request that was answered or given up; null when that one was answered. */
  failure(): Failure | null;
};

/** The same witness. */
export function rememberingWitness(witness: Witness): RememberingWitness {
  let last: Failure | null = null;
  const remember = async <T>(work: () => Promise<T>, signal: Signal | undefined): Promise<T> => {
    try {
      const value = await work();
      last = null;
      return value;
    } catch (thrown) {
      const failure = Failure.from(thrown, witness.id);
      const isLate = failure.code === "Cancelled" && signal?.aborted === true;
      last = isLate
        ? new Failure("WitnessUnreachable", "the witness did not answer in time")
        : failure;
      throw thrown;
    }
  };
  return {
    id: witness.id,
    failure: () => last,
    read: (slot, signal) => remember(() => witness.read(slot, signal), signal),
    ask: (slot, request, signal) => remember(() => witness.ask(slot, request, signal), signal),
  };
}
