import { describe, expect, test } from "vitest";
import { serving } from "../../core/failover/rehearsal.ts";
import { reportOf } from "../../core/failover/rehearsal-report.ts";
import { failoverGauges } from "../../core/failover/rpo-gauges.ts";
import { rpoRules } from "../../core/failover/rpo-rules.ts";
import { checkedMetric, metricTable } from "../metric-table.ts";

const { here, a, b } = serving("sticky");

describe.each([
  ["the region that serves", a],
  ["the standby", b],
])("every gauge of %s", (_, actor) => {
  test.each(failoverGauges(reportOf(here, actor)).map((gauge) => [gauge.name, gauge] as const))(
    "%s is in the table of metrics, with exactly its labels",
    (name, { labels }) => {
      expect(() => checkedMetric(name, "gauge", labels)).not.toThrow();
    },
  );
});

test.each(
  rpoRules().groups.flatMap(({ rules }) => rules.map((rule) => [rule.alert, rule] as const)),
)("the alert %s asks for metrics that exist", (_, { expr }) => {
  const names = [...expr.matchAll(/sovereign_[a-z_]+/g)].map(([name]) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(Object.keys(metricTable)).toContain(name);
});
