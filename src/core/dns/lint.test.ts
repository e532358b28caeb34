import { expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, sovereignOf } from "../../../test/catalogue.ts";
import type { PlacedApplication } from "../resources/catalogue.ts";
import type { Sovereign } from "../resources/sovereign.ts";
import { countChecks } from "./check-budget.ts";
import { lintZone } from "./lint.ts";
import { functionsOf, luaSamples } from "./lua-samples.ts";
import { desiredZone } from "./zone.ts";

function facts(
  applications: readonly PlacedApplication[],
  sovereign: Sovereign = sovereignOf(),
  more: { readonly probeIntervalMs?: number; readonly checksMax?: number } = {},
) {
  const catalogue = catalogueOf(applications, sovereign);
  const desired = desiredZone(catalogue);
  if (desired === undefined || desired.refusals.length > 0) throw new Error("the zone is wrong");
  return { catalogue, desired, probeIntervalMs: 5_000, checksMax: 1_000, ...more };
}

const withTtl = (ttl: string): Sovereign => {
  const sovereign = sovereignOf();
  return { ...sovereign, spec: { ...sovereign.spec, ttl } };
};
const path = (of: string) => ({ healthCheck: { scheme: "https" as const, path: of } });
const long = (count: number): string => "a".repeat(count);
const longDomain = (): Sovereign => {
  const sovereign = sovereignOf();
  const labels = [long(55), long(55), long(55), long(16), "test"];
  return { ...sovereign, spec: { ...sovereign.spec, domain: labels.join(".") } };
};
const under = (name: string, domain: string): PlacedApplication => {
  const application = placed(name);
  return { ...application, fqdn: `${name}.acme-prod.${domain}` };
};
const other = { regions: [hel, fsn] };

test("what is wise needs no advice", () => {
  expect(lintZone(facts([placed("shop"), placed("blog", other)]))).toEqual([]);
  expect(lintZone(facts([]))).toEqual([]);
  expect(lintZone(facts([placed("shop")], withTtl("60s")))).toEqual([]);
});

test.each<[string, ReturnType<typeof facts>, readonly string[]]>([
  [
    "a TTL of more than twelve probes",
    facts([placed("shop")], withTtl("61s")),
    ["TtlOutlivesProbes Sovereign/test $.spec.ttl"],
  ],
  [
    "one region of two",
    facts([placed("docs", { placement: "single-region", regions: [hel] })]),
    ["OneRegionOfSeveral Application/acme-prod/docs $.spec.placement"],
  ],
  [
    "the same region first in all of them",
    facts([placed("shop"), placed("blog"), placed("wiki", { placement: "active-active" })]),
    ["SameRegionFirst Sovereign/test $"],
  ],
  [
    "the root as health path, where it is probed",
    facts([placed("shop", path("/")), placed("blog", { ...other, ...path("/ok") })]),
    ["HealthPathIsRoot Application/acme-prod/shop $.spec.healthCheck.path"],
  ],
  [
    "no IPv6 in one region",
    facts(
      [placed("shop")],
      sovereignOf({
        [fsn]: { ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"] },
        [hel]: { ipv4: ["192.0.2.2"] },
      }),
    ),
    ["FamilyNotEverywhere Sovereign/test $.spec.regions[1].loadBalancer.ipv6"],
  ],
  [
    "a label near the limit",
    facts([placed(long(60))]),
    [`LabelNearLimit Application/acme-prod/${long(60)} $.metadata.name`],
  ],
  [
    "a name near the limit",
    facts([under(long(40), longDomain().spec.domain)], longDomain()),
    [`NameNearLimit Application/acme-prod/${long(40)} $.metadata.name`],
  ],
  [
    "a name that is too long to explain",
    facts([under(long(50), longDomain().spec.domain)], longDomain()),
    [`NameTooLongToExplain Application/acme-prod/${long(50)} $.metadata.name`],
  ],
  [
    "as many checks as are meant",
    facts([placed("shop")], undefined, { checksMax: 6 }),
    ["ManyChecks Sovereign/test $"],
  ],
  [
    "one name server for everything",
    facts(
      [placed("docs", { placement: "single-region", regions: [fsn] })],
      sovereignOf({ [fsn]: { ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"] } }),
    ),
    ["OneNameServer Sovereign/test $.spec.regions[0].nameServers"],
  ],
])("%s is told with its reason and its place", (_what, given, expected) => {
  const advice = lintZone(given);
  const found = advice.map(({ reason, document, path: at }) => `${reason} ${document} ${at}`);
  expect(found).toEqual(expected);
  for (const { because, remedy } of advice) {
    expect(because).not.toMatch(/undefined|NaN|\.$/);
    expect(remedy).toMatch(/\.$/);
  }
});

test("checks are counted once for each address and URL, with the sentinels, and plain records make none", () => {
  const shared = { healthCheck: { scheme: "https" as const, path: "/ok", host: "gateway.test" } };
  const count = (applications: readonly PlacedApplication[]) =>
    countChecks(facts(applications).desired.applications);
  expect(count([placed("docs", { placement: "single-region", regions: [fsn] })])).toBe(0);
  expect(count([placed("shop")])).toBe(6);
  expect(count([placed("shop"), placed("blog")])).toBe(12);
  expect(count([placed("shop", shared), placed("blog", shared)])).toBe(6);
});

test("six hundred Applications of two placements are as many samples as there are shapes", () => {
  const applications = Array.from({ length: 600 }, (_, index) =>
    placed(`app-${index}`, index % 2 === 0 ? {} : { placement: "active-active" }),
  );
  const samples = luaSamples(facts(applications).desired.applications);
  expect(samples.map(({ application, type }) => `${application} ${type}`)).toEqual([
    "acme-prod/app-0 A",
    "acme-prod/app-0 AAAA",
    "acme-prod/app-1 A",
    "acme-prod/app-1 AAAA",
  ]);
  for (const { content } of samples) expect(functionsOf(content)).toEqual(["ifurlup"]);
});

test("functions are those that are called, not those that a literal names", () => {
  expect(functionsOf(`A "ifportup(443,{'192.0.2.1'},{note='pickhashed(1)'})"`)).toEqual([
    "ifportup",
  ]);
});
