import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  catalogueOf,
  fsn,
  hel,
  placed,
  type Spec,
  sovereignOf,
  zone,
} from "../../../test/catalogue.ts";
import { required } from "../kernel/assert.ts";
import { batchBytesMax, batchChangesMax, batchesOf, nameOf, sizeOf } from "./batches.ts";
import type { Rrset } from "./model.ts";
import { parseOwnership, unreadableOwnership, writeOwnership } from "./ownership.ts";
import { planZone, type ZonePlan } from "./plan.ts";
import { type DesiredZone, desiredZone } from "./zone.ts";

const single: Spec = { placement: "single-region", regions: [fsn] };
function desiredOf(...applications: ReturnType<typeof placed>[]): DesiredZone {
  const desired = desiredZone(catalogueOf(applications));
  if (desired === undefined) throw new Error("a Sovereign is declared");
  return desired;
}
const rrsetsOf = (desired: DesiredZone): readonly Rrset[] =>
  desired.applications.flatMap(({ rrsets }) => rrsets);
const plan = (desired: DesiredZone, actual: readonly Rrset[], holdRemovals = false): ZonePlan =>
  planZone(desired, actual, { holdRemovals });
const brief = (made: ZonePlan): readonly string[] =>
  made.changes.map(
    (one) =>
      `${one.change.kind} ${nameOf(one)} ${one.change.kind === "delete" ? one.change.type : one.change.rrset.type} ${one.reason}`,
  );
const shop = "shop.acme-prod.sovereign.test.";
const why = `_why.${shop}`;

/** What a zone holds after the plan was carried out. */
function carriedOut(actual: readonly Rrset[], made: ZonePlan): readonly Rrset[] {
  const after = new Map(actual.map((rrset) => [`${rrset.name} ${rrset.type}`, rrset]));
  for (const { change } of made.changes) {
    if (change.kind === "delete") after.delete(`${change.name} ${change.type}`);
    else after.set(`${change.rrset.name} ${change.rrset.type}`, change.rrset);
  }
  return [...after.values()];
}

const foreign = (name: string, type: string, more: Partial<Rrset> = {}): Rrset => ({
  name,
  type,
  ttlSeconds: 300,
  records: ["x"],
  ...more,
});

describe("what others made is never touched", () => {
  test.each([
    ["external-dns by its account", { foreignAccounts: ["external-dns"] }, "external-dns"],
    ["nobody that is known", {}, "somebody by hand"],
  ])("a name held by %s is a conflict, and the others go on", (_, more, owner) => {
    const desired = desiredOf(placed("shop"), placed("blog", single));
    const made = plan(desired, [foreign(shop, "A", more), foreign(zone, "NS")]);
    expect(made.conflicts).toMatchObject([
      { name: shop, types: ["A"], application: "acme-prod/shop", owner },
    ]);
    expect(brief(made)).toEqual([
      `replace ${why} LUA RecordMissing`,
      "replace blog.acme-prod.sovereign.test. A RecordMissing",
      "replace blog.acme-prod.sovereign.test. AAAA RecordMissing",
    ]);
  });

  test.each(["A", "AAAA", "CNAME", "LUA", "ALIAS"])("a foreign %s is in the way", (type) => {
    expect(plan(desiredOf(placed("shop")), [foreign(shop, type)]).conflicts).toHaveLength(1);
  });

  test("a foreign TXT beside an address is not", () => {
    expect(plan(desiredOf(placed("shop")), [foreign(shop, "TXT")]).conflicts).toEqual([]);
    expect(plan(desiredOf(placed("shop")), [foreign(why, "TXT")]).conflicts).toHaveLength(1);
  });

  test("a delegation above the name is in the way; the zone's own is not", () => {
    const made = plan(desiredOf(placed("shop")), [
      foreign(zone, "NS"),
      foreign("acme-prod.sovereign.test.", "NS"),
    ]);
    expect(made.conflicts.map(({ name }) => name)).toEqual([shop, why]);
    expect(made.changes).toEqual([]);
  });

  test("a mark of external-dns beside the record names it", () => {
    const mark = foreign(`a-${shop}`, "TXT", { records: ['"heritage=external-dns,owner=x"'] });
    const made = plan(desiredOf(placed("shop")), [foreign(shop, "A"), mark]);
    expect(made.conflicts[0]?.owner).toBe("external-dns");
  });

  test.each(["@", "*", "console", "api", "gitea", "harbor"])(
    "the canonical record %s is left to pool-domain-manager",
    (label) => {
      const name = label === "@" ? zone : `${label}.${zone}`;
      const rrset = { ...foreign(name, "A"), records: ["192.0.2.9"] };
      expect(brief(plan(desiredOf(placed("shop", single)), [rrset]))).not.toContainEqual(
        expect.stringContaining(`delete`),
      );
      const base = desiredOf(placed("shop", single));
      const moved = rrsetsOf(base).map((one) => ({ ...one, name }));
      const [application] = base.applications;
      if (application === undefined) throw new Error("one Application is declared");
      const claimed = { ...base, applications: [{ ...application, rrsets: moved }] };
      expect(plan(claimed, [rrset]).conflicts[0]?.owner).toBe(
        `pool-domain-manager (canonical record ${label})`,
      );
    },
  );

  test("a comment without records is nobody's record", () => {
    const empty = foreign(shop, "A", { records: [], foreignAccounts: ["notes"] });
    expect(plan(desiredOf(placed("shop")), [empty]).conflicts).toEqual([]);
  });
});

