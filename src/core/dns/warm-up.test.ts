import { describe, expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, type Spec, sovereignOf } from "../../../test/catalogue.ts";
import { required } from "../kernel/assert.ts";
import { batchesOf, nameOf } from "./batches.ts";
import { checksIn } from "./checks-in.ts";
import { luaContent } from "./lua.ts";
import type { Rrset } from "./model.ts";
import { type PlanOptions, planZone, type ZonePlan } from "./plan.ts";
import { type DesiredZone, desiredZone } from "./zone.ts";

const path = (text: string): Spec => ({ healthCheck: { scheme: "https", path: text } });
const zoneOf = (...applications: ReturnType<typeof placed>[]): DesiredZone =>
  required(desiredZone(catalogueOf(applications)), "a Sovereign is declared");
const rrsetsOf = (zone: DesiredZone): readonly Rrset[] =>
  zone.applications.flatMap(({ rrsets }) => rrsets);
const planFor = (zone: DesiredZone, held: readonly Rrset[], warm?: PlanOptions["warm"]): ZonePlan =>
  planZone(zone, held, { holdRemovals: false, warm });
const nothingKnown = new Map<string, string>();
const brief = ({ changes }: ZonePlan): readonly string[] =>
  changes.map((one) => `${nameOf(one).split(".acme")[0]} ${one.reason}`);

function carriedOut(held: readonly Rrset[], { changes }: ZonePlan): readonly Rrset[] {
  const after = new Map(held.map((rrset) => [`${rrset.name} ${rrset.type}`, rrset]));
  for (const { change } of changes) {
    if (change.kind === "delete") after.delete(`${change.name} ${change.type}`);
    else after.set(`${change.rrset.name} ${change.rrset.type}`, change.rrset);
  }
  return [...after.values()];
}

const keyOf = ({ warming }: ZonePlan): string => warming[0]?.key ?? "";
const before = zoneOf(placed("shop"));
const held = rrsetsOf(before);
const shop = "shop.acme-prod.sovereign.test.";

describe("an answer whose checks are new waits, and only it", () => {
  test.each<[string, Spec, Spec]>([
    ["another path", {}, path("/live")],
    ["another port", {}, { healthCheck: { scheme: "https", path: "/healthz", port: 8443 } }],
    [
      "TCP in place of HTTP",
      {},
      { healthCheck: { scheme: "http", path: "/", tcp: { port: 443 } } },
    ],
    ["another placement and path", {}, { placement: "active-active", ...path("/live") }],
    ["several regions in place of one", { placement: "single-region", regions: [fsn] }, {}],
    ["health in place of a promotion", { placement: "active-passive-warm" }, {}],
  ])("%s", (_, was, is) => {
    const there = rrsetsOf(zoneOf(placed("shop", was), placed("gone")));
    const zone = zoneOf(placed("shop", is), placed("fresh"));
    const first = planFor(zone, there, nothingKnown);
    expect(first.warming).toMatchObject([{ name: shop, reason: "ChecksAreNew" }]);
    expect(first.changes.some((one) => nameOf(one) === shop)).toBe(false);
    // What is new, and what nobody declares any more, does not wait.
    expect(brief(first)).toEqual(
      expect.arrayContaining(["fresh RecordMissing", "gone NoLongerDeclared"]),
    );
    const between = carriedOut(there, first);
    const second = planFor(zone, between, nothingKnown);
    expect(second.changes).toEqual([]);
    expect(second.warming).toHaveLength(1);
    const last = planFor(zone, between, new Map([[keyOf(second), "it is up"]]));
    expect(last.warming).toEqual([]);
    expect(last.changes.every((one) => nameOf(one) === shop)).toBe(true);
    expect(last.changes.map(({ because }) => because).join()).toContain("it is up");
    expect(batchesOf(last.changes)).toHaveLength(1);
    const done = planFor(zone, carriedOut(between, last), nothingKnown);
    expect([done.changes, done.warming]).toEqual([[], []]);
  });

  test.each<[string, Spec]>([
    ["another order of regions", { regions: [hel, fsn] }],
    ["another TTL", { ttl: "1m" }],
    ["another placement with the same checks", { placement: "active-active" }],
    ["no health at all", { placement: "single-region", regions: [fsn] }],
    ["a promotion in place of health", { placement: "active-passive-warm" }],
  ])("%s does not wait", (_, is) => {
    const plan = planFor(zoneOf(placed("shop", is)), held, nothingKnown);
    expect(plan.warming).toEqual([]);
    expect(plan.changes.length).toBeGreaterThan(0);
  });

  test("a name that has no answer yet does not wait", () => {
    expect(planFor(before, [], nothingKnown).warming).toEqual([]);
    const whyOnly = held.filter(({ name }) => name !== shop);
    expect(planFor(zoneOf(placed("shop", path("/live"))), whyOnly, nothingKnown).warming).toEqual(
      [],
    );
  });

  test("checks that became others meanwhile are not known by what was known of the first ones", () => {
    const first = planFor(zoneOf(placed("shop", path("/live"))), held, nothingKnown);
    const zone = zoneOf(placed("shop", path("/ready")));
    const known = new Map([[keyOf(first), "it is up"]]);
    expect(planFor(zone, carriedOut(held, first), known).warming).toHaveLength(1);
  });

  test("nobody waits where nobody is there to ask", () => {
    const plan = planFor(zoneOf(placed("shop", path("/live"))), held);
    expect([plan.warming, plan.changes.length]).toEqual([[], 2]);
  });

  test("an answer whose explanation belongs to somebody else does not wait for it", () => {
    const foreign = { name: `_why.${shop}`, type: "TXT", ttlSeconds: 5, records: ['"x"'] };
    const there = [...held.filter(({ name }) => name === shop), foreign];
    const plan = planFor(zoneOf(placed("shop", path("/live"))), there, nothingKnown);
    expect(plan.warming).toEqual([]);
    expect(brief(plan)).toEqual(["shop ContentDiffers"]);
  });

  test("while removals are held, a switch from health to a plain record is whole in one request", () => {
    const zone = zoneOf(placed("shop", { placement: "single-region", regions: [fsn] }));
    const plan = planZone(zone, held, { holdRemovals: true, warm: nothingKnown });
    expect(brief(plan)).toEqual(["shop TypeSwitched", "shop RecordMissing", "shop RecordMissing"]);
    expect(plan.held).toMatchObject([{ name: `_why.${shop}` }]);
    // Beside a plain record that is already there, what goes is never alone in its request either.
    const beside = [...held, ...rrsetsOf(zone)];
    const mended = planZone(zone, beside, { holdRemovals: true, warm: nothingKnown });
    expect(brief(mended)).toEqual(["shop TypeSwitched", "shop TypeSwitched", "shop TypeSwitched"]);
    expect(mended.changes.map(({ change }) => change.kind)).toEqual([
      "delete",
      "replace",
      "replace",
    ]);
  });
});

