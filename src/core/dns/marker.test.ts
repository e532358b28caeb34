import { expect, test } from "vitest";
import { catalogueOf, placed } from "../../../test/catalogue.ts";
import { required } from "../kernel/assert.ts";
import { joinedContent } from "./lua.ts";
import { ownedByMarker, withoutMarker, writeMarker } from "./marker.ts";
import type { Rrset } from "./model.ts";
import { planZone } from "./plan.ts";
import { desiredZone } from "./zone.ts";

const zone = required(desiredZone(catalogueOf([placed("shop")])), "a Sovereign is declared");
const rrsets = zone.applications.flatMap((application) => application.rrsets);
const bare = ({ ownership: _, ...rrset }: Rrset): Rrset => rrset;

test("every LUA record carries its owner's marker, and it is the only comment in its code", () => {
  for (const { records } of rrsets) {
    for (const record of records) {
      const joined = joinedContent(record);
      expect(joined).toMatch(
        / --\[\[ catalyst app=acme-prod\/shop placement=active-hotstandby \]\]"$/,
      );
      expect(withoutMarker(joined)).not.toMatch(/--|\[\[/);
    }
  }
});

test.each(["a/b]] os.execute('x') --[[", "a/b\n", "A/b", "a", "a/b c"])(
  "what is not a validated name never becomes a marker: %j",
  (application) => {
    expect(() => writeMarker({ application, placement: "active-active" })).toThrow("marker");
  },
);

test("a record whose comment is lost is ours by its marker, and gets its comment back", () => {
  const lost = rrsets.map((rrset) => ownedByMarker(bare(rrset)));
  expect(lost.map(({ ownership }) => ownership)).toEqual(rrsets.map(({ ownership }) => ownership));
  const { changes, conflicts } = planZone(zone, lost, { holdRemovals: false, warm: new Map() });
  expect(conflicts).toEqual([]);
  expect(changes.map(({ reason }) => reason)).toEqual(["CommentMissing", "CommentMissing"]);
});

test("chunks that a server cut anew inside the marker are read all the same", () => {
  const [first] = rrsets;
  const content = first?.records[0] ?? "";
  const cut = {
    ...bare(required(first, "there is one")),
    records: [content.replace(" app=", ' " "app=')],
  };
  expect(ownedByMarker(cut).ownership?.application).toBe("acme-prod/shop");
});

test.each<[string, (rrset: Rrset) => Rrset]>([
  ["at another name", (rrset) => ({ ...rrset, name: `copy-of-${rrset.name}` })],
  ["with somebody else's comment", (rrset) => ({ ...rrset, foreignAccounts: ["external-dns"] })],
  [
    "in one of two records",
    (rrset) => ({ ...rrset, records: [...rrset.records, `A "'192.0.2.9'"`] }),
  ],
  ["beside nothing", (rrset) => ({ ...rrset, records: [] })],
])("a marker %s proves nothing", (_, change) => {
  for (const rrset of rrsets) expect(ownedByMarker(change(bare(rrset))).ownership).toBeUndefined();
});
