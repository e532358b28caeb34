import { describe, expect, test } from "vitest";
import {
  catalogueOf,
  declared,
  fsn,
  hel,
  placed,
  type Spec,
  sovereignOf,
} from "../../../test/catalogue.ts";
import { required } from "../kernel/assert.ts";
import type { Catalogue } from "../resources/catalogue.ts";
import { chooseAnswer } from "./choice.ts";
import { nothingKnown, parseHealth } from "./health.ts";
import { groupInUrl, leasePath } from "./lease-path.ts";
import { lintZone } from "./lint.ts";
import type { Rrset } from "./model.ts";
import { planZone } from "./plan.ts";
import { writeProbeUrl } from "./probe.ts";
import { explainName } from "./why.ts";
import {
  type DesiredApplication,
  type DesiredZone,
  desiredZone,
  type ZoneOptions,
} from "./zone.ts";

const group = declared("ledger", { environments: ["acme-prod"] });

function zoneOf(more: Partial<Catalogue>, spec: Spec = {}, options: ZoneOptions = {}): DesiredZone {
  const catalogue = { ...catalogueOf([placed("shop", spec)]), ...more };
  return required(desiredZone(catalogue, options), "a Sovereign is declared");
}
const leasedZone = (spec: Spec = {}, order?: readonly string[]): DesiredZone =>
  zoneOf(
    { failoverGroups: [group] },
    spec,
    order === undefined ? {} : { fallbackOrders: new Map([["acme-prod/shop", order]]) },
  );
const shopOf = ({ applications: [shop] }: DesiredZone): DesiredApplication =>
  required(shop, "shop is declared");
const urlOf = (zone: DesiredZone): string => writeProbeUrl(shopOf(zone).probe);
const rrsetsOf = (zone: DesiredZone): readonly Rrset[] => shopOf(zone).rrsets;
const changesOf = (zone: DesiredZone, stored: readonly Rrset[]) =>
  planZone(zone, stored, { holdRemovals: false }).changes;

const warm: Spec = { placement: "active-passive-warm" };
const tcp: Spec = { healthCheck: { scheme: "https", path: "/", tcp: { port: 587 } } };

describe("what a declared group covers", () => {
  test("is probed at the agent's path, on the scheme, host and port of its own check", () => {
    expect(urlOf(leasedZone())).toBe(
      "https://shop.acme-prod.sovereign.test/.well-known/failover/ledger/shop",
    );
    const healthCheck = { scheme: "http", host: "gw.sovereign.test", port: 8080, path: "/live" };
    expect(urlOf(leasedZone({ healthCheck } as Spec))).toBe(
      "http://gw.sovereign.test:8080/.well-known/failover/ledger/shop",
    );
  });

  test("is by its name, before the group of its Environment", () => {
    const own = declared("own", { applications: [{ environmentRef: "acme-prod", name: "shop" }] });
    expect(urlOf(zoneOf({ failoverGroups: [group, own] }))).toContain("/failover/own/shop");
  });

  test.each<[string, Spec]>([
    ["active-active", { placement: "active-active" }],
    ["single-region", { placement: "single-region", regions: [fsn] }],
    ["weighted-canary", { placement: "weighted-canary", weights: { [fsn]: 80, [hel]: 20 } }],
  ])("needs no lease in %s, and keeps every byte", (_, spec) => {
    expect(leasedZone(spec)).toEqual(zoneOf({}, spec));
  });

  test("is nothing else's: without a declared group every record is as it was", () => {
    const other = declared("other", { environments: ["other-prod"] });
    expect(zoneOf({ failoverGroups: [other] })).toEqual(zoneOf({}));
    expect(urlOf(zoneOf({}))).toBe("https://shop.acme-prod.sovereign.test/healthz");
  });

  test("keeps a TCP check, which can not ask the agent, and is advised against it", () => {
    const zone = leasedZone(tcp);
    expect(urlOf(zone)).toBe("tcp:587");
    expect(shopOf(zone).lease).toEqual({ group: "ledger", isProbed: false });
    const facts = { probeIntervalMs: 5_000, checksMax: 1_000 };
    const adviceOf = (desired: DesiredZone) =>
      lintZone({ catalogue: catalogueOf([]), desired, ...facts }).map(({ reason }) => reason);
    expect(adviceOf(zone)).toContain("LeaseNotAsked");
    expect(adviceOf(leasedZone())).not.toContain("LeaseNotAsked");
  });

  test("shares one probe for the group above the budget, never one that health alone answers", () => {
    const shared = { host: "gw.sovereign.test", scheme: "https", path: "/healthz" } as const;
    const base = sovereignOf();
    const checks = { budget: 6, hardLimit: 100, shared };
    const sovereign = { ...base, spec: { ...base.spec, checks } };
    const applications = [
      placed("shop"),
      placed("blog"),
      placed("wiki", { placement: "active-active" }),
    ];
    const zone = required(
      desiredZone({ ...catalogueOf(applications, sovereign), failoverGroups: [group] }),
      "a Sovereign is declared",
    );
    expect(zone.applications.map(({ probe }) => writeProbeUrl(probe))).toEqual([
      "https://gw.sovereign.test/.well-known/failover/ledger",
      "https://gw.sovereign.test/.well-known/failover/ledger",
      "https://gw.sovereign.test/healthz",
    ]);
    expect(zone.checks).toMatchObject({ planned: 12, sharing: 3 });
  });
});

