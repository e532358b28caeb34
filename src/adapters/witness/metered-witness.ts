/** Any witness with its requests counted, timed, and held against a daily quota (core/lease/quota.ts). */
import type { Clock, Log, Metrics, Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { countRequest, hasReachedAlarm, type QuotaMeter } from "../../core/lease/quota.ts";

export type MeterFacts = {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** What this client may use of the plan in a day; undefined without a quota. */
  readonly requestsPerDay?: number;
};

/** The witness, metered: `sovereign_witness_requests_total`, its duration, and the part of the quota that is used. */
export function meteredWitness(witness: Witness, facts: MeterFacts): Witness {
  const { clock, metrics, log, requestsPerDay } = facts;
  let meter: QuotaMeter | undefined;
  const countQuota = (): void => {
    if (requestsPerDay === undefined) return;
    meter = countRequest(meter, clock.nowMs());
    metrics.gauge("sovereign_witness_quota_used_ratio", meter.requests / requestsPerDay);
    if (!hasReachedAlarm(meter, requestsPerDay)) return;
    const used = { requests: meter.requests, requestsPerDay, witness: witness.id };
    log.warn("80 % of the witness's daily quota is used", used);
  };
  const metered = async <T>(
    operation: string,
    resultOf: (value: T) => string,
    work: () => Promise<T>,
  ): Promise<T> => {
    countQuota();
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
