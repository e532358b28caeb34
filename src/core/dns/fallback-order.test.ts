import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, sovereignOf } from "../../../test/catalogue.ts";
import { required } from "../kernel/assert.ts";
import { type FallbackState, nextFallbackOrder, type RegionWord } from "./fallback-order.ts";
import { planZone } from "./plan.ts";
import { type DesiredZone, desiredZone } from "./zone.ts";

const holds = (epoch: number): RegionWord => ({ kind: "holds", epoch });
const fenced: RegionWord = { kind: "fenced" };
const start: FallbackState = { order: [fsn, hel], epoch: undefined };

describe("the region that answers when nothing is known to be up", () => {
  test.each<[string, FallbackState, Record<string, RegionWord>, string[], string]>([
    ["silence changes nothing", start, {}, [fsn, hel], "NothingNew"],
    ["a holder comes first", start, { [hel]: holds(3) }, [hel, fsn], "HolderFirst"],
    ["a silent holder stays first", { order: [hel, fsn], epoch: 3 }, {}, [hel, fsn], "NothingNew"],
    ["a fenced region is not first", start, { [fsn]: fenced }, [hel, fsn], "FencedNotFirst"],
    ["a fenced region behind stays", start, { [hel]: fenced }, [fsn, hel], "NothingNew"],
    [
      "all fenced stay as they were",
      start,
      { [fsn]: fenced, [hel]: fenced },
      [fsn, hel],
      "AllFenced",
    ],
    [
      "the newer epoch wins",
      start,
      { [fsn]: holds(3), [hel]: holds(4) },
      [hel, fsn],
      "HolderFirst",
    ],
    [
      "two holders of one epoch change nothing",
      start,
      { [fsn]: holds(3), [hel]: holds(3) },
      [fsn, hel],
      "HoldersDisagree",
    ],
    [
      "an older word does not win",
      { order: [hel, fsn], epoch: 5 },
      { [fsn]: holds(4) },
      [hel, fsn],
      "NothingNew",
    ],
  ])("%s", (_, before, words, order, reason) => {
    expect(nextFallbackOrder(before, new Map(Object.entries(words)))).toMatchObject({
      order,
      reason,
    });
  });

  test("whatever is said, no region is lost, epochs never fall, and a fenced one is first only if all are", () => {
    const word = fc.option(fc.oneof(fc.nat(5).map(holds), fc.constant(fenced)), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word), { maxLength: 8 }), (history) => {
        let state: FallbackState = { order: ["a", "b", "c"], epoch: undefined };
        for (const said of history) {
          const words = new Map<string, RegionWord>();
          for (const [index, one] of said.entries()) {
            if (one !== undefined) words.set("abc".charAt(index), one);
          }
          const next = nextFallbackOrder(state, words);
          expect([...next.order].sort()).toEqual(["a", "b", "c"]);
          expect(next.epoch ?? 0).toBeGreaterThanOrEqual(state.epoch ?? 0);
          const isFenced = words.get(next.order[0] ?? "")?.kind === "fenced";
          if (isFenced) expect(["AllFenced", "HoldersDisagree"]).toContain(next.reason);
          state = next;
        }
      }),
    );
  });
});

const twoEach = {
  [fsn]: { ipv4: ["192.0.2.1", "192.0.2.11"] },
  [hel]: { ipv4: ["192.0.2.2", "192.0.2.12"] },
};
function zoneWith(order?: readonly string[], addresses?: typeof twoEach): DesiredZone {
  const sovereign = addresses === undefined ? sovereignOf() : sovereignOf(addresses);
  const fallbackOrders = new Map(order === undefined ? [] : [["acme-prod/shop", order]]);
  const zone = desiredZone(catalogueOf([placed("shop")], sovereign), { fallbackOrders });
  return required(zone, "a Sovereign is declared");
}

describe.each([
  ["one address each", undefined],
  ["two addresses each", twoEach],
] as const)("the order that a record holds, with %s", (_, addresses) => {
  const held = zoneWith([hel, fsn], addresses).applications.flatMap(({ rrsets }) => rrsets);
  const changesOf = (zone: DesiredZone): number =>
    planZone(zone, held, { holdRemovals: false }).changes.length;

  test("is no drift to whoever does not know it", () => {
    expect(changesOf(zoneWith(undefined, addresses))).toBe(0);
  });

  test("is changed, and nothing beside it, by whoever knows another one", () => {
    const { changes, warming } = planZone(zoneWith([fsn, hel], addresses), held, {
      holdRemovals: false,
      warm: new Map(),
    });
    expect(changes).toMatchObject([{ reason: "ContentDiffers" }]);
    // The same checks as before: there is nothing to wait for.
    expect(warming).toEqual([]);
  });

  test("is mended when it is anything else than another order", () => {
    const spoilt = held.map((rrset) => ({
      ...rrset,
      records: rrset.records.map((record) => record.replaceAll("192.0.2.2", "192.0.2.77")),
    }));
    const plan = planZone(zoneWith(undefined, addresses), spoilt, { holdRemovals: false });
    expect(plan.changes).not.toEqual([]);
  });
});
