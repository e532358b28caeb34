import { describe, expect, test } from "vitest";
import { document, environment, organization } from "../../../test/fixtures/documents.ts";
import {
  adasKey,
  fsn,
  gracesKey,
  group,
  guarded,
  hel,
  nbg,
  readingGuarded,
  standby,
} from "../../../test/fixtures/failover.ts";
import { checkTiming } from "../lease/timing-rules.ts";
import type { ParsedDocument } from "../resources/document.ts";
import { isFrozen } from "./freeze.ts";
import { groupsOf, resolveGroups } from "./resolve-group.ts";

const only = (...documents: readonly ParsedDocument[]) => {
  const [first, ...rest] = resolveGroups(readingGuarded(...documents));
  expect(rest).toEqual([]);
  return first;
};

describe("an Environment without a group", () => {
  test("gets a default one that nothing but a person moves", () => {
    expect(only()).toEqual({
      name: "acme-prod",
      slot: "acme-prod.failover.sovereign.test",
      regions: [fsn, hel],
      mode: "manual",
      onWitnessLoss: "sticky",
      timing: {
        ttlMs: 30_000,
        renewEveryMs: 10_000,
        rpcTimeoutMs: 3_000,
        fenceBudgetMs: 10_000,
        clockRateErrorRatio: 0.001,
        marginMs: 1_000,
      },
      services: [],
      approvals: { semiAutomatic: 1, lossy: 2 },
      objectives: { rtoMs: 60_000, rpoBytes: 0, rpoMs: 0 },
      freezes: [],
      weeklyFreezes: [],
      onApplicationFailure: "keep",
      failback: { policy: "never" },
      safety: { maxLossyPerDay: 1, restMs: 3_600_000, dnsEvidence: "veto", witnessIsOutside: true },
      declared: false,
      applications: ["shop.acme-prod.sovereign.test"],
      witness: { name: "cloud", backend: "worker", urls: ["https://witness.sovereign.test"] },
      approvers: [
        { person: "ada", roles: ["sre", "sovereignAdmin"], keys: [adasKey] },
        { person: "grace", roles: ["dataOwner"], keys: [gracesKey] },
      ],
    });
  });

  test("gets the same whatever order its Applications name the regions in", () => {
    const turned = document("shop.yaml", standby("shop", { regions: [hel, fsn] }));
    expect(only(turned)).toEqual(only());
  });

  test("gets none when nothing in it stands by", () => {
    const serving = standby("shop", { placement: "active-active" });
    expect(groupsOf(readingGuarded(document("shop.yaml", serving)))).toEqual({
      groups: [],
      without: [],
    });
  });

  test.each([
    ["one Application has three regions", [fsn, hel, nbg], /has 3 regions and a lease takes two/],
    ["two Applications are in different regions", [fsn, nbg], /are in different regions/],
  ])("gets none when %s, and that is said", (_, regions, words) => {
    const documents = [document("a.yaml", standby("a", { regions }))];
    const { groups, without } = groupsOf(readingGuarded(...documents));
    expect(groups).toEqual([]);
    expect(without).toEqual([{ environment: "acme-prod", because: expect.stringMatching(words) }]);
  });

  test.each([
    ["a group is wrong", group({ regions: [fsn] }, "x")],
    ["something could not be recognised", { ...(group() as object), kind: "FailoverGruop" }],
  ])("gets none while %s, because that may be its own", (_, value) => {
    const { groups, without } = groupsOf(readingGuarded(document("x.yaml", value)));
    expect(groups).toEqual([]);
    expect(without).toMatchObject([{ environment: "acme-prod" }]);
  });

  test("gets one without a witness where the Sovereign has none, so that nobody holds its lease", () => {
    const bare = document("sovereign.yaml", guarded({ witnesses: undefined }));
    expect(only(bare)).toMatchObject({ witness: null, safety: { witnessIsOutside: false } });
  });
});