describe("the record of active-passive-warm under a lease", () => {
  const answersOf = (zone: DesiredZone): readonly string[] =>
    rrsetsOf(zone)
      .filter(({ type }) => type !== "LUA")
      .flatMap(({ records }) => records);

  test("leads to the region that the lease's words put first, else to the document's", () => {
    expect(answersOf(leasedZone(warm))).toEqual(["192.0.2.1", "2001:db8::1"]);
    expect(answersOf(leasedZone({ ...warm, activeRegion: hel }))).toEqual([
      "192.0.2.2",
      "2001:db8::2",
    ]);
    expect(answersOf(leasedZone({ ...warm, activeRegion: fsn }, [hel, fsn]))).toEqual([
      "192.0.2.2",
      "2001:db8::2",
    ]);
  });

  test("may rightly lead to either, because each control plane hears for itself", () => {
    expect(shopOf(leasedZone(warm)).expected.A).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(shopOf(zoneOf({}, warm)).expected.A).toEqual(["192.0.2.1"]);
  });

  test("stays where it is while nothing is known, also when something else of it changes", () => {
    const moved = rrsetsOf(leasedZone(warm, [hel, fsn]));
    expect(changesOf(leasedZone(warm), moved)).toEqual([]);
    const longer = changesOf(leasedZone({ ...warm, ttl: "60s" }), moved);
    expect(longer.map(({ reason }) => reason)).toEqual(["TtlDiffers", "TtlDiffers", "TtlDiffers"]);
    expect(longer.map(({ after }) => after.join()).slice(0, 2)).toEqual([
      "192.0.2.2",
      "2001:db8::2",
    ]);
  });

  test("is put right when it leads to neither region, or when the order is known", () => {
    const spoilt = rrsetsOf(leasedZone(warm)).map((rrset) =>
      rrset.type === "A" ? { ...rrset, records: ["192.0.2.77"] } : rrset,
    );
    expect(changesOf(leasedZone(warm), spoilt)).toMatchObject([{ reason: "ContentDiffers" }]);
    const moved = rrsetsOf(leasedZone(warm, [hel, fsn]));
    expect(changesOf(leasedZone(warm, [fsn, hel]), moved)).toHaveLength(2);
  });

  test("without a lease is the document's alone", () => {
    const moved = rrsetsOf(zoneOf({}, { ...warm, activeRegion: hel }));
    expect(changesOf(zoneOf({}, warm), moved)).toHaveLength(2);
  });
});

describe("while a group may stand in what could not be read", () => {
  const broken = { failoverGroups: [], failoverGroupsComplete: false };

  test.each([["active-hotstandby"], ["active-passive-warm"]] as const)(
    "a record of %s that follows a lease goes on following it",
    (placement) => {
      const stored = rrsetsOf(leasedZone({ placement }, [hel, fsn]));
      expect(changesOf(zoneOf(broken, { placement }), stored)).toEqual([]);
      // Once it is certain that there is no such group, health decides again.
      expect(changesOf(zoneOf({}, { placement }), stored)).not.toEqual([]);
    },
  );

  test("others are as they were", () => {
    const stored = rrsetsOf(zoneOf({}));
    expect(changesOf(zoneOf(broken), stored)).toEqual([]);
  });
});

describe("why a name is answered", () => {
  const health = (text: string) =>
    parseHealth({
      rcode: "NOERROR",
      records: [{ name: "x", type: "TXT", ttlSeconds: 5, data: text }],
    });

  test("is the lease, in words that name its group", () => {
    const shop = shopOf(leasedZone());
    expect(chooseAnswer(shop, "A", health("A 192.0.2.1=not-up 192.0.2.2=up"))).toMatchObject({
      rule: "FirstHealthy",
      because: `${hel} is the region whose agent says that it holds the lease of ledger`,
    });
    expect(chooseAnswer(shop, "A", health("A 192.0.2.1=not-up 192.0.2.2=not-up"))).toMatchObject({
      rule: "FallbackOrder",
      clusters: [fsn],
    });
    expect(chooseAnswer(shopOf(leasedZone(warm)), "A", nothingKnown).rule).toBe("LeaseHolder");
    expect(explainName(leasedZone(), shop, []).lease).toMatchObject({
      group: "ledger",
      because: expect.stringContaining("the lease decides"),
    });
    expect(explainName(zoneOf({}), shopOf(zoneOf({})), []).lease).toBeUndefined();
  });

  test("is told by the order that this server's own record keeps", () => {
    const zone = leasedZone();
    const answers = { rcode: "NOERROR", records: [] };
    const { servers } = explainName(zone, shopOf(zone), [
      {
        server: "ns1",
        stored: rrsetsOf(leasedZone({}, [hel, fsn])),
        answers: { A: answers, AAAA: answers },
        health: health("A 192.0.2.1=not-up 192.0.2.2=not-up"),
      },
    ]);
    expect(servers[0]?.stored.state).toBe("equal");
    expect(servers[0]?.families[0]?.choice).toMatchObject({
      rule: "FallbackOrder",
      clusters: [hel],
      addresses: ["192.0.2.2"],
    });
  });
});

test.each([
  [`https://a.b${leasePath("ledger", "shop")}`, "ledger"],
  [`http://a.b:8080${leasePath("ledger")}`, "ledger"],
  ["https://a.b/healthz", undefined],
  ["https://a.b/x/.well-known/failover/ledger/shop", undefined],
  ["tcp:587", undefined],
])("the group in %s is %s", (url, name) => {
  expect(groupInUrl(url)).toBe(name);
});
