/**
 * How the answer of a placement depends on the client or on a promotion: what the document says in `geo`, `weights` and
 * `activeRegion`, parsed into values that may stand in code (facts of PowerDNS §4). Documents are checked before; this is
 * the last guard, because code for a name server is code execution.
 */
import type { Parsed } from "../names/names.ts";
import type { Application } from "../resources/application.ts";
import { type Continent, continents } from "../resources/placements.ts";

export type Steering =
  | { readonly kind: "none" }
  /** The nearest address that is up. */
  | { readonly kind: "distance" }
  /** Per continents an order of all regions; clients of other continents get the Application's own. */
  | { readonly kind: "continents"; readonly entries: readonly ContinentOrder[] }
  /** Percentage by cluster, in the alphabetical order of clusters: another order in a document moves nobody. */
  | { readonly kind: "weights"; readonly weights: readonly RegionWeight[] }
  | { readonly kind: "static"; readonly activeRegion: string };

export type ContinentOrder = {
  readonly continents: readonly Continent[];
  /** All clusters of the Application. */
  readonly clusters: readonly string[];
};

export type RegionWeight = { readonly cluster: string; readonly weight: number };

type Spec = Application["spec"];

/** The steering of an Application, or the reason why there can be none; `geoip` is whether name servers have GeoIP. */
export function parseSteering(spec: Spec, geoip: boolean): Parsed<Steering> {
  switch (spec.placement) {
    case "single-region":
    case "active-hotstandby":
      return { ok: true, value: { kind: "none" } };
    case "active-active":
      return parseGeo(spec, geoip);
    case "weighted-canary":
      return parseWeights(spec);
    case "active-passive-warm":
      return parseActive(spec);
  }
}

function parseGeo({ geo, regions }: Spec, geoip: boolean): Parsed<Steering> {
  if (geo === undefined) return { ok: true, value: { kind: "none" } };
  if (!geoip) {
    return { ok: false, because: "the Sovereign does not say that its name servers have GeoIP" };
  }
  if ((geo.byDistance === undefined) === (geo.order === undefined)) {
    return { ok: false, because: "geo is exactly one of byDistance and order" };
  }
  if (geo.order === undefined) return { ok: true, value: { kind: "distance" } };
  const seen = new Set<Continent>();
  const entries: ContinentOrder[] = [];
  for (const entry of geo.order) {
    const codes = entry.continents.filter((continent) => continents.includes(continent));
    const isKnown = codes.length > 0 && codes.length === entry.continents.length;
    if (!isKnown || codes.some((code) => seen.has(code)) || new Set(codes).size < codes.length) {
      return { ok: false, because: "geo.order names a continent twice, or one that there is not" };
    }
    for (const code of codes) seen.add(code);
    const strange = entry.regions.find((cluster) => !regions.includes(cluster));
    if (strange !== undefined || entry.regions.length === 0) {
      return { ok: false, because: "geo.order names a region that is not the Application's" };
    }
    entries.push({
      continents: continents.filter((code) => codes.includes(code)),
      clusters: [...new Set([...entry.regions, ...regions])],
    });
  }
  return { ok: true, value: { kind: "continents", entries } };
}

function parseWeights({ regions, weights = {} }: Spec): Parsed<Steering> {
  const parsed = [...regions].sort().map((cluster) => ({
    cluster,
    weight: Object.hasOwn(weights, cluster) ? (weights[cluster] ?? -1) : -1,
  }));
  const whole = parsed.every(({ weight }) => Number.isInteger(weight) && weight >= 0);
  const sum = parsed.reduce((total, { weight }) => total + weight, 0);
  if (!whole || sum !== 100 || Object.keys(weights).length !== regions.length) {
    return { ok: false, because: "the weights are not whole, one for each region, together 100" };
  }
  return { ok: true, value: { kind: "weights", weights: parsed } };
}

function parseActive({ activeRegion, regions }: Spec): Parsed<Steering> {
  const active = activeRegion ?? regions[0];
  if (active === undefined || !regions.includes(active)) {
    return { ok: false, because: "the active region is not one of the Application's" };
  }
  return { ok: true, value: { kind: "static", activeRegion: active } };
}
