/**
 * Every metric of the product, once: the Prometheus adapter and the simulator accept exactly these names and labels.
 * Names never change their meaning; `docs/reference` is generated from tables like this one.
 */
import { assert, required } from "../core/kernel/assert.ts";

export type MetricFacts = {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
};

const counter = (help: string, ...labels: string[]): MetricFacts => ({
  type: "counter",
  help,
  labels,
});
const gauge = (help: string, ...labels: string[]): MetricFacts => ({ type: "gauge", help, labels });

export const metricTable: Readonly<Record<string, MetricFacts>> = {
  sovereign_build_info: gauge("Always 1; the labels say what runs.", "version"),
  sovereign_source_problems: gauge("Documents of the source that are wrong."),
  sovereign_source_stale: gauge(
    "1 while the source can not be read and work goes on from its last good revision.",
  ),
  sovereign_dns_reconcile_total: counter("Reconciliations of a zone by their result.", "result"),
  sovereign_dns_reconcile_duration_seconds: {
    type: "histogram",
    help: "How long one reconciliation of a zone took.",
    labels: [],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  },
  sovereign_dns_changes_total: counter("Changes written to name servers, by kind.", "kind"),
  sovereign_dns_checks_planned: gauge(
    "Health checks that the records make on every name server when every name is asked for.",
  ),
  sovereign_dns_conflicts: gauge("Records that are needed and belong to somebody else."),
  sovereign_dns_answers_wrong: gauge(
    "Names that a name server answers otherwise than planned.",
    "server",
  ),
  sovereign_witness_requests_total: counter(
    "Requests to the witness, by what was asked and what came of it: ok, held, lost, stale or a code.",
    "operation",
    "result",
  ),
  sovereign_witness_request_duration_seconds: {
    type: "histogram",
    help: "How long a request to the witness took, failed ones included.",
    labels: ["operation"],
    buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  },
  sovereign_witness_quota_used_ratio: gauge(
    "Part of this client's daily quota at the witness that is used, since midnight UTC.",
  ),
  sovereign_witness_quota_foretold_ratio: gauge(
    "Part of this client's daily quota at the witness that its pace will use in a day.",
  ),
  sovereign_failover_authority: gauge("1 while the region has the right to write."),
  sovereign_failover_serving: gauge("1 while every service of the group takes writes here."),
  sovereign_failover_armed: gauge("1 while the region may take over by itself."),
  sovereign_failover_ready: gauge("1 while the readiness check finds nothing against automation."),
  sovereign_failover_epoch: gauge("The highest epoch that the region saw."),
  sovereign_failover_witness_silent: gauge("1 while the witness does not answer."),
  sovereign_failover_witness_failures_total: counter(
    "Requests to the witness without an answer, by what is known of them.",
    "outcome",
  ),
  sovereign_failover_group_info: gauge(
    "Always 1, in agents alone; the labels say of which group and region.",
    "group",
    "region",
  ),
  sovereign_failover_position_bytes: gauge(
    "How far a service's data came here, in bytes of its log.",
    "service",
  ),
  sovereign_failover_lag_bytes: gauge(
    "As standby: by how much a service here is behind what the record at the witness says of the holder.",
    "service",
  ),
  sovereign_failover_lag_seconds: gauge(
    "As standby: age of the newest commit that a service here has and may not be the last.",
    "service",
  ),
  sovereign_failover_objective_lag_seconds: gauge(
    "The longest lag of a service that its recovery point objective allows.",
    "service",
    "class",
  ),
  sovereign_failover_objective_loss_bytes: gauge(
    "The most bytes that a failover may lose by the group's objective.",
  ),
  sovereign_failover_in_step: gauge(
    "1 while the record at the witness says that every commit waits for the standby.",
  ),
  sovereign_failover_loss_bytes: gauge(
    "What taking over now would lose here; -1 when that is not known.",
  ),
  sovereign_failover_data_age_seconds: gauge("How old the last measurement of the data is."),
  sovereign_failover_needs_person: gauge("How many things do not come right without a person."),
  sovereign_failover_fences_total: counter("Fencings that were begun."),
  sovereign_failover_promotions_total: counter("Promotions of services that were begun."),
  sovereign_journal_events_total: counter("Events made durable in the journal.", "type"),
  sovereign_controller_restarts_total: counter(
    "Controllers started again after they failed.",
    "controller",
  ),
};

/** The facts of a metric used as `type` with exactly these labels; anything else is a bug of the caller. */
export function checkedMetric(
  name: string,
  type: MetricFacts["type"],
  labels: Readonly<Record<string, string>>,
): MetricFacts {
  const found = Object.hasOwn(metricTable, name) ? metricTable[name] : undefined;
  const facts = required(found, `no metric is called ${name}; the table is metric-table.ts`);
  assert(facts.type === type, `${name} is a ${facts.type}, not a ${type}`);
  const given = Object.keys(labels).sort().join(",");
  const wanted = [...facts.labels].sort().join(",");
  assert(given === wanted, `${name} has the labels {${wanted}}, not {${given}}`);
  return facts;
}
