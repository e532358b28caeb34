/** What a scrape of /metrics reads. */
import { describe, expect, test } from "vitest";
import { metricTable } from "../control/metric-table.ts";
import { AssertionError } from "../core/kernel/assert.ts";
import { makeMetrics } from "./metrics.ts";

describe("a metric that is not in the table", () => {
  const metrics = makeMetrics();
  test.each([
    ["has an unknown name", () => metrics.count("sovereign_unknown_total")],
    ["has the name of something every object has", () => metrics.count("constructor")],
    ["is a gauge and is counted", () => metrics.count("sovereign_source_problems")],
    ["lacks its label", () => metrics.count("sovereign_dns_reconcile_total")],
    ["has a label too many", () => metrics.gauge("sovereign_dns_conflicts", 1, { zone: "z" })],
  ])("is a bug of the caller when it %s", (_why, use) => {
    expect(use).toThrow(AssertionError);
  });
});

describe("rendering", () => {
  test("shows counters, gauges and histograms in the text format of Prometheus", async () => {
    const metrics = makeMetrics();
    metrics.count("sovereign_dns_changes_total", { kind: "replace" }, 3);
    metrics.gauge("sovereign_dns_answers_wrong", 2, { server: "ns1" });
    metrics.observe("sovereign_dns_reconcile_duration_seconds", 0.2);
    const text = await metrics.render();
    expect(text).toContain('sovereign_dns_changes_total{kind="replace"} 3');
    expect(text).toContain('sovereign_dns_answers_wrong{server="ns1"} 2');
    expect(text).toContain('sovereign_dns_reconcile_duration_seconds_bucket{le="0.3"} 1');
    expect(metrics.contentType).toContain("text/plain");
  });

  test("keeps two sets of metrics apart", async () => {
    makeMetrics().gauge("sovereign_source_problems", 5);
    expect(await makeMetrics().render()).toContain("sovereign_source_problems 0");
  });
});

test.each(Object.entries(metricTable))("%s follows the naming rules", (name, facts) => {
  expect(name).toMatch(/^sovereign_[a-z_]+$/);
  expect(name.endsWith("_total")).toBe(facts.type === "counter");
  expect(facts.help).toMatch(/\.$/);
  expect(facts.buckets !== undefined).toBe(facts.type === "histogram");
});
