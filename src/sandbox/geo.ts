/** Where the sandbox's networks are said to be: its regions, and loopback networks from which clients of a continent ask. */
import type { Continent } from "../core/resources/placements.ts";
import { type SandboxLayout, sandboxClusters } from "./layout.ts";
import type { GeoNetwork } from "./mmdb-writer.ts";

/** The GeoIP database in a region's folder. */
export const geoFile = "geo.mmdb";

type Place = Omit<GeoNetwork, "network">;

const places: Readonly<Record<(typeof sandboxClusters)[number], Place>> = {
  "hz-fsn-rtz-prod": { latitude: 50.48, longitude: 12.37, continent: "EU" },
  "hz-hel-rtz-prod": { latitude: 60.17, longitude: 24.94, continent: "EU" },
};

/** The place of a cluster; undefined for one that the sandbox does not have. */
export function placeOf(cluster: string): Place | undefined {
  const known = sandboxClusters.find((one) => one === cluster);
  return known === undefined ? undefined : places[known];
}

/** The third byte of the loopback networks of clients: a question from `{base}.102.x` comes from North America. */
const clientNetworks: readonly (readonly [number, Continent, number, number])[] = [
  [101, "EU", 48.86, 2.35],
  [102, "NA", 40.71, -74.01],
  [103, "AS", 1.35, 103.82],
  [104, "SA", -23.55, -46.63],
  [105, "AF", -1.29, 36.82],
  [106, "OC", -33.87, 151.21],
];

/** Clients' networks and load balancers of a sandbox whose addresses begin with `base`, such as `127.10`. */
export function sandboxNetworks(layout: SandboxLayout, base: string): readonly GeoNetwork[] {
  const clients = clientNetworks.map(([third, continent, latitude, longitude]) => ({
    network: `${base}.${third}.0/24`,
    continent,
    latitude,
    longitude,
  }));
  const regions = layout.regions.flatMap(({ cluster, loadBalancer }) => {
    const place = placeOf(cluster);
    return place === undefined ? [] : [{ network: `${loadBalancer.ipv4}/32`, ...place }];
  });
  return [...clients, ...regions];
}
