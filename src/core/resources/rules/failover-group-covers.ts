/** What a FailoverGroup may cover: what there is, what nobody else covers, and what runs in its two regions. */
import type { Application } from "../application.ts";
import type { JsonPath } from "../document.ts";
import { coversOf } from "../failover-group.ts";
import { type Finding, shortText } from "../problem.ts";
import {
  applicationKey,
  applicationsIn,
  type FailoverGroupFacts,
  leasedPlacements,
  notSingledOut,
} from "./failover-group-facts.ts";
import { type DocumentRule, declared, repeats } from "./rule.ts";

export const coverageRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  {
    reason: "CoversNothing",
    check: ({ group }) => {
      const { environments, applications } = coversOf(group);
      if (environments.length + applications.length > 0) return [];
      const expected =
        "environments or applications, or no `covers` for the Environment of the group's name";
      return [{ path: ["spec", "covers"], found: "neither", expected }];
    },
  },
  { reason: "UnknownEnvironment", check: checkEnvironments },
  { reason: "UnknownApplication", check: checkApplications },
  { reason: "CoveredTwice", check: checkRepeats },
  { reason: "GroupsOverlap", check: checkOverlap },
  { reason: "PlacementWithoutLease", check: checkPlacements },
  { reason: "RegionsDiffer", check: checkRegions },
];

/** Where the coverage of an Environment is written; a default has no place but the name. */
function environmentPath({ group }: FailoverGroupFacts, index: number): JsonPath {
  return group.spec.covers === undefined
    ? ["metadata", "name"]
    : ["spec", "covers", "environments", index];
}

const applicationPath = (index: number): JsonPath => ["spec", "covers", "applications", index];

function checkEnvironments(facts: FailoverGroupFacts): readonly Finding[] {
  const { group, environments, complete } = facts;
  if (!complete) return [];
  const orCovers =
    group.spec.covers === undefined ? ", or `covers` that says what the group covers" : "";
  return coversOf(group).environments.flatMap((environment, e) =>
    environments.has(environment)
      ? []
      : [
          {
            path: environmentPath(facts, e),
            expected: declared("an Environment", environment, environments) + orCovers,
          },
        ],
  );
}

function checkApplications({
  group,
  applicationKeys,
  complete,
}: FailoverGroupFacts): readonly Finding[] {
  if (!complete) return [];
  return coversOf(group).applications.flatMap(({ environmentRef, name }, a) => {
    const key = applicationKey(environmentRef, name);
    if (applicationKeys.has(key)) return [];
    return [
      {
        path: applicationPath(a),
        found: shortText(key),
        expected: declared("an Application", key, applicationKeys),
      },
    ];
  });
}

function checkRepeats(facts: FailoverGroupFacts): readonly Finding[] {
  const { environments, applications } = coversOf(facts.group);
  const keys = applications.map((one) => applicationKey(one.environmentRef, one.name));
  return [
    ...repeats(environments).map(({ index }) => ({
      path: environmentPath(facts, index),
      expected: "each Environment once",
    })),
    ...repeats(keys).map(({ index }) => ({
      path: applicationPath(index),
      found: shortText(keys[index] ?? ""),
      expected: "each Application once",
    })),
  ];
}

/** Two leases over one thing would be two opinions on who may write it. */
function checkOverlap(facts: FailoverGroupFacts): readonly Finding[] {
  const { group, claims } = facts;
  const { environments, applications } = coversOf(group);
  const others = (names: readonly string[] | undefined): string => {
    const [other] = (names ?? []).filter((name) => name !== group.metadata.name);
    return other === undefined ? "" : shortText(other);
  };
  const finding = (path: JsonPath, found: string, other: string): readonly Finding[] =>
    other === ""
      ? []
      : [{ path, found, expected: `what no other group covers; ${other} covers it already` }];
  return [
    ...environments.flatMap((environment, e) =>
      finding(
        environmentPath(facts, e),
        shortText(environment),
        others(claims.environments.get(environment)),
      ),
    ),
    ...applications.flatMap(({ environmentRef, name }, a) => {
      const key = applicationKey(environmentRef, name);
      return finding(applicationPath(a), shortText(key), others(claims.applications.get(key)));
    }),
  ];
}

/** An Application that is named by itself was meant to be held by the lease. */
function checkPlacements(facts: FailoverGroupFacts): readonly Finding[] {
  return named(facts).flatMap(({ application, a }) => {
    const { metadata, spec } = application;
    if (leasedPlacements.has(spec.placement)) return [];
    return [
      {
        path: applicationPath(a),
        found: `${metadata.name}, placed ${spec.placement}`,
        expected: `an Application of which a region stands by (${[...leasedPlacements].join(", ")}); others need no lease`,
      },
    ];
  });
}

function named(
  facts: FailoverGroupFacts,
): readonly { readonly application: Application; readonly a: number }[] {
  return coversOf(facts.group).applications.flatMap(({ environmentRef, name }, a) =>
    applicationsIn(facts, environmentRef)
      .filter(({ metadata }) => metadata.name === name)
      .map((application) => ({ application, a })),
  );
}

/** Applications that one message names; an Environment may have thousands. */
const namedMax = 3;

function checkRegions(facts: FailoverGroupFacts): readonly Finding[] {
  const { regions } = facts.group.spec;
  const known = facts.sovereign?.spec.regions.map(({ cluster }) => cluster) ?? [];
  // With wrong regions every Application would differ from them.
  const isRight = new Set(regions).size === 2 && regions.every((region) => known.includes(region));
  if (!isRight || regions.length !== 2) return [];
  const differs = ({ spec }: Application): boolean =>
    leasedPlacements.has(spec.placement) && !sameRegions(spec.regions, regions);
  const finding = (path: JsonPath, wrong: readonly Application[]): readonly Finding[] => {
    if (wrong.length === 0) return [];
    const first = wrong
      .slice(0, namedMax)
      .map(({ metadata, spec }) => `${metadata.name} in ${spec.regions.join(", ")}`);
    const more = wrong.length > namedMax ? `; and ${wrong.length - namedMax} more` : "";
    return [
      {
        path,
        found: first.join("; ") + more,
        expected: `Applications in exactly ${regions.join(" and ")}; give others a group of their own, or a placement that needs no lease`,
      },
    ];
  };
  return [
    ...coversOf(facts.group).environments.flatMap((environment, e) =>
      finding(environmentPath(facts, e), notSingledOut(facts, environment).filter(differs)),
    ),
    ...named(facts).flatMap(({ application, a }) =>
      finding(applicationPath(a), [application].filter(differs)),
    ),
  ];
}

/** Whether two lists hold the same regions; their order means nothing here. */
export function sameRegions(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((region) => right.has(region));
}