describe("every change says why", () => {
  const desired = desiredOf(placed("shop"));
  const there = rrsetsOf(desired);
  const altered = (change: (rrset: Rrset) => Rrset): readonly Rrset[] =>
    there.map((rrset) => (rrset.name === shop ? change(rrset) : rrset));

  test("nothing changes when all is there, in whatever order and chunks", () => {
    const shuffled = altered((rrset) => ({
      ...rrset,
      records: [...rrset.records].reverse().map((record) => record.replace(",", ',"  "')),
    }));
    expect(plan(desired, shuffled)).toMatchObject({ changes: [], unchanged: 2, conflicts: [] });
  });

  test.each<[string, (rrset: Rrset) => Rrset]>([
    ["ContentDiffers", (rrset) => ({ ...rrset, records: rrset.records.slice(1) })],
    [
      "ContentDiffers",
      (rrset) => ({ ...rrset, records: [...rrset.records, "A \"'192.0.2.66'\""] }),
    ],
    ["TtlDiffers", (rrset) => ({ ...rrset, ttlSeconds: 6 })],
    ["OwnershipUnreadable", (rrset) => ({ ...rrset, ownership: unreadableOwnership })],
    [
      "OwnershipDiffers",
      (rrset) => ({ ...rrset, ownership: { application: "a/b", placement: "active-hotstandby" } }),
    ],
    [
      "PlacementChanged",
      (rrset) => ({
        ...rrset,
        ownership: { application: "acme-prod/shop", placement: "active-active" },
      }),
    ],
  ])("%s", (reason, change) => {
    expect(brief(plan(desired, altered(change)))).toEqual([`replace ${shop} LUA ${reason}`]);
  });

  test("addresses are compared in canonical writing", () => {
    const plain = desiredOf(placed("shop", single));
    const written = rrsetsOf(plain).map((rrset) => ({
      ...rrset,
      records: rrset.records.map((record) => record.replace("2001:db8::1", "2001:DB8:0:0::1")),
    }));
    expect(plan(plain, written).changes).toEqual([]);
  });

  test("a switch from plain to LUA deletes and replaces together, and back", () => {
    const plain = desiredOf(placed("shop", single));
    const toLua = plan(desired, rrsetsOf(plain));
    expect(brief(toLua)).toEqual([
      `delete ${shop} A TypeSwitched`,
      `delete ${shop} AAAA TypeSwitched`,
      `replace ${shop} LUA RecordMissing`,
      `replace ${why} LUA RecordMissing`,
    ]);
    expect(brief(plan(plain, there))).toEqual([
      `delete ${shop} LUA TypeSwitched`,
      `replace ${shop} A RecordMissing`,
      `replace ${shop} AAAA RecordMissing`,
      `delete ${why} LUA NoLongerNeeded`,
    ]);
  });

  test("an Application that is gone is removed, unless removals are held", () => {
    const none = desiredOf();
    expect(brief(plan(none, there))).toEqual([
      `delete ${shop} LUA NoLongerDeclared`,
      `delete ${why} LUA NoLongerDeclared`,
    ]);
    const held = plan(none, there, true);
    expect(held.changes).toEqual([]);
    expect(held.held.map(({ name }) => name)).toEqual([shop, why]);
  });

  test("an Application that is refused keeps its records", () => {
    const refused = desiredOf(placed("shop", { regions: [fsn] }));
    expect(refused.refusals).toHaveLength(1);
    expect(plan(refused, there)).toMatchObject({ changes: [], held: [{}, {}] });
  });
});

