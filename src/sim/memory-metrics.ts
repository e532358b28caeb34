/** FAKE: metrics in memory; refuses the names and labels that the real adapter refuses. */
import type { Metrics } from "../control/env.ts";
import { checkedMetric } from "../control/metric-table.ts";

export type MemoryMetrics = Metrics & {
  /** Counters and gauges by `name{label="value"}`; for histograms, the sum of what was observed. */
  readonly values: ReadonlyMap<string, number>;
};

/** Metrics at zero. */
export function memoryMetrics(): MemoryMetrics {
  const values = new Map<string, number>();
  const add = (series: string, by: number): void =>
    void values.set(series, (values.get(series) ?? 0) + by);
  return {
    values,
    count(name, labels = {}, by = 1) {
      checkedMetric(name, "counter", labels);
      add(seriesOf(name, labels), by);
    },
    gauge(name, value, labels = {}) {
      checkedMetric(name, "gauge", labels);
      values.set(seriesOf(name, labels), value);
    },
    observe(name, value, labels = {}) {
      checkedMetric(name, "histogram", labels);
      add(seriesOf(name, labels), value);
    },
  };
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.sort().join(",")}}`;
}
