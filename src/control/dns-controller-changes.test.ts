import { describe, expect, test } from "vitest";
import { catalogueOf, declared, fsn, hel, placed, zone } from "../../test/catalogue.ts";
import { type ControllerWorld, makeWorld } from "../../test/dns-controller-world.ts";
import type { RegionWord } from "../core/dns/fallback-order.ts";
import type { Rrset } from "../core/dns/model.ts";
import { planZone } from "../core/dns/plan.ts";
import { desiredZone } from "../core/dns/zone.ts";
import { required } from "../core/kernel/assert.ts";
import type { PlacedApplication } from "../core/resources/catalogue.ts";
import { gather } from "./dns/gather.ts";

const desiredRrsets = (application: PlacedApplication): readonly Rrset[] =>
  (desiredZone(catalogueOf([application]))?.applications ?? []).flatMap(({ rrsets }) => rrsets);

const shop = placed("shop");
const blog = placed("blog", { placement: "active-active" });

describe("what comes late", () => {
  const single = placed("shop", { placement: "single-region", regions: [fsn] });

  test("an old change that arrives after a newer one is mended at the next look, long before the next full round", async () => {
    const world = makeWorld({ reconcileMs: 1_000_000 });
    const { ns1 } = world.servers;
    ns1.setFaults({ failsBeforePerMille: 1_000 });
    world.commit([shop]);
    await world.pass(1);
    ns1.setFaults({});
    world.commit([single]);
    await world.pass(1);
    expect(ns1.rrsets(zone).map(({ type }) => type)).toEqual(["A", "AAAA"]);
    for (const rrset of desiredRrsets(shop)) ns1.put(zone, rrset);
    world.news();
    await world.pass(2);
    expect(ns1.rrsets(zone).map(({ type }) => type)).toEqual(["A", "AAAA"]);
    // What came late and its repair are told together.
    const told = world.news().filter((type) => type === "dns.driftRepaired");
    expect(told).toHaveLength(1);
  });

  test("a late removal of a name that is declared again is mended just so", async () => {
    const world = makeWorld({ reconcileMs: 1_000_000 });
    const { ns1 } = world.servers;
    world.commit([single]);
    await world.pass(1);
    ns1.setFaults({ failsBeforePerMille: 1_000 });
    world.commit([]);
    await world.pass(1);
    ns1.setFaults({});
    world.commit([single]);
    await world.pass(1);
    const held = ns1.rrsets(zone);
    await ns1.change(
      zone,
      held.map(({ name, type }) => ({ kind: "delete", name, type })),
    );
    await world.pass(2);
    expect(ns1.rrsets(zone)).toEqual(held);
  });
});

describe("the fallback order", () => {
  const several = placed("shop");
  const fallbackNow = (world: ControllerWorld): string =>
    world.servers.ns1.rrsets(zone)[0]?.records[0]?.replace(/ --.*/, "") ?? "";

  test("follows the holder, stays when it falls silent, and is no drift to another control plane", async () => {
    const words = new Map<string, RegionWord>();
    const authority = (): ReadonlyMap<string, typeof words> => new Map([["shop-group", words]]);
    const covers = { applications: [{ environmentRef: "acme-prod", name: "shop" }] };
    const world = makeWorld({}, 1, authority, [declared("shop-group", covers)]);
    world.commit([several]);
    await world.pass(2);
    expect(fallbackNow(world)).toMatch(/\[1\]$/);
    world.news();
    words.set(hel, { kind: "holds", epoch: 2 });
    await world.pass(2);
    expect(fallbackNow(world)).toMatch(/ or \{'192\.0\.2\.2'\}$/);
    expect(world.news().filter((type) => type !== "dns.planned")).toEqual([
      "dns.fallbackMoved",
      "dns.changed",
    ]);
    words.clear();
    await world.pass(20);
    world.commit([several, blog]);
    await world.pass(20);
    expect(fallbackNow(world)).toMatch(/ or \{'192\.0\.2\.2'\}$/);
    words.set(hel, { kind: "fenced" });
    await world.pass(2);
    expect(fallbackNow(world)).toMatch(/\[1\]$/);
    // Another control plane, which knows nothing, finds what it wants and leaves the order.
    words.set(hel, { kind: "holds", epoch: 3 });
    await world.pass(2);
    const held = fallbackNow(world);
    const { desired } = await gather({ read: () => Promise.resolve(world.snapshot()) }, undefined);
    const plan = planZone(required(desired, "there is a zone"), world.servers.ns1.rrsets(zone), {
      holdRemovals: false,
    });
    expect(plan.changes).toEqual([]);
    expect(held).toMatch(/ or \{'192\.0\.2\.2'\}$/);
  });
});

test("records in a zone that is not the Sovereign's any more are told of once, shown, and never removed", async () => {
  const world = makeWorld();
  const { ns1 } = world.servers;
  ns1.createZone("old.test.");
  const [rrset] = desiredRrsets(shop);
  ns1.put("old.test.", { ...required(rrset, "there is one"), name: "shop.acme-prod.old.test." });
  world.commit([shop]);
  await world.pass(30);
  expect(world.news().filter((type) => type === "dns.zoneLeft")).toHaveLength(1);
  expect(world.current().servers[0]?.leftZones).toEqual([{ zone: "old.test.", rrsets: 1 }]);
  expect(ns1.rrsets("old.test.")).toHaveLength(1);
});

test("a changed check is made known before the answer follows it, with one event for each step", async () => {
  const world = makeWorld();
  world.commit([shop, blog]);
  await world.pass(1);
  world.news();
  const live = { healthCheck: { scheme: "https" as const, path: "/live" } };
  world.commit([placed("shop", live)]);
  await world.pass(1);
  const reasonsOf = (): readonly unknown[] =>
    world.journal.events
      .filter(
        ({ type, data }) => type === "dns.changed" && data["application"] === "acme-prod/shop",
      )
      .map(({ data }) => data["reason"]);
  expect(reasonsOf()).toEqual(["RecordMissing", "ChecksWarmUp"]);
  expect(world.current().servers[0]).toMatchObject({
    pendingChanges: 1,
    warming: [{ name: `${shop.fqdn}.`, application: "acme-prod/shop" }],
  });
  // What nobody declares any more did not wait.
  expect(world.servers.ns1.rrsets(zone)).toHaveLength(2);
  await world.pass(12);
  expect(reasonsOf()).toEqual(["RecordMissing", "ChecksWarmUp", "ContentDiffers"]);
  expect(world.current().servers[0]).toMatchObject({ pendingChanges: 0, warming: [] });
});