describe("old and new checks together stay within the budget", () => {
  const many = (text: string, budget: number): DesiredZone => {
    const sovereign = sovereignOf();
    const checks = { budget, hardLimit: 4 * budget };
    const names = ["a", "b", "c", "d"];
    const catalogue = catalogueOf(
      names.map((name) => placed(name, path(text))),
      { ...sovereign, spec: { ...sovereign.spec, checks } },
    );
    return required(desiredZone(catalogue), "a Sovereign is declared");
  };

  // Each Application makes six checks: two addresses and a sentinel, for each family.
  test.each([
    [48, 4],
    [42, 3],
    [30, 1],
    [25, 1],
  ])("with a budget of %d, %d of four begin at once, and all of them end", (budget, atOnce) => {
    let there: readonly Rrset[] = rrsetsOf(many("/old", budget));
    const zone = many("/new", budget);
    const first = planFor(zone, there, nothingKnown);
    expect(first.warming).toHaveLength(4);
    expect(first.warming.filter(({ reason }) => reason === "ChecksAreNew")).toHaveLength(atOnce);
    expect(first.changes).toHaveLength(atOnce);
    let rounds = 0;
    for (; rounds < 20; rounds++) {
      there = carriedOut(there, planFor(zone, there, nothingKnown));
      const { warming } = planFor(zone, there, nothingKnown);
      if (warming.length === 0) break;
      const known = warming.filter(({ reason }) => reason === "ChecksAreNew");
      there = carriedOut(there, planFor(zone, there, new Map(known.map(({ key }) => [key, "up"]))));
    }
    expect(rounds).toBeLessThan(20);
    expect(planFor(zone, there, nothingKnown)).toMatchObject({ changes: [], warming: [] });
  });
});

describe("the checks that a record makes", () => {
  test("are read from code in chunks, with a URL of several literals, without its sentinel's being health", () => {
    const long = `/${"a".repeat(500)}`;
    const [rrset] = rrsetsOf(zoneOf(placed("shop", path(long))));
    const checks = [...checksIn(rrset?.records[0] ?? "").values()];
    expect(checks).toEqual([
      {
        address: "192.0.2.1",
        url: `https://shop.acme-prod.sovereign.test${long}`,
        isSentinel: false,
      },
      {
        address: "192.0.2.2",
        url: `https://shop.acme-prod.sovereign.test${long}`,
        isSentinel: false,
      },
    ]);
  });

  test.each([
    [
      "other options, which are other checks",
      "ifurlup('https://a.test/',{'192.0.2.1'},{selector='random'})",
    ],
    ["no check", "'192.0.2.1'"],
  ])("are none where there is %s", (_, code) => {
    expect(checksIn(luaContent("A", code)).size).toBe(0);
  });
});
