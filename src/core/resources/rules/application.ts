/** What an Application must fulfil beyond its shape. */

import { applicationFqdn, parseFqdn } from "../../names/names.ts";
import { didYouMean } from "../../names/nearest.ts";
import type { Application, PlacementKind } from "../application.ts";
import type { Finding } from "../problem.ts";
import type { Region, Sovereign } from "../sovereign.ts";
import { placementRules } from "./placement.ts";
import { type DocumentRule, declared, repeats } from "./rule.ts";

export type ApplicationFacts = {
  readonly application: Application;
  /** Undefined when the Sovereign is missing or wrong: then nothing about regions and names can be said. */
  readonly sovereign: Sovereign | undefined;
  /** Names of all declared Environments, also of those that are wrong: theirs is the problem then. */
  readonly environments: ReadonlySet<string>;
  /** False when a file could not be read: what is not found may be declared there. */
  readonly complete: boolean;
};

/** How many regions a placement takes. */
const regionCounts: Readonly<
  Record<PlacementKind, { readonly min: number; readonly max: number }>
> = {
  "single-region": { min: 1, max: 1 },
  "active-active": { min: 2, max: 5 },
  "active-hotstandby": { min: 2, max: 5 },
  "active-passive-warm": { min: 2, max: 5 },
  // With three, a change of weights would move more clients than the difference (ADR 15).
  "weighted-canary": { min: 2, max: 2 },
};

export const applicationRules: readonly DocumentRule<ApplicationFacts>[] = [
  {
    reason: "UnknownEnvironment",
    check: ({ application: { spec }, environments, complete }) =>
      environments.has(spec.environmentRef) || !complete
        ? []
        : [
            {
              path: ["spec", "environmentRef"],
              expected: declared("an Environment", spec.environmentRef, environments),
            },
          ],
  },
  { reason: "UnknownRegion", check: checkRegions },
  {
    reason: "DuplicateRegion",
    check: ({ application: { spec } }) =>
      repeats(spec.regions).map(({ index, first }) => ({
        path: ["spec", "regions", index],
        expected: `each region once; it stands at regions[${first}] already`,
      })),
  },
  {
    reason: "TooFewRegions",
    check: ({ application: { spec } }) => {
      const { min } = regionCounts[spec.placement];
      return spec.regions.length >= min
        ? []
        : [regionCount(spec.regions.length, `at least ${min} regions for ${spec.placement}`)];
    },
  },
  {
    reason: "TooManyRegions",
    check: ({ application: { spec } }) => {
      const { max } = regionCounts[spec.placement];
      if (spec.regions.length <= max) return [];
      const expected = `exactly ${max} region${max === 1 ? "" : "s"} for ${spec.placement}`;
      return [regionCount(spec.regions.length, expected)];
    },
  },
  { reason: "NoCommonFamily", check: checkFamilies },
  ...placementRules,
  { reason: "NameInvalid", code: "NameInvalid", check: checkNames },
];

function regionCount(count: number, expected: string): Finding {
  return { path: ["spec", "regions"], found: `${count} region${count === 1 ? "" : "s"}`, expected };
}

function checkRegions({ application, sovereign }: ApplicationFacts): readonly Finding[] {
  if (sovereign === undefined) return [];
  const clusters = sovereign.spec.regions.map(({ cluster }) => cluster);
  return application.spec.regions.flatMap((region, r) =>
    clusters.includes(region)
      ? []
      : [
          {
            path: ["spec", "regions", r],
            expected: `a region of the Sovereign (${clusters.join(", ")})${didYouMean(region, clusters)}`,
          },
        ],
  );
}

/** Placements of which no region takes over for another. */
const takesMixture: ReadonlySet<PlacementKind> = new Set(["single-region", "active-active"]);

/**
 * A region must be able to take over for the clients of another: one family has to be there in all regions.
 * For active-active a mixture is allowed, because each family then answers with the regions that have it.
 */
function checkFamilies({ application, sovereign }: ApplicationFacts): readonly Finding[] {
  const { placement, regions } = application.spec;
  if (sovereign === undefined || takesMixture.has(placement)) return [];
  const placed = sovereign.spec.regions.filter(({ cluster }) => regions.includes(cluster));
  const everywhere = (has: (region: Region) => boolean): boolean => placed.every(has);
  const ipv4 = everywhere(({ loadBalancer }) => loadBalancer.ipv4.length > 0);
  const ipv6 = everywhere(({ loadBalancer }) => loadBalancer.ipv6.length > 0);
  if (ipv4 || ipv6) return [];
  const found = placed
    .map(
      ({ cluster, loadBalancer }) =>
        `${cluster} with ${loadBalancer.ipv4.length > 0 ? "IPv4" : "IPv6"} only`,
    )
    .join(", ");
  return [
    { path: ["spec", "regions"], found, expected: "regions that have IPv4 or IPv6 in common" },
  ];
}

function checkNames({ application, sovereign }: ApplicationFacts): readonly Finding[] {
  const { metadata, spec } = application;
  const findings: Finding[] = [];
  if (sovereign !== undefined) {
    const fqdn = applicationFqdn(metadata.name, spec.environmentRef, sovereign.spec.domain);
    if (!fqdn.ok) {
      findings.push({ path: ["metadata", "name"], expected: `a DNS name: ${fqdn.because}` });
    }
  }
  const host = spec.healthCheck.host === undefined ? undefined : parseFqdn(spec.healthCheck.host);
  if (host?.ok === false) {
    findings.push({
      path: ["spec", "healthCheck", "host"],
      expected: `a DNS name: ${host.because}`,
    });
  }
  return findings;
}
