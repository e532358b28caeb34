/** Any witness with its requests counted, timed, and held against a daily quota (quota-alarm.ts). */
import type { Clock, Journal, Log, Metrics, Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type QuotaFacts, quotaAlarm } from "./quota-alarm.ts";

export type MeterFacts = {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly journal: Journal;
  /** This client's part of the plan, and its pace; undefined without a quota. */
  readonly quota?: QuotaFacts["quota"] | undefined;
};

/** The witness, metered: `sovereign_witness_requests_total`, its duration, and the part of the quota that is used. */
export function meteredWitness(witness: Witness, facts: MeterFacts): Witness {
  const { clock, metrics, quota } = facts;
  const countQuota = quota === undefined ? undefined : quotaAlarm(witness.id, { ...facts, quota });
  const metered = async <T>(
    operation: string,
    resultOf: (value: T) => string,
    work: () => Promise<T>,
  ): Promise<T> => {
    countQuota?.();
    const startMs = clock.monotonicMs();
    let result = "failed";
    try {
      const value = await work();
      result = resultOf(value);
      return value;
    } catch (thrown) {
      result = Failure.from(thrown, witness.id).code;
      throw thrown;
    } finally {
      const seconds = (clock.monotonicMs() - startMs) / 1_000;
      metrics.count("sovereign_witness_requests_total", { operation, result });
      metrics.observe("sovereign_witness_request_duration_seconds", seconds, { operation });
    }
  };
  return {
    id: witness.id,
    read: (slot: string, signal?: Signal) =>
      metered(
        "read",
        () => "ok",
        () => witness.read(slot, signal),
      ),
    ask: (slot, request, signal) =>
      metered(
        request.op,
        (reply) => (reply.ok ? "ok" : reply.code),
        () => witness.ask(slot, request, signal),
      ),
  };
}
