import { expect, test } from "vitest";
import { catalogueOf, documentsOf, placed, zone } from "../../../test/catalogue.ts";
import type { WholeIntent } from "../../control/dns/gather.ts";
import { planZone } from "../../core/dns/plan.ts";
import { desiredZone } from "../../core/dns/zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import { headText, planText } from "./plan-text.ts";

const plain = { colour: false };
const desired = required(desiredZone(catalogueOf([placed("shop")])), "a Sovereign is declared");
const planned = () => planZone(desired, [], { holdRemovals: false });

test("what a server refused is not said to be made", () => {
  const failure = new Failure("NameServerRefused", "ns1 refuses the request");
  // The plan that was sent and the one that was made after it are different values.
  const text = planText(
    { server: "ns1", plan: planned(), pending: planned().changes, failure },
    plain,
  );
  expect(text).toContain("2 changes to make, 0 as planned");
  expect(text).not.toContain("made");
});

test("what was made is counted apart from what is left", () => {
  const pending = planned().changes.slice(1);
  const text = planText({ server: "ns1", plan: planned(), pending, failure: undefined }, plain);
  expect(text).toContain("1 change made, 1 change to make");
});

test("every mistake of the source is listed, up to a number, and a stale source is named", () => {
  const wrong = ["a", "b", "c", "d", "e", "f"].map((name) => placed(name, { regions: ["x"] }));
  const catalogue = readCatalogue(documentsOf([placed("shop"), ...wrong]), []);
  const intent: WholeIntent = {
    revision: "r1",
    catalogue,
    desired,
    servers: [],
    options: {},
    holdRemovals: true,
    stale: new Failure("SourceUnavailable", "the repository is away"),
  };
  const text = headText({ intent }, plain);
  expect(text).toContain(zone.slice(0, -1));
  expect(text).toContain("! the repository is away; this is the last good revision");
  expect(text).toContain("! 6 mistakes in the source; removals are held");
  expect(text).toMatch(/document-4\.yaml:1 Application\/a \$\.spec\.regions\[0\]/);
  expect(text).toContain("and 1 more");
});
