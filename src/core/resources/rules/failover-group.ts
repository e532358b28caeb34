/** What a FailoverGroup must fulfil beyond its shape: its regions, what it covers, and where it returns. */
import { didYouMean } from "../../names/nearest.ts";
import type { JsonPath } from "../document.ts";
import { coversOf } from "../failover-group.ts";
import type { Finding } from "../problem.ts";
import { approvalRules } from "./failover-group-approvals.ts";
import { coverageRules } from "./failover-group-covers.ts";
import type { FailoverGroupFacts } from "./failover-group-facts.ts";
import { freezeRules } from "./failover-group-freezes.ts";
import { leaseRules } from "./failover-group-lease.ts";
import { serviceRules } from "./failover-group-services.ts";
import { type DocumentRule, repeats } from "./rule.ts";

export const failoverGroupRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  {
    reason: "TooFewRegions",
    check: ({ group: { spec } }) => (spec.regions.length < 2 ? [regionCount(spec.regions)] : []),
  },
  {
    reason: "TooManyRegions",
    check: ({ group: { spec } }) => (spec.regions.length > 2 ? [regionCount(spec.regions)] : []),
  },
  {
    reason: "DuplicateRegion",
    check: ({ group: { spec } }) =>
      repeats(spec.regions).map(({ index, first }) => ({
        path: ["spec", "regions", index],
        expected: `two different regions; it stands at regions[${first}] already`,
      })),
  },
  {
    reason: "UnknownRegion",
    check: (facts) => [
      ...facts.group.spec.regions.flatMap((region, r) =>
        unknownRegion(facts, ["spec", "regions", r], region),
      ),
    ],
  },
  { reason: "NameOfAnotherEnvironment", code: "NameInvalid", check: checkName },
  ...coverageRules,
  ...serviceRules,
  ...leaseRules,
  ...approvalRules,
  ...freezeRules,
  { reason: "FailbackWrong", check: checkFailback },
];

function regionCount(regions: readonly string[]): Finding {
  return {
    path: ["spec", "regions"],
    found: `${regions.length} region${regions.length === 1 ? "" : "s"}`,
    expected:
      "exactly 2 regions: a lease between two is proven, among three it is not. Place an Application active-active where more regions shall serve; that needs no lease",
  };
}

function unknownRegion(
  { sovereign }: FailoverGroupFacts,
  path: JsonPath,
  region: string,
): readonly Finding[] {
  if (sovereign === undefined) return [];
  const clusters = sovereign.spec.regions.map(({ cluster }) => cluster);
  if (clusters.includes(region)) return [];
  const near = didYouMean(region, clusters);
  return [
    {
      path,
      expected: `a region of the Sovereign ${sovereign.metadata.name} (${clusters.join(", ")}), whose leases do not reach into another Sovereign${near}`,
    },
  ];
}

/** The default group of an Environment has the Environment's name. */
function checkName({ group, environments }: FailoverGroupFacts): readonly Finding[] {
  const { name } = group.metadata;
  const covers = coversOf(group);
  const isItsOwn =
    covers.environments.includes(name) ||
    covers.applications.some(({ environmentRef }) => environmentRef === name);
  const coversNothing = covers.environments.length + covers.applications.length === 0;
  if (!environments.has(name) || isItsOwn || coversNothing) return [];
  return [
    {
      path: ["metadata", "name"],
      expected: "a name that is not that of an Environment which the group does not cover",
    },
  ];
}

function checkFailback({ group: { spec } }: FailoverGroupFacts): readonly Finding[] {
  const { policy, to } = spec.failback;
  const path = ["spec", "failback", "to"];
  if (policy === "never") {
    const expected =
      "no region unless `policy` is approved: with never, authority stays where it is";
    return to === undefined ? [] : [{ path, expected }];
  }
  const regions = spec.regions.join(" or ");
  if (to === undefined) return [{ path, expected: `the region to which it returns, ${regions}` }];
  return spec.regions.includes(to)
    ? []
    : [{ path, expected: `a region of the group, ${regions}${didYouMean(to, spec.regions)}` }];
}
