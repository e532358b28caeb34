import { describe, expect, test } from "vitest";
import { lossMs, replicationPatterns } from "../resources/service-kinds.ts";
import type { FailoverGroup } from "./group.ts";
import { factsOf, groupOf, serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";
import { failoverGauges, type Gauge, lagBytesOf, objectiveOf } from "./rpo-gauges.ts";
import { rpoRules } from "./rpo-rules.ts";

const rules = rpoRules().groups.flatMap((group) => group.rules);

describe("the alerts", () => {
  test("each has a name of its own, a severity, and sentences for whoever is woken", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(labels["severity"]).toMatch(/^(page|ticket)$/);
      expect(annotations["summary"]).toMatch(/\.$/);
      expect(annotations["description"]).toMatch(/\.$/);
    }
  });

  test("are of agents alone: other programs show the same metrics, unset", () => {
    for (const { expr } of rules) expect(expr).toContain("sovereign_failover_group_info");
  });

  test("name every component of the handbook's table once, with its default objective", () => {
    const descriptions = rules.map(({ annotations }) => annotations["description"] ?? "");
    for (const { component, loss } of Object.values(replicationPatterns)) {
      const naming = descriptions.filter(
        (text) => text.includes(`${component},`) || text.includes(`${component}.`),
      );
      expect(naming, component).toHaveLength(1);
      expect(naming[0]).toContain(`${lossMs[loss] / 1_000} s for`);
    }
  });
});

function gaugesOf(which: "a" | "b", parts: Partial<FailoverGroup> = {}): readonly Gauge[] {
  const { here, a, b } = serving("sticky", parts);
  b.measures = (atMs) => factsOf("standby", atMs, { position: 400, lagMs: 1_500 });
  here.pass(12_000, () => {
    here.answer(a);
    here.answer(b);
  });
  return failoverGauges(reportOf(here, which === "a" ? a : b));
}

const gaugeOf = (gauges: readonly Gauge[], name: string): number | undefined =>
  gauges.find((gauge) => gauge.name === `sovereign_failover_${name}`)?.value;

describe("the gauges", () => {
  test("a standby says by how much it is behind, in bytes and in seconds", () => {
    const standby = gaugesOf("b");
    expect(gaugeOf(standby, "lag_bytes")).toBe(600);
    expect(gaugeOf(standby, "lag_seconds")).toBe(1.5);
    expect(gaugeOf(standby, "loss_bytes")).toBe(0);
    expect(gaugeOf(standby, "in_step")).toBe(1);
  });

  test("the region that serves lags behind nobody", () => {
    const active = gaugesOf("a");
    expect(gaugeOf(active, "lag_bytes")).toBe(0);
    expect(gaugeOf(active, "lag_seconds")).toBe(0);
    expect(gaugeOf(active, "loss_bytes")).toBe(0);
  });

  test("a loss that is not known is -1, and what was not measured is no number", () => {
    const { here, b } = serving("sticky");
    const report = reportOf(here, b);
    const loss = { kind: "something", bytes: null, because: "the witness is silent" } as const;
    const gauges = failoverGauges({ ...report, data: null, people: { ...report.people, loss } });
    expect(gaugeOf(gauges, "loss_bytes")).toBe(-1);
    for (const name of ["data_age_seconds", "position_bytes", "lag_bytes", "lag_seconds"]) {
      expect(gaugeOf(gauges, name), name).toBeNaN();
    }
  });

  test("are the same ones whatever is known, so that none keeps an old value", () => {
    const { here, a, b } = serving("sticky");
    const names = (report: Parameters<typeof failoverGauges>[0]): readonly string[] =>
      failoverGauges(report).map(({ name }) => name);
    expect(names(reportOf(here, a))).toEqual(names(reportOf(here, b)));
    expect(names({ ...reportOf(here, b), data: null })).toEqual(names(reportOf(here, b)));
  });

  test("a group that may lose everything is not asked to be in step", () => {
    const services = [
      { name: "ledger", kind: "valkey", mayLose: "everything", after: [] },
    ] as const;
    expect(gaugeOf(gaugesOf("b", { services }), "in_step")).toBeNaN();
  });
});

test.each([
  ["postgresql", "nothing", undefined, 5_000],
  ["postgresql", "nothing", 1_000, 1_000],
  ["postgresql", "nothing", 600_000, 5_000],
  ["valkey", "everything", 1_000, 60_000],
  ["harbor", "everything", undefined, 900_000],
  ["something-new", "everything", undefined, 900_000],
] as const)(
  "a %s that may lose %s, with an objective of %s, may lag by %s ms",
  (kind, mayLose, rpoMs, lagMs) => {
    const { objectives } = groupOf("sticky");
    const group = { objectives: { ...objectives, ...(rpoMs === undefined ? {} : { rpoMs }) } };
    expect(objectiveOf(group, { name: "x", kind, mayLose, after: [] }).lagMs).toBe(lagMs);
  },
);

test.each([
  ["standby", 400, { x: 1_000 }, 600],
  ["standby", 1_200, { x: 1_000 }, 0],
  ["standby", null, { x: 1_000 }, null],
  ["standby", 400, {}, null],
  ["writable", 400, { x: 1_000 }, null],
] as const)("a %s at %s of %o is behind by %s", (role, position, positions, bytes) => {
  expect(lagBytesOf({ name: "x", role, position }, positions)).toBe(bytes);
});
