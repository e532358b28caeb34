/** The words of placements: their kinds, and the continents by which clients can be told apart. */

export const placements = [
  "single-region",
  "active-active",
  "active-hotstandby",
  "active-passive-warm",
  "weighted-canary",
] as const;
export type PlacementKind = (typeof placements)[number];

/** Placements of which one region stands by for another: only they need to know who may serve. */
export const leasedPlacements: ReadonlySet<PlacementKind> = new Set([
  "active-hotstandby",
  "active-passive-warm",
]);

/** Codes of GeoIP databases. */
export const continents = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"] as const;
export type Continent = (typeof continents)[number];

/** The continent of a code in either case, undefined for `--`, `unknown` and other words. */
export function continentOf(code: string): Continent | undefined {
  return continents.find((continent) => continent === code.toUpperCase());
}
