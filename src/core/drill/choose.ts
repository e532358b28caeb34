/** Which Application a drill measures, and whether the drill makes sense for it: pure, over declared and answered facts. */
import type { PlacementKind } from "../resources/application.ts";

export type DrillCandidate = {
  readonly name: string;
  readonly fqdn: string;
  readonly placement: PlacementKind;
  /** Cluster names in the order of preference. */
  readonly regions: readonly string[];
  /** Clusters whose addresses are in the recursor's present answer. */
  readonly answeredBy: readonly string[];
  /** The declared FailoverGroup that its name follows, if any: it moves by a lease and not by its own probes. */
  readonly group?: string | undefined;
};

export type Choice =
  | { readonly kind: "chosen"; readonly candidate: DrillCandidate }
  | { readonly kind: "unknown"; readonly because: string }
  | { readonly kind: "refused"; readonly because: string };

/**
 * The named Application, or by default the first `active-hotstandby` that the region answers for now, else the first
 * `active-active` there. `name` is the Application's name or its FQDN.
 */
export function chooseApplication(
  candidates: readonly DrillCandidate[],
  region: string,
  name?: string,
): Choice {
  if (name !== undefined) return chooseNamed(candidates, region, name);
  const sensible = candidates.filter((candidate) => objection(candidate, region) === undefined);
  const candidate =
    sensible.find(({ placement }) => placement === "active-hotstandby") ??
    sensible.find(({ placement }) => placement === "active-active");
  return candidate === undefined
    ? {
        kind: "refused",
        because: `no Application with a second region is answered from ${region} now, so nothing would be seen`,
      }
    : { kind: "chosen", candidate };
}

function chooseNamed(candidates: readonly DrillCandidate[], region: string, name: string): Choice {
  const named = candidates.filter((one) => one.name === name || one.fqdn === name);
  const [candidate] = named;
  if (candidate === undefined) {
    const known = candidates.map((one) => one.name).join(", ");
    return { kind: "unknown", because: `There is no Application ${name}; there are: ${known}.` };
  }
  if (named.length > 1) {
    const names = named.map((one) => one.fqdn).join(" and ");
    return { kind: "refused", because: `${name} is the name of ${names}; give the whole name` };
  }
  const because = objection(candidate, region);
  return because === undefined ? { kind: "chosen", candidate } : { kind: "refused", because };
}

/** Why this drill would measure nothing, or undefined. */
function objection(candidate: DrillCandidate, region: string): string | undefined {
  const { name, placement, regions, answeredBy, group } = candidate;
  if (group !== undefined)
    return `${name} moves with the failover group ${group} and not by its own probes; measure it with --data`;
  if (!regions.includes(region))
    return `${name} is not placed in ${region}, only in ${regions.join(" and ")}`;
  if (placement === "single-region" || regions.length < 2)
    return `${name} is placed in ${region} alone: it is expected to stay unreachable until the region is back, and there is nothing to measure`;
  if (placement === "active-passive-warm")
    return `${name} stays with its active region until somebody changes activeRegion: no drill of a region moves it`;
  if (!answeredBy.includes(region)) {
    const by = answeredBy.length === 0 ? "no region" : answeredBy.join(" and ");
    return `${name} is answered by ${by} now, so breaking ${region} would change nothing`;
  }
  return undefined;
}