test("nothing is resolved without a Sovereign", () => {
  const wrong = document("sovereign.yaml", guarded({ domain: "NO" }));
  expect(resolveGroups(readingGuarded(wrong))).toEqual([]);
});

test("a declared group says what its document says", () => {
  const value = group({
    mode: "automatic",
    onWitnessLoss: "fence",
    witness: { slot: "acme/one" },
    lease: { ttl: "1m30s" },
    services: [
      { name: "ledger", kind: "cloudnativepg", stopWithin: "8s" },
      { name: "search", kind: "opensearch", mayLose: "everything", after: ["ledger"] },
    ],
    approvals: { approvers: ["grace"], lossy: 1 },
    failback: { policy: "approved", to: hel, inStepFor: "30m" },
    failover: { onApplicationFailure: "release" },
    freezes: [
      {
        because: "once",
        once: { from: "2026-12-20T00:00:00+01:00", until: "2026-12-21T00:00:00Z" },
      },
      {
        because: "weekend",
        weekly: { from: "Fri 18:00", until: "Mon 06:30", zone: "Europe/Berlin" },
      },
    ],
  });
  const resolved = only(document("group.yaml", value));
  expect(resolved).toMatchObject({
    declared: true,
    mode: "automatic",
    onWitnessLoss: "fence",
    slot: "acme/one",
    timing: { ttlMs: 90_000 },
    services: [
      { name: "ledger", kind: "cloudnativepg", mayLose: "nothing", after: [], stopWithinMs: 8_000 },
      { name: "search", kind: "opensearch", mayLose: "everything", after: ["ledger"] },
    ],
    approvals: { semiAutomatic: 1, lossy: 1 },
    approvers: [{ person: "grace" }],
    objectives: { rpoMs: 60_000 },
    failback: { policy: "approved", to: hel, inStepForMs: 1_800_000 },
    onApplicationFailure: "release",
    freezes: [{ fromAtMs: Date.parse("2026-12-19T23:00:00Z"), because: "once" }],
    weeklyFreezes: [
      { from: { weekday: 4, minuteOfDay: 1_080 }, until: { weekday: 0, minuteOfDay: 390 } },
    ],
  });
  if (resolved === undefined) throw new Error("there is a group");
  expect(isFrozen(resolved, Date.parse("2026-11-21T12:00:00Z"))?.because).toBe("weekend");
  expect(checkTiming(resolved.timing).kind).toBe("allowed");
});

test("a witness inside one of the two regions is not outside, inside a third one it is", () => {
  const inside = (region: string) =>
    document(
      "sovereign.yaml",
      guarded({ witnesses: [{ name: "a", urls: ["https://a.test"], region }] }),
    );
  expect(only(inside(hel))?.safety.witnessIsOutside).toBe(false);
  expect(only(inside(nbg))?.safety.witnessIsOutside).toBe(true);
});

test("an Application belongs to the group that names it, the others to their Environment's, and none to two", () => {
  const groups = resolveGroups(
    readingGuarded(
      document("organization.yaml", organization()),
      document("staging.yaml", environment("acme-stg", { envType: "stg" })),
      document("stg.yaml", standby("shop", { environmentRef: "acme-stg" })),
      document("mail.yaml", standby("mail", { regions: [fsn, nbg] })),
      document(
        "mail-group.yaml",
        group(
          {
            regions: [fsn, nbg],
            covers: { applications: [{ environmentRef: "acme-prod", name: "mail" }] },
          },
          "mail",
        ),
      ),
    ),
  );
  expect(groups.map(({ name, declared, applications }) => [name, declared, applications])).toEqual([
    ["acme-prod", false, ["shop.acme-prod.sovereign.test"]],
    ["acme-stg", false, ["shop.acme-stg.sovereign.test"]],
    ["mail", true, ["mail.acme-prod.sovereign.test"]],
  ]);
  expect(new Set(groups.map(({ slot }) => slot)).size).toBe(3);
});