test("a plan that was carried out leaves nothing to do, from whatever was there", () => {
  const name = fc.constantFrom("shop", "blog", "cart");
  const spec = fc.constantFrom<Spec>(single, {}, { placement: "active-active" });
  const world = fc.uniqueArray(fc.tuple(name, spec), { selector: ([label]) => label });
  fc.assert(
    fc.property(world, world, fc.boolean(), (before, after, hold) => {
      const make = (entries: typeof before): DesiredZone =>
        desiredOf(...entries.map(([label, more]) => placed(label, more)));
      const actual = [...rrsetsOf(make(before)), foreign(`blog.acme-prod.${zone}`, "TXT")];
      const desired = make(after);
      const made = plan(desired, actual, hold);
      const then = carriedOut(actual, made);
      expect(plan(desired, then, hold).changes).toEqual([]);
      expect(then.filter((rrset) => rrset.ownership === undefined)).toHaveLength(1);
    }),
  );
});

/** So many Applications, each with a check of its own. */
function manyDesired(count: number): DesiredZone {
  const many = Array.from({ length: count }, (_, index) => placed(`app-${index}`));
  const { spec, ...sovereign } = sovereignOf();
  const checks = { budget: 1_000, hardLimit: 100_000 };
  const catalogue = catalogueOf(many, { ...sovereign, spec: { ...spec, checks } });
  return required(desiredZone(catalogue), "a Sovereign is declared");
}

test("batches are small and never split a name", () => {
  const changes = plan(manyDesired(2_500), []).changes;
  const batches = batchesOf(changes);
  expect(batches.length).toBeGreaterThan(2);
  expect(batches.flat()).toHaveLength(changes.length);
  const seen = new Set<string>();
  for (const batch of batches) {
    expect(batch.length).toBeLessThanOrEqual(batchChangesMax);
    const bytes = batch.reduce((sum, change) => sum + sizeOf(change), 0);
    expect(bytes).toBeLessThanOrEqual(batchBytesMax);
    const names = new Set(batch.map(nameOf));
    for (const name of names) expect(seen.has(name)).toBe(false);
    for (const name of names) seen.add(name);
  }
});

test("ten thousand Applications are planned in seconds", () => {
  const desired = manyDesired(10_000);
  expect(plan(desired, rrsetsOf(desired)).unchanged).toBe(20_000);
});

test("ownership survives writing and reading; anything else is ours but unreadable", () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/);
  fc.assert(
    fc.property(label, label, fc.stringMatching(/^[a-z-]{1,63}$/), (left, right, placement) => {
      const ownership = { application: `${left}/${right}`, placement };
      expect(parseOwnership(writeOwnership(ownership))).toEqual(ownership);
    }),
  );
  const strange = ['{"application":1,"placement":"x"}', "", "x", "null", "[]", "{}"];
  const commanding = writeOwnership({ application: "acme-prod/\u001b[2Jshop", placement: "x" });
  for (const text of [...strange, commanding, '{"application":"a/b","placement":"x\\ny"}']) {
    expect(parseOwnership(text)).toEqual(unreadableOwnership);
  }
});

test("another order of regions changes the answer's record alone, not the one that explains it", () => {
  const before = desiredOf(placed("shop"));
  const after = desiredOf(placed("shop", { regions: [hel, fsn] }));
  expect(plan(after, rrsetsOf(before)).changes.map(nameOf)).toEqual([`shop.acme-prod.${zone}`]);
});
