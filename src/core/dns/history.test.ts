import fc from "fast-check";
import { expect, test } from "vitest";
import type { JournalEvent, NewEvent } from "../kernel/event.ts";
import { noHash } from "../kernel/event.ts";
import type { JsonObject } from "../kernel/json.ts";
import { answerJudged, changed, conflict, documentBroken, revisionRead } from "./events.ts";
import { foldHistory, type History, noHistory, subjectOf } from "./history.ts";
import type { PlannedChange } from "./plan.ts";

const server = "ns1 of hz-fsn-rtz-prod";
const fqdn = "shop.acme-prod.sovereign.test";

function history(text: string, events: readonly NewEvent[], untilMs = Infinity): History {
  const subject = subjectOf(text);
  return events
    .map((event, index): JournalEvent => {
      const envelope = { stream: "control/x", seq: index + 1, prev: noHash, hash: noHash };
      return { ...event, ...envelope, atMs: index * 1_000 };
    })
    .filter(({ atMs }) => atMs <= untilMs)
    .reduce((before, event) => foldHistory(before, event, subject), noHistory);
}

const replace = (name: string, before: readonly string[], after: readonly string[]) => {
  const rrset = { name, type: "LUA", ttlSeconds: 5, records: after };
  const change: PlannedChange = {
    change: after.length === 0 ? { kind: "delete", name, type: "LUA" } : { kind: "replace", rrset },
    application: "acme-prod/shop",
    reason: "ContentDiffers",
    because: "the records are not those that follow",
    before,
    after,
  };
  return change;
};

const judged = (right: boolean) =>
  answerJudged({
    server,
    fqdn,
    type: "A",
    expected: ["192.0.2.1"],
    judgement: {
      right,
      reason: right ? "InPlan" : "OutsidePlan",
      because: right ? "192.0.2.1 is in the plan" : "192.0.2.9 is not in the plan",
      addresses: [right ? "192.0.2.1" : "192.0.2.9"],
    },
  });

const story: readonly NewEvent[] = [
  revisionRead({ revision: "r1", before: undefined, applications: 2, problems: 0 }),
  changed(
    server,
    "r1",
    [replace(`${fqdn}.`, [], ["one"]), replace(`_why.${fqdn}.`, [], ["w"])],
    false,
  ),
  judged(false),
  changed(server, "r1", [replace(`${fqdn}.`, ["hand"], ["one"])], true),
  judged(true),
  revisionRead({ revision: "r2", before: "r1", applications: 1, problems: 1 }),
  documentBroken("r2", {
    code: "DocumentInvalid",
    reason: "UnknownRegion",
    file: "apps/shop.yaml",
    line: 9,
    document: "Application/shop",
    path: "$.spec.regions[0]",
    found: '"x"',
    expected: "a region",
  }),
  changed(server, "r3", [replace(`${fqdn}.`, ["one"], [])], false),
];

test.each([
  [fqdn],
  [`${fqdn}.`],
  [`_why.${fqdn}`],
  ["acme-prod/shop"],
  ["shop/acme-prod"],
  ["SHOP"],
])("%s finds when, what and why with the revision", (text) => {
  const { entries } = history(text, story);
  expect(entries.map(({ kind, revision, atMs }) => [kind, revision, atMs / 1_000])).toEqual([
    ["changed", "r1", 1],
    ["wrong", "r1", 2],
    ["drift", "r1", 3],
    ["right", "r1", 4],
    ["document", "r2", 6],
    ["changed", "r3", 7],
  ]);
  expect(entries[4]?.because).toContain("apps/shop.yaml:9 $.spec.regions[0]");
  expect(entries[2]?.records).toMatchObject([{ before: ["hand"], after: ["one"] }]);
});

test.each(["blog", "hop.acme-prod.sovereign.test", "acme-prod/sho", "", "/"])(
  "%j is somebody else",
  (text) => {
    expect(history(text, story).entries).toEqual([]);
  },
);

test("a document that is broken is told to every Environment, for the journal does not say which one it means", () => {
  expect(history("acme-dev/shop", story).entries.map(({ kind }) => kind)).toEqual(["document"]);
});

test("the state at a moment is what was held and what was wrong then", () => {
  const at = (seconds: number) => {
    const { held, troubles, revision } = history("shop", story, seconds * 1_000);
    return { held: held.size, troubles: [...troubles.values()].map(({ kind }) => kind), revision };
  };
  expect(at(0)).toEqual({ held: 0, troubles: [], revision: "r1" });
  expect(at(2)).toEqual({ held: 2, troubles: ["wrong"], revision: "r1" });
  expect(at(5)).toEqual({ held: 2, troubles: [], revision: "r2" });
  expect(at(7)).toEqual({ held: 1, troubles: [], revision: "r2" });
});

test("a conflict is open until the name is written", () => {
  const found = conflict(server, {
    name: `${fqdn}.`,
    application: "acme-prod/shop",
    types: ["A"],
    owner: "external-dns",
    because: `${fqdn} belongs to external-dns`,
  } as never); // The event carries whatever a conflict holds.
  const open = history("shop", [found]);
  expect([...open.troubles.values()]).toMatchObject([{ kind: "conflict", server }]);
  const written = changed(server, "r1", [replace(`${fqdn}.`, [], ["one"])], false);
  expect(history("shop", [found, written]).troubles.size).toBe(0);
});

test("the oldest entries are dropped and counted, never the state", () => {
  const many = Array.from({ length: 10_050 }, () => judged(false));
  const { entries, dropped, held } = history("shop", [...story.slice(0, 2), ...many]);
  expect([entries.length, dropped, held.size]).toEqual([10_000, 51, 2]);
});

test("events of any shape are read without failing", () => {
  const types = fc.constantFrom(...story.map(({ type }) => type), "dns.conflict", "other.thing");
  fc.assert(
    fc.property(
      types,
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      (type, data, text) => {
        const event = { type, data: data as JsonObject }; // A JSON value is one.
        expect(history(text, [event]).entries.length).toBeLessThan(2);
      },
    ),
  );
});
