/** Metrics by prom-client, with a registry of our own; the only file that knows that library. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "../control/env.ts";
import { checkedMetric, metricTable } from "../control/metric-table.ts";
import { required } from "../core/kernel/assert.ts";

export type RenderedMetrics = Metrics & {
  /** All metrics in the Prometheus text format. */
  render(): Promise<string>;
  readonly contentType: string;
};

/** All metrics of the table, at zero. */
export function makeMetrics(): RenderedMetrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, facts] of Object.entries(metricTable)) {
    const labelNames = [...facts.labels];
    const common = { name, help: facts.help, labelNames, registers: [registry] };
    if (facts.type === "counter") counters.set(name, new Counter(common));
    if (facts.type === "gauge") gauges.set(name, new Gauge(common));
    if (facts.type === "histogram") {
      const buckets = [...(facts.buckets ?? [])];
      histograms.set(name, new Histogram({ ...common, buckets }));
    }
  }
  const made = "every metric of the table is made above";
  return {
    count(name, labels = {}, by = 1) {
      checkedMetric(name, "counter", labels);
      required(counters.get(name), made).inc({ ...labels }, by);
    },
    gauge(name, value, labels = {}) {
      checkedMetric(name, "gauge", labels);
      required(gauges.get(name), made).set({ ...labels }, value);
    },
    observe(name, value, labels = {}) {
      checkedMetric(name, "histogram", labels);
      required(histograms.get(name), made).observe({ ...labels }, value);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
