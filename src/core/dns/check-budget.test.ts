import { expect, test } from "vitest";
import { catalogueOf, placed, type Spec, sovereignOf } from "../../../test/catalogue.ts";
import type { SovereignChecks } from "../resources/sovereign-checks.ts";
import { countChecks } from "./check-budget.ts";
import { planZone } from "./plan.ts";
import { writeProbeUrl } from "./probe.ts";
import { type DesiredZone, desiredZone } from "./zone.ts";

const shared = { host: "gateway.sovereign.test", scheme: "https", path: "/healthz" } as const;
const names = ["a1", "a2", "a3", "a4"];

function zoneOf(
  checks: SovereignChecks | undefined,
  specs: Readonly<Record<string, Spec>>,
): DesiredZone {
  const sovereign = sovereignOf();
  const spec = checks === undefined ? sovereign.spec : { ...sovereign.spec, checks };
  const applications = Object.entries(specs).map(([name, own]) => placed(name, own));
  const desired = desiredZone(catalogueOf(applications, { ...sovereign, spec }));
  if (desired === undefined) throw new Error("a Sovereign is declared");
  return desired;
}

const four = Object.fromEntries(names.map((name) => [name, {}]));

test("an Application in two regions with both families makes six checks: four backends and two sentinels", () => {
  expect(zoneOf(undefined, { shop: {} }).checks).toMatchObject({
    planned: 6,
    state: "withinBudget",
  });
});

test("one region needs no check, one family half of them, and a shared URL is checked once", () => {
  expect(
    countChecks(
      zoneOf(undefined, { x: { placement: "single-region", regions: ["hz-fsn-rtz-prod"] } })
        .applications,
    ),
  ).toBe(0);
  const healthCheck = { scheme: "https", host: "all.sovereign.test", path: "/healthz" } as const;
  const same = Object.fromEntries(names.map((name) => [name, { healthCheck }]));
  expect(zoneOf(undefined, same).checks.planned).toBe(6);
});

test("at the budget every Application keeps its own probe", () => {
  const { checks, applications } = zoneOf({ budget: 24, hardLimit: 100, shared }, four);
  expect(checks).toMatchObject({ planned: 24, state: "withinBudget", sharing: 0 });
  expect(applications.map(({ probe }) => writeProbeUrl(probe))[0]).toBe(
    "https://a1.acme-prod.sovereign.test/healthz",
  );
});

test("one check above the budget the shared probe takes over, and says so", () => {
  const { checks, applications, refusals } = zoneOf({ budget: 23, hardLimit: 100, shared }, four);
  expect(refusals).toEqual([]);
  expect(checks).toMatchObject({ planned: 6, state: "shared", sharing: 4 });
  expect(checks.because).toBe(
    "probes of their own would be 24 checks, above the budget of 23; with the shared probe they are 6",
  );
  for (const { probe, rrsets, sharesProbe } of applications) {
    expect(writeProbeUrl(probe)).toBe("https://gateway.sovereign.test/healthz");
    expect(sharesProbe).toBe(true);
    expect(
      rrsets.every(({ records }) => records.every((one) => one.includes("gateway.sovereign.test"))),
    ).toBe(true);
  }
});

test("who names a host, or a TCP port, keeps that probe", () => {
  const healthCheck = { scheme: "https", host: "own.sovereign.test", path: "/healthz" } as const;
  const { checks, applications } = zoneOf(
    { budget: 1, hardLimit: 100, shared },
    { ...four, a1: { healthCheck } },
  );
  expect(checks).toMatchObject({ planned: 12, state: "aboveBudget", sharing: 3 });
  expect(applications.map(({ sharesProbe }) => sharesProbe ?? false)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

test("without a shared probe the budget is only advice", () => {
  const { checks, applications } = zoneOf({ budget: 10, hardLimit: 24 }, four);
  expect(checks).toMatchObject({ planned: 24, state: "aboveBudget", sharing: 0 });
  expect(checks.because).toContain("spec.checks.shared");
  expect(applications).toHaveLength(4);
});

test("above the hard limit nothing that needs a check is changed or removed, and the others go on", () => {
  const before = zoneOf(undefined, { a1: {}, gone: {} });
  const stored = before.applications.flatMap(({ rrsets }) => rrsets);
  const plain: Spec = { placement: "single-region", regions: ["hz-fsn-rtz-prod"] };
  const after = zoneOf({ budget: 10, hardLimit: 23 }, { ...four, plain });
  expect(after.checks.state).toBe("aboveHardLimit");
  expect(after.applications.map(({ application }) => application)).toEqual(["acme-prod/plain"]);
  expect(after.refusals).toHaveLength(1);
  expect(after.refusals[0]?.because).toContain("24 checks are above the hard limit of 23");
  const plan = planZone(after, stored, { holdRemovals: false });
  expect(plan.changes.map(({ application, reason }) => [application, reason])).toEqual([
    ["acme-prod/plain", "RecordMissing"],
    ["acme-prod/plain", "RecordMissing"],
  ]);
  expect(plan.held.length).toBe(stored.length);
});
