import fc from "fast-check";
import { expect, test } from "vitest";
import { application, document } from "../../../../test/fixtures/documents.ts";
import {
  fsn,
  group,
  guarded,
  hel,
  nbg,
  readingGuarded,
  standby,
} from "../../../../test/fixtures/failover.ts";
import { resolveGroups } from "../../failover/resolve-group.ts";
import type { Json } from "../../kernel/json.ts";
import { checkTiming } from "../../lease/timing-rules.ts";

const file = "group.yaml";
const onlyApplication = (name: string, environmentRef = "acme-prod") => ({
  covers: { applications: [{ environmentRef, name }] },
});

test.each<[string, object, readonly string[]]>([
  ["no witness", { witnesses: undefined }, ["WitnessMissing $.spec.witness.name"]],
  [
    "two witnesses to choose from",
    {
      witnesses: [
        { name: "a", urls: ["https://a.test"] },
        { name: "b", urls: ["https://b.test"] },
      ],
    },
    ["WitnessMissing $.spec.witness.name"],
  ],
  [
    "nobody who may approve",
    { people: undefined },
    ["TooFewApprovers $.spec.approvals.semiAutomatic"],
  ],
])("in a Sovereign with %s a group that does not say more is a problem", (_, spec, expected) => {
  const { problems } = readingGuarded(
    document("sovereign.yaml", guarded(spec)),
    document(file, group()),
  );
  expect(problems.map(({ reason, path }) => `${reason} ${path}`)).toEqual(expected);
});

const both = (a: Json, b: Json) => readingGuarded(document("a.yaml", a), document("b.yaml", b));

test.each<[string, Json, Json, string]>([
  [
    "over one Environment",
    group(),
    group({ covers: { environments: ["acme-prod"] } }, "other"),
    "GroupsOverlap",
  ],
  [
    "over one Application",
    group(onlyApplication("shop"), "a"),
    group(onlyApplication("shop"), "b"),
    "GroupsOverlap",
  ],
  [
    "in one slot",
    group({ witness: { slot: "x" } }),
    group({ ...onlyApplication("shop"), witness: { slot: "x" } }, "b"),
    "DuplicateSlot",
  ],
  ["of one name", group(), group(onlyApplication("shop")), "DuplicateName"],
])("two groups %s are both told of each other, and none is taken", (_, a, b, reason) => {
  const { problems, failoverGroups } = both(a, b);
  expect(problems.map((problem) => `${problem.reason} ${problem.file}`)).toEqual([
    `${reason} a.yaml`,
    `${reason} b.yaml`,
  ]);
  expect(failoverGroups).toEqual([]);
});

test("an Application that a group names leaves the group of its Environment", () => {
  const { problems, failoverGroups } = readingGuarded(
    document("mail.yaml", standby("mail", { regions: [fsn, nbg] })),
    document("a.yaml", group()),
    document("b.yaml", group({ regions: [nbg, fsn], ...onlyApplication("mail") }, "mail")),
  );
  expect(problems).toEqual([]);
  expect(failoverGroups.map((one) => one.group.metadata.name)).toEqual(["acme-prod", "mail"]);
});

test("what hangs on a wrong Sovereign is not reported once more", () => {
  const { problems } = readingGuarded(
    document("sovereign.yaml", guarded({ domain: "NO" })),
    document(file, group({ regions: [fsn, "hz-hle-rtz-prod"], witness: { name: "x" } })),
  );
  expect(problems.map((one) => one.file)).toEqual(["sovereign.yaml"]);
});

test("an Environment with thousands of Applications elsewhere is one problem that names three", () => {
  const many = Array.from({ length: 3_000 }, (_, index) =>
    document(`app-${index}.yaml`, standby(`app-${index}`, { regions: [fsn, nbg] })),
  );
  const { problems } = readingGuarded(...many, document(file, group()));
  expect(problems.map(({ reason }) => reason)).toEqual(["RegionsDiffer"]);
  expect(problems[0]?.found).toMatch(/; and 2997 more$/);
});

test("a wrong Application beside it does not make a right group wrong", () => {
  const wrong = application("bad", {
    placement: "active-hotstandby",
    regions: [fsn, "hz-x-rtz-prod"],
  });
  const { problems, failoverGroups } = readingGuarded(
    document("bad.yaml", wrong),
    document(file, group()),
  );
  expect(problems.every((problem) => problem.file === "bad.yaml")).toBe(true);
  expect(failoverGroups).toHaveLength(1);
});

/** A group with something put in the place of one of its fields. */
const damaged = fc
  .tuple(
    fc.constantFrom(
      "regions",
      "covers",
      "mode",
      "witness",
      "lease",
      "services",
      "approvals",
      "objectives",
      "freezes",
      "safety",
      "failback",
    ),
    fc.oneof(
      fc.jsonValue(),
      fc.record({ ttl: fc.constantFrom("5s", "30s", "1d", "0s"), margin: fc.jsonValue() }),
      fc.array(
        fc.record({
          name: fc.constantFrom("a", "b", "c"),
          kind: fc.constantFrom("valkey", "postgresql"),
          after: fc.array(fc.constantFrom("a", "b", "c")),
        }),
      ),
      fc.array(
        fc.record({
          because: fc.constant("x"),
          weekly: fc.record({
            from: fc.constantFrom("Fri 18:00", "Mon 06:00", "x"),
            until: fc.constantFrom("Fri 18:00", "Mon 06:00"),
            zone: fc.constantFrom("UTC", "Europe/Berlin", "__proto__", "Zone/None"),
          }),
        }),
      ),
      fc.array(fc.constantFrom(fsn, hel, nbg), { maxLength: 4 }),
    ),
  )
  .map(([field, value]) => group({ [field]: value }));

test("any group is taken and resolved, or refused with a place in it, never more", () => {
  fc.assert(
    fc.property(damaged, (value) => {
      const catalogue = readingGuarded(document(file, value));
      const groups = resolveGroups(catalogue);
      expect(groups.some(({ declared }) => declared)).toBe(catalogue.problems.length === 0);
      for (const { timing } of groups) expect(checkTiming(timing).kind).toBe("allowed");
    }),
    { numRuns: 300 },
  );
});
