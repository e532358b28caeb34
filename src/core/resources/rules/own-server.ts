/**
 * A placement whose record only a promotion rewrites needs, in each of its regions, a name server that this region's control
 * plane writes: a secondary answers with what another region last wrote (DESIGN §7.1, ADR 13).
 */
import type { ApplicationFacts } from "./application.ts";
import type { DocumentRule } from "./rule.ts";

export const ownServerRules: readonly DocumentRule<ApplicationFacts>[] = [
  {
    reason: "RegionWithoutOwnServer",
    check: ({ application: { spec }, sovereign }) => {
      if (spec.placement !== "active-passive-warm") return [];
      return spec.regions.flatMap((cluster, r) => {
        const region = sovereign?.spec.regions.find((candidate) => candidate.cluster === cluster);
        if (region === undefined || region.nameServers.length > 0) return [];
        return [
          {
            path: ["spec", "regions", r],
            found: `${cluster}, which has no name server of its own`,
            expected: "regions with a name server of their own, which a promotion can write",
          },
        ];
      });
    },
  },
];
