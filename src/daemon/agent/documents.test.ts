import { expect, test } from "vitest";
import {
  application,
  document,
  environment,
  organization,
  region,
  sovereign,
} from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, hel, nbg, standby } from "../../../test/fixtures/failover.ts";
import type { SourceSnapshot } from "../../control/env.ts";
import type { ParsedDocument } from "../../core/resources/document.ts";
import { applicationsNamed, groupDocuments } from "./documents.ts";

const self = { cluster: fsn, group: "acme-prod" };

function snapshot(...changes: readonly ParsedDocument[]): SourceSnapshot {
  const own = [
    document("sovereign.yaml", guarded()),
    document("organization.yaml", organization()),
    document("environment.yaml", environment()),
    document("other.yaml", application("other")),
    document("shop.yaml", standby()),
    document("group.yaml", group()),
  ];
  const changed = new Set(changes.map(({ file }) => file));
  const documents = [...own.filter(({ file }) => !changed.has(file)), ...changes];
  return { revision: "abc", documents, problems: [] };
}

test("an agent works by its group, its peer, its witness and the Applications of the group", () => {
  const documents = groupDocuments(snapshot(), self);
  expect(documents).toMatchObject({
    revision: "abc",
    sovereign: "sovereign.test",
    context: { self: fsn, peer: hel },
    witness: { name: "cloud" },
    group: { applications: ["shop.acme-prod.sovereign.test"] },
  });
});

test.each([
  ["without a Sovereign", document("sovereign.yaml", organization("more")), self, /no Sovereign/],
  [
    "by a group that is not there",
    document("group.yaml", group()),
    { ...self, group: "acme-prd" },
    /no failover group acme-prd.*acme-prod/,
  ],
  [
    "in a region that is not the group's",
    document("group.yaml", group()),
    { ...self, cluster: nbg },
    /is of .* and this is hz-nbg/,
  ],
  [
    "without a witness",
    document("sovereign.yaml", sovereign({ regions: [region(fsn, 1), region(hel, 2)] })),
    self,
    /no witness|no failover group/,
  ],
  [
    "by a group that is wrong, and says what is wrong",
    document("group.yaml", group({ regions: [fsn, fsn] })),
    self,
    /no failover group acme-prod.*group\.yaml/,
  ],
])("no agent works %s", (_how, change, who, message) => {
  expect(() => groupDocuments(snapshot(change), who)).toThrow(message);
});

test.each([
  ["shop", ["shop.acme-prod.sovereign.test"]],
  ["shop.acme-prod", ["shop.acme-prod.sovereign.test"]],
  ["shop.acme-prod.sovereign.test", ["shop.acme-prod.sovereign.test"]],
  ["sho", []],
  ["", []],
])("on the health path %j means %j", (name, fqdns) => {
  expect(applicationsNamed(groupDocuments(snapshot(), self).group, name)).toEqual(fqdns);
});
