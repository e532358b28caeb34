/** Choices that depend on the client: by its continent, by distance, by weight. For explaining, never for answering. */
import { type Continent, continentOf } from "../resources/placements.ts";
import type { Choice } from "./choice.ts";
import type { ContinentOrder, RegionWeight } from "./steering.ts";

/** One region with the addresses in question. */
export type Group = { readonly cluster: string; readonly addresses: readonly string[] };

/** What a choice is made from; `healthy` leaves out regions of which nothing is known to be up. */
export type Groups = { readonly all: readonly Group[]; readonly healthy: readonly Group[] };

/** The region of the client's continent that is up; `place` is the server's own word for where the client is. */
export function chooseByContinent(
  { all, healthy }: Groups,
  entries: readonly ContinentOrder[],
  fallbackOrder: readonly string[],
  place: string | undefined,
): Choice {
  const own = all.map(({ cluster }) => cluster);
  const pick = (order: readonly string[], last: readonly string[]): Group | undefined =>
    firstOf(order, healthy) ?? firstOf(last, all);
  if (place === undefined) {
    const orders = entries.map(({ clusters }) => pick(clusters, clusters));
    return either(
      "ContinentOrder",
      "the region of the client's continent answers, and the server did not say which that is",
      [...orders, pick(own, fallbackOrder)].filter((group) => group !== undefined),
    );
  }
  const continent = continentOf(place);
  const entry = entries.find(({ continents }) => includes(continents, continent));
  const chosen =
    entry === undefined ? pick(own, fallbackOrder) : pick(entry.clusters, entry.clusters);
  const client = continent === undefined ? unknownPlace : `the client is in ${continent}`;
  const order = entry === undefined ? "the Application's own order" : "the order of that continent";
  const first =
    healthy.length === 0
      ? `no backend is known to be up, so ${chosen?.cluster} answers`
      : `${chosen?.cluster} is the first that is up in ${order}`;
  return {
    rule: healthy.length === 0 ? "FallbackOrder" : "ContinentOrder",
    because: `${client}; ${first}`,
    addresses: chosen?.addresses ?? [],
    clusters: chosen === undefined ? [] : [chosen.cluster],
  };
}

/** The nearest address that is up. Which one that is, only the server's database knows. */
export function chooseByDistance({ all, healthy }: Groups, place: string | undefined): Choice {
  const groups = healthy.length === 0 ? all : healthy;
  const known = place === undefined || continentOf(place) !== undefined;
  const state =
    healthy.length === 0 ? "nearest of all, because none is known to be up" : "nearest that is up";
  const singles = groups.flatMap(({ cluster, addresses }) =>
    addresses.map((address) => ({ cluster, addresses: [address] })),
  );
  const because = `the ${state} answers${known ? "" : `; but ${unknownPlace}, so distance says nothing`}`;
  return either("Nearest", because, singles);
}

/** The region that the client sticks to. Which one that is, only the server's hash knows. */
export function chooseByWeight({ all, healthy }: Groups, weights: readonly RegionWeight[]): Choice {
  const [only, second] = healthy;
  if (only !== undefined && second === undefined) {
    return {
      rule: "OnlyHealthy",
      because: `${only.cluster} is the only one that is up, so it takes every client`,
      addresses: only.addresses,
      clusters: [only.cluster],
    };
  }
  const groups = only === undefined ? all : healthy;
  const shares = weights.map(({ cluster, weight }) => `${weight} % to ${cluster}`).join(", ");
  const weighty = groups.filter(({ cluster }) =>
    weights.some((one) => one.cluster === cluster && one.weight > 0),
  );
  const state = only === undefined ? "nothing is known to be up, so by weights" : "by weights";
  return either("Weights", `${state}: ${shares}; a client network stays where it is`, weighty);
}

const unknownPlace =
  "the server does not know where the client is: it is not in the GeoIP database, or the GeoIP backend is not launched";

function includes(continents: readonly Continent[], one: Continent | undefined): boolean {
  return one !== undefined && continents.includes(one);
}

function firstOf(order: readonly string[], groups: readonly Group[]): Group | undefined {
  for (const cluster of order) {
    const group = groups.find((candidate) => candidate.cluster === cluster);
    if (group !== undefined) return group;
  }
  return undefined;
}

/** One of several answers, as far as can be told. */
function either(rule: Choice["rule"], because: string, groups: readonly Group[]): Choice {
  return {
    rule,
    because,
    addresses: [...new Set(groups.flatMap(({ addresses }) => addresses))],
    alternatives: groups.map(({ addresses }) => addresses),
    clusters: [...new Set(groups.map(({ cluster }) => cluster))],
  };
}
