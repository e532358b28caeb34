/**
 * Which packets the router between network namespaces loses while regions are broken; pure. A rule is a selector of ip-rule(8) for packets on
 * their way through it, so that whoever sent them is told nothing: connections stall, as when a cable is cut.
 */
import type { DnsEndpoint } from "../control/env.ts";
import { type Fault, faultEffects, type WayName } from "./faults.ts";
import type { RegionLayout, SandboxLayout } from "./layout.ts";
import { regionLink } from "./namespace-plan.ts";

type Broken = { readonly cluster: string; readonly fault: Fault };

/** The selectors, each once, in a stable order. */
export function cutRules(layout: SandboxLayout, broken: readonly Broken[]): readonly string[] {
  const rules = broken.flatMap(({ cluster, fault }) => {
    const slot = layout.regions.findIndex((region) => region.cluster === cluster) + 1;
    const region = layout.regions[slot - 1];
    return region === undefined ? [] : rulesOf(layout, region, fault);
  });
  return [...new Set(rules)].sort();
}

function rulesOf(layout: SandboxLayout, region: RegionLayout, fault: Fault): readonly string[] {
  const { cuts, blackHole, loses } = faultEffects[fault];
  const others = layout.regions.filter(({ cluster }) => cluster !== region.cluster);
  return [
    ...cuts.flatMap((way) => wayRules(layout, region, way)),
    ...(blackHole === "all" ? usersRules(region) : []),
    ...(loses === "nothing" ? [] : sentRules(layout, region)),
    // What the region is sent is what the others send it.
    ...(loses === "everything" ? receivedRules(layout, region, others) : []),
  ];
}

/** The link by which packets of a region enter the router. */
function linkOf(layout: SandboxLayout, { cluster }: RegionLayout): string {
  return regionLink(layout.regions.findIndex((region) => region.cluster === cluster) + 1);
}

/** `127.10.1.80` → `127.10.1.0/24`. */
function networkOf(address: string): string {
  return `${address.split(".").slice(0, 3).join(".")}.0/24`;
}

const networkOfRegion = (region: RegionLayout): string => networkOf(region.loadBalancer.ipv4);

/** Both directions of one way, whoever began. */
function wayRules(layout: SandboxLayout, region: RegionLayout, way: WayName): readonly string[] {
  const link = linkOf(layout, region);
  const home = networkOfRegion(region);
  const others = layout.regions.filter(({ cluster }) => cluster !== region.cluster);
  const resolver = (name: string): DnsEndpoint =>
    layout.resolvers[Number(name.at(-1)) - 1] ?? layout.recursor;
  switch (way) {
    case "witness": {
      const { address } = layout.witness;
      return [`iif ${link} to ${address}/32`, `iif outside from ${address}/32 to ${home}`];
    }
    case "peer":
      return others.flatMap((other) =>
        betweenRules(layout, [region, other], ({ agent }) => agent.api.address),
      );
    case "database":
      return others.flatMap((other) =>
        betweenRules(layout, [region, other], ({ postgres }) => postgres.address),
      );
    case "resolver-1":
    case "resolver-2":
    case "resolver-3": {
      const { address, port } = resolver(way);
      return [
        `iif ${link} to ${address}/32 dport ${port}`,
        `iif outside from ${address}/32 to ${home} sport ${port}`,
      ];
    }
    case "heartbeat-1":
    case "heartbeat-2":
    case "heartbeat-3": {
      const { address, port } = region.agent.heartbeat;
      const from = resolver(way).address;
      return [
        `iif outside from ${from}/32 to ${address}/32 dport ${port}`,
        `iif ${link} from ${address}/32 to ${from}/32 sport ${port}`,
      ];
    }
  }
}

/** Between the servers of one kind in two regions: to each of them from the other region, and back. */
function betweenRules(
  layout: SandboxLayout,
  regions: readonly [RegionLayout, RegionLayout],
  addressOf: (region: RegionLayout) => string,
): readonly string[] {
  const [one, two] = regions;
  const directed = [[one, two] as const, [two, one] as const];
  return directed.flatMap(([from, to]) => [
    `iif ${linkOf(layout, from)} to ${addressOf(to)}/32`,
    `iif ${linkOf(layout, from)} from ${addressOf(from)}/32 to ${networkOfRegion(to)}`,
  ]);
}

/** What users and resolvers ask of a region; the machine's other questions go on, as those of a network of its own for administration do. */
function userPlaces({ loadBalancer, nameServer }: RegionLayout): readonly DnsEndpoint[] {
  return [{ address: loadBalancer.ipv4, port: loadBalancer.port }, nameServer.dns];
}

/** From anywhere but the region itself: a rule is only for what passes the router. */
function usersRules(region: RegionLayout): readonly string[] {
  return userPlaces(region).flatMap(({ address, port }) => [
    `to ${address}/32 dport ${port}`,
    `from ${address}/32 sport ${port}`,
  ]);
}

function sentRules(layout: SandboxLayout, region: RegionLayout): readonly string[] {
  const link = linkOf(layout, region);
  const elsewhere = [
    layout.witness.address,
    ...layout.regions
      .filter(({ cluster }) => cluster !== region.cluster)
      .map(({ loadBalancer }) => loadBalancer.ipv4),
  ];
  return [
    ...elsewhere.map((address) => `iif ${link} to ${networkOf(address)}`),
    ...userPlaces(region).map(({ address, port }) => `from ${address}/32 sport ${port}`),
  ];
}

function receivedRules(
  layout: SandboxLayout,
  region: RegionLayout,
  others: readonly RegionLayout[],
): readonly string[] {
  const links = ["outside", ...others.map((other) => linkOf(layout, other))];
  return [
    ...links.map((link) => `iif ${link} to ${networkOfRegion(region)}`),
    ...userPlaces(region).map(({ address, port }) => `to ${address}/32 dport ${port}`),
  ];
}
