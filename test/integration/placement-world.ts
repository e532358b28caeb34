/** The documents of the placement tests, and their records written to a real server by the product's own path. */
import { systemClock } from "../../src/adapters/clock.ts";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { applyToServer } from "../../src/control/dns/apply.ts";
import { type DesiredZone, desiredZone, type ZoneOptions } from "../../src/core/dns/zone.ts";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import type { PdnsServer } from "./pdns-server.ts";

const apiVersion = "sre.catalyst.openova.io/v1alpha1";
export const domain = "placements.test";
export const zone = `${domain}.`;

/** Two regions of two addresses each, as the tables of these tests write them. */
export const letters = ["a1", "a2", "b1", "b2"] as const;
export type Letter = (typeof letters)[number];

/** The name of an Application that is declared here. */
export function fqdnOf(name: string): string {
  return `${name}.acme-prod.${domain}`;
}

export type RegionFacts = {
  readonly cluster: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
};

export type ApplicationFacts = {
  readonly name: string;
  readonly placement: string;
  readonly regions: readonly string[];
  readonly healthCheck: Json;
  /** Fields of its placement, and a TTL of its own. */
  readonly geo?: Json;
  readonly weights?: Json;
  readonly activeRegion?: string;
  readonly ttl?: string;
};

/** The zone of a Sovereign with these regions, Applications and further fields; a wrong document fails the test. */
export function zoneOf(
  regions: readonly RegionFacts[],
  applications: readonly ApplicationFacts[],
  options: ZoneOptions & { readonly sovereign?: JsonObject } = {},
): DesiredZone {
  const document = (kind: string, name: string, spec: Json): Json => ({
    apiVersion,
    kind,
    metadata: { name },
    spec,
  });
  const nameServers = [{ name: "ns1", address: "127.0.0.1", apiUrl: "http://127.0.0.1:1" }];
  const values: Json[] = [
    document("Sovereign", "placements", {
      domain,
      ttl: "5s",
      ...options.sovereign,
      regions: regions.map(({ cluster, ipv4, ipv6 }, index) => ({
        cluster,
        loadBalancer: { ipv4, ipv6 },
        nameServers: nameServers.map((server) => ({
          ...server,
          name: `ns${index}`,
          address: `127.0.0.${index + 1}`,
          apiUrl: `http://127.0.0.${index + 1}:1`,
        })),
      })),
    }),
    document("Organization", "acme", { displayName: "Acme" }),
    document("Environment", "acme-prod", { organizationRef: "acme", envType: "prod" }),
    ...applications.map(({ name, ...spec }) =>
      document("Application", name, { environmentRef: "acme-prod", ...spec }),
    ),
  ];
  const documents = values.map((value, index) => ({
    file: `document-${index}.yaml`,
    value,
    lineOf: () => 1,
  }));
  const catalogue = readCatalogue(documents, []);
  if (catalogue.problems.length > 0) throw new Error(JSON.stringify(catalogue.problems, null, 1));
  const desired = desiredZone(catalogue, options);
  if (desired === undefined) throw new Error("no zone is desired");
  if (desired.refusals.length > 0) throw new Error(JSON.stringify(desired.refusals, null, 1));
  return desired;
}

/** Writes the zone as the controller does; a failure fails the test. Gives the number of changes. */
export async function writeZone(pdns: PdnsServer, desired: DesiredZone): Promise<number> {
  const outcome = await applyToServer(powerDnsNameServer(pdns.options), {
    clock: systemClock,
    desired,
    holdRemovals: false,
    observeOnly: false,
    unconfirmed: [],
    onPlanned: () => Promise.resolve(),
  });
  if (outcome.failure !== undefined) throw outcome.failure;
  return outcome.applied.length;
}
