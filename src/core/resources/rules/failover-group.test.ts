import { expect, test } from "vitest";
import { document, environment, organization } from "../../../../test/fixtures/documents.ts";
import { fsn, group, hel, nbg, readingGuarded } from "../../../../test/fixtures/failover.ts";
import type { Json } from "../../kernel/json.ts";
import { describeProblem } from "../document.ts";

const file = "group.yaml";
const onlyApplication = (name: string, environmentRef = "acme-prod") => ({
  covers: { applications: [{ environmentRef, name }] },
});
const services = (...list: readonly object[]) => ({ services: list });
const ledger = { name: "ledger", kind: "cloudnativepg" };

test.each<[string, Json, string, RegExp]>([
  [
    "a third region",
    group({ regions: [fsn, hel, nbg] }),
    "TooManyRegions $.spec.regions",
    /found 3 regions, expected exactly 2 regions: a lease between two is proven.*active-active/,
  ],
  ["one region", group({ regions: [fsn] }), "TooFewRegions $.spec.regions", /found 1 region,/],
  [
    "a region twice",
    group({ regions: [fsn, fsn] }),
    "DuplicateRegion $.spec.regions[1]",
    /two different regions; it stands at regions\[0\] already/,
  ],
  [
    "a misspelled region",
    group({ regions: [fsn, "hz-hle-rtz-prod"] }),
    "UnknownRegion $.spec.regions[1]",
    /did you mean "hz-hel-rtz-prod"\?/,
  ],
  [
    "a region of another Sovereign",
    group({ regions: [fsn, "oci-dxb-rtz-prod"] }),
    "UnknownRegion $.spec.regions[1]",
    /a region of the Sovereign test \(.*\), whose leases do not reach into another Sovereign/,
  ],
  [
    "an Environment that is not declared",
    group({ covers: { environments: ["acme-prd"] } }, "x"),
    "UnknownEnvironment $.spec.covers.environments[0]",
    /did you mean "acme-prod"\?/,
  ],
  [
    "a name of no Environment and nothing to cover",
    group({}, "acme-prd"),
    "UnknownEnvironment $.metadata.name",
    /did you mean "acme-prod"\?, or `covers` that says what the group covers/,
  ],
  [
    "a name of an Environment that it does not cover",
    group({ covers: { environments: ["acme-stg"] } }),
    "NameOfAnotherEnvironment $.metadata.name",
    /found "acme-prod"/,
  ],
  ["covers of nothing", group({ covers: {} }), "CoversNothing $.spec.covers", /found neither/],
  [
    "an Application that is not declared",
    group(onlyApplication("shpo"), "x"),
    "UnknownApplication $.spec.covers.applications[0]",
    /found acme-prod\/shpo, .*did you mean "acme-prod\/shop"\?/,
  ],
  [
    "an Application of which every region serves",
    group(onlyApplication("good"), "x"),
    "PlacementWithoutLease $.spec.covers.applications[0]",
    /found good, placed active-active, expected .*active-hotstandby, active-passive-warm/,
  ],
  [
    "Applications in other regions than its own",
    group({ regions: [fsn, nbg] }),
    "RegionsDiffer $.metadata.name",
    /found shop in hz-fsn-rtz-prod, hz-hel-rtz-prod, expected Applications in exactly hz-fsn-rtz-prod and hz-nbg-rtz-prod/,
  ],
  [
    "one Application in other regions than its own",
    group({ regions: [fsn, nbg], ...onlyApplication("shop") }, "x"),
    "RegionsDiffer $.spec.covers.applications[0]",
    /shop in/,
  ],
  [
    "two services of one name",
    group(services(ledger, ledger)),
    "DuplicateService $.spec.services[1].name",
    /services\[0\] has this one/,
  ],
  [
    "a service after one that is not there",
    group(services(ledger, { name: "cache", kind: "valkey", after: ["legder"] })),
    "UnknownService $.spec.services[1].after[0]",
    /another service of the group \(ledger\); did you mean "ledger"\?/,
  ],
  [
    "a service after itself",
    group(services({ ...ledger, after: ["ledger"] })),
    "OrderInCircle $.spec.services[0].after",
    /found ledger after ledger/,
  ],
  [
    "services that wait for each other",
    group(
      services(
        { name: "a", kind: "valkey" },
        { name: "b", kind: "valkey", after: ["a", "d"] },
        { name: "c", kind: "valkey", after: ["b"] },
        { name: "d", kind: "valkey", after: ["c"] },
      ),
    ),
    "OrderInCircle $.spec.services[1].after",
    /found b after d after c after b/,
  ],
  [
    "a kind of service that is misspelled",
    group(services({ name: "ledger", kind: "cloudnativpg" })),
    "ValueNotAllowed $.spec.services[0].kind",
    /did you mean "cloudnativepg"\?/,
  ],
  [
    "times that leave no second try",
    group({ lease: { renewEvery: "20s" } }),
    "LeaseTimesDoNotFit $.spec.lease.renewEvery",
    /found 20s, expected renewEvery 20 s \+ 2 × rpcTimeout 3 s = 26 s is more than authority 19\.94 s/,
  ],
  [
    "a fence budget that eats the lease, by default",
    group({ lease: { ttl: "10s", renewEvery: "4s", rpcTimeout: "1s" } }),
    "LeaseTimesDoNotFit $.spec.lease.fenceBudget",
    /found 10s, expected authority -0\.02 s/,
  ],
  [
    "a lease that the witness would refuse",
    group({ lease: { ttl: "10m" } }),
    "LeaseTimesDoNotFit $.spec.lease.ttl",
    /ttl 600 s is not from 5 s to 300 s/,
  ],
  [
    "a service that stops too late",
    group(services(ledger, { ...ledger, name: "audit", stopWithin: "3600s" })),
    "LeaseTimesDoNotFit $.spec.services[1].stopWithin",
    /audit stops within 3600 s, which is longer than fenceBudget 10 s/,
  ],
  [
    "a ceiling where nothing is held",
    group(services(ledger, { ...ledger, name: "c", kind: "valkey", unpublishedBytes: 65_536 })),
    "NothingIsHeld $.spec.services[1].unpublishedBytes",
    /postgresql with `mayLose: nothing`/,
  ],
  [
    "a witness that is misspelled",
    group({ witness: { name: "clod" } }),
    "UnknownWitness $.spec.witness.name",
    /\(cloud\); did you mean "cloud"\?/,
  ],
  [
    "the slot of trials",
    group({ witness: { slot: "scratch/x" } }),
    "SlotNotAllowed $.spec.witness.slot",
    /outside of scratch\//,
  ],
  [
    "a slot with a space",
    group({ witness: { slot: "a b" } }),
    "PatternMismatch $.spec.witness.slot",
    /letters, digits/,
  ],
  [
    "a person who is not in the roster",
    group({ approvals: { approvers: ["ada", "grcae"] } }),
    "UnknownPerson $.spec.approvals.approvers[1]",
    /did you mean "grace"\?/,
  ],
  [
    "a person who can not sign",
    group({ approvals: { approvers: ["ada", "linus"] } }),
    "ApproverWithoutKey $.spec.approvals.approvers[1]",
    /found linus, who has no key/,
  ],
  [
    "a person twice",
    group({ approvals: { approvers: ["ada", "ada"] } }),
    "DuplicateApprover $.spec.approvals.approvers[1]",
    /approvals count once/,
  ],
  [
    "more approvals than there are people",
    group({ approvals: { semiAutomatic: 3 } }),
    "TooFewApprovers $.spec.approvals.semiAutomatic",
    /found 2 people with a key and a role, expected at least 3/,
  ],
  [
    "a freeze of both forms",
    group({ freezes: [{ because: "x" }] }),
    "NotExactlyOne $.spec.freezes[0]",
    /exactly one of once and weekly/,
  ],
  [
    "a freeze that ends before it begins",
    group({
      freezes: [
        {
          because: "x",
          once: { from: "2026-12-21T00:00:00Z", until: "2026-12-21T00:30:00+01:00" },
        },
      ],
    }),
    "WindowEmpty $.spec.freezes[0].once.until",
    /an instant after 2026-12-21T00:00:00Z/,
  ],
  [
    "a freeze on a day that does not exist",
    group({
      freezes: [
        { because: "x", once: { from: "2026-11-31T00:00:00Z", until: "2026-12-21T00:00:00Z" } },
      ],
    }),
    "InstantInvalid $.spec.freezes[0].once.from",
    /a day and a time that exist/,
  ],
  [
    "a freeze at an hour that does not exist",
    group({
      freezes: [
        { because: "x", once: { from: "2026-11-30T25:00:00Z", until: "2026-12-21T00:00:00Z" } },
      ],
    }),
    "InstantInvalid $.spec.freezes[0].once.from",
    /exist/,
  ],
  [
    "an instant that means another one everywhere",
    group({
      freezes: [{ because: "x", once: { from: "2026-12-21T00:00:00", until: "2026-12-22" } }],
    }),
    "PatternMismatch $.spec.freezes[0].once.from",
    /offset from UTC/,
  ],
  [
    "a freeze of a whole week",
    group({
      freezes: [{ because: "x", weekly: { from: "Fri 18:00", until: "Fri 18:00", zone: "UTC" } }],
    }),
    "WindowEmpty $.spec.freezes[0].weekly.until",
    /would never end/,
  ],
  [
    "a time zone that is misspelled",
    group({
      freezes: [
        { because: "x", weekly: { from: "Fri 18:00", until: "Mon 06:00", zone: "Europe/Berln" } },
      ],
    }),
    "UnknownTimeZone $.spec.freezes[0].weekly.zone",
    /did you mean "Europe\/Berlin"\?/,
  ],
  [
    "a weekday of another language",
    group({
      freezes: [{ because: "x", weekly: { from: "Fr 18:00", until: "Mon 06:00", zone: "UTC" } }],
    }),
    "PatternMismatch $.spec.freezes[0].weekly.from",
    /such as Fri 18:00/,
  ],
  [
    "a failback without a place",
    group({ failback: { policy: "approved" } }),
    "FailbackWrong $.spec.failback.to",
    /the region to which it returns, hz-fsn-rtz-prod or hz-hel-rtz-prod/,
  ],
  [
    "a failback to a region that is not its own",
    group({ failback: { policy: "approved", to: nbg } }),
    "FailbackWrong $.spec.failback.to",
    /a region of the group/,
  ],
  [
    "a place to return to and no return",
    group({ failback: { to: fsn } }),
    "FailbackWrong $.spec.failback.to",
    /no region unless `policy` is approved/,
  ],
  [
    "a mode that does not exist",
    group({ mode: "semi-automatic" }),
    "ValueNotAllowed $.spec.mode",
    /did you mean "semiAutomatic"\?/,
  ],
])("%s is one problem, at its field, with what to do", (_what, value, problem, words) => {
  const staging = environment("acme-stg", { envType: "stg" });
  const { problems, failoverGroups } = readingGuarded(
    document("organization.yaml", organization()),
    document("staging.yaml", staging),
    document(file, value),
  );
  expect(problems.map(({ reason, path }) => `${reason} ${path}`)[0]).toBe(problem);
  expect(problems.filter(({ reason }) => reason !== "PatternMismatch").length).toBeLessThan(2);
  expect(problems.map(describeProblem)[0]).toMatch(words);
  expect(problems.every((one) => one.file === file)).toBe(true);
  expect(failoverGroups).toEqual([]);
});
