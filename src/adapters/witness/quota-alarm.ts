/** Says aloud what one client takes of a witness's daily quota: in the journal, as gauges, and in the log. */
import type { Clock, Journal, Log, Metrics } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import {
  countRequest,
  forecastClient,
  levelReached,
  type QuotaMeter,
} from "../../core/lease/client-quota.ts";

export type QuotaFacts = {
  readonly clock: Pick<Clock, "nowMs">;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly journal: Journal;
  /** What this client may ask in a day, and how often it renews. */
  readonly quota: { readonly requestsPerDay: number; readonly renewEveryMs: number };
};

/** Tells the forecast at once, and gives what counts each request. */
export function quotaAlarm(witness: string, facts: QuotaFacts): () => void {
  const { clock, metrics, quota } = facts;
  const { requestsPerDay, renewEveryMs } = quota;
  let meter: QuotaMeter | undefined;
  const { kind, because, usedRatio } = forecastClient(renewEveryMs, requestsPerDay);
  metrics.gauge("sovereign_witness_quota_foretold_ratio", usedRatio);
  metrics.gauge("sovereign_witness_quota_used_ratio", 0);
  if (kind !== "fits") {
    const key = `witness-quota-foretold-${kind}-${renewEveryMs}-${requestsPerDay}`;
    tell(facts, "witness.quotaForetold", because, { witness, level: kind }, key);
  }
  return () => {
    meter = countRequest(meter, clock.nowMs());
    const { requests, dayAtMs } = meter;
    metrics.gauge("sovereign_witness_quota_used_ratio", requests / requestsPerDay);
    const level = levelReached(meter, requestsPerDay);
    if (level === undefined) return;
    const words = level === "used" ? "All" : "80 %";
    const said = `${words} of this client's ${requestsPerDay} requests a day is used.`;
    const data = { witness, level, requests, requestsPerDay };
    tell(facts, "witness.quotaUsed", said, data, `witness-quota-${level}-${dayAtMs}`);
  };
}

/** The lease never waits for the journal. */
function tell(
  { journal, log }: QuotaFacts,
  type: string,
  because: string,
  data: JsonObject,
  key: string,
): void {
  log.warn(because, data);
  journal.append({ type, data: { ...data, because }, key }).catch((thrown: unknown) => {
    const { code, message } = Failure.from(thrown, "journal");
    log.error("the quota's alarm is not in the journal", { code, message });
  });
}
