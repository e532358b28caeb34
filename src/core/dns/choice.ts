/** Which rule of a placement gives the answer, given the health that a server sees. For explaining, never for answering. */
import { chooseByContinent, chooseByDistance, chooseByWeight } from "./choice-by-client.ts";
import type { HealthView } from "./health.ts";
import type { AddressType } from "./idioms.ts";
import { answeringRegions, isPlain, type Placed } from "./records.ts";

export type ChoiceRule =
  | "PlainRecord"
  | "AllHealthy"
  | "FirstHealthy"
  | "FallbackOrder"
  | "ActiveRegion"
  | "LeaseHolder"
  | "ContinentOrder"
  | "Nearest"
  | "Weights"
  | "OnlyHealthy"
  | "EverythingAnswers"
  | "HealthUnknown"
  | "ForeignRecord"
  | "NoSuchFamily";

export type Choice = {
  readonly rule: ChoiceRule;
  readonly because: string;
  /** Addresses that the rule answers with; undefined when the server's view of health is not known. */
  readonly addresses: readonly string[] | undefined;
  /** When it depends on the client: each answer that is right; `addresses` then holds those of all. */
  readonly alternatives?: readonly (readonly string[])[];
  /** Clusters behind those addresses. */
  readonly clusters: readonly string[];
};

/** The rule that chooses the answer of `type` for an Application, and what it chooses. */
export function chooseAnswer(placed: Placed, type: AddressType, health: HealthView): Choice {
  const regions = answeringRegions(placed, type);
  const clusters = regions.map((region) => region.cluster);
  const every = regions.flatMap((region) => region.addresses[type]);
  if (every.length === 0) {
    const because = `not every region that has to answer has an address for ${type}`;
    return { rule: "NoSuchFamily", because, addresses: [], clusters: [] };
  }
  if (isPlain(placed)) return plainChoice(placed, every, clusters);
  if (every.some((address) => !health[type].has(address))) {
    const because = "the server did not tell what its probes say";
    return { rule: "HealthUnknown", because, addresses: undefined, clusters: [] };
  }
  const all = regions.map(({ cluster, addresses }) => ({ cluster, addresses: addresses[type] }));
  const healthy = all
    .map(({ cluster, addresses }) => ({
      cluster,
      addresses: addresses.filter((address) => health[type].get(address) === "up"),
    }))
    .filter(({ addresses }) => addresses.length > 0);
  const { steering, fallbackOrder } = placed;
  const groups = { all, healthy };
  if (steering.kind === "distance") return chooseByDistance(groups, health.continent);
  if (steering.kind === "weights") return chooseByWeight(groups, steering.weights);
  if (steering.kind === "continents") {
    return chooseByContinent(groups, steering.entries, fallbackOrder, health.continent);
  }
  const chosen = healthy[0];
  if (chosen === undefined) return nothingUp(placed, type, every, clusters);
  if (placed.placement === "active-active") {
    return {
      rule: "AllHealthy",
      because: "every backend that is up answers",
      addresses: healthy.flatMap(({ addresses }) => addresses),
      clusters: healthy.map(({ cluster }) => cluster),
    };
  }
  const because =
    placed.lease?.isProbed === true
      ? `${chosen.cluster} is the region whose agent says that it holds the lease of ${placed.lease.group}`
      : chosen.cluster === clusters[0]
        ? `${chosen.cluster} is first in order and up`
        : `${chosen.cluster} is the first in order that is up`;
  return {
    rule: "FirstHealthy",
    because,
    addresses: chosen.addresses,
    clusters: [chosen.cluster],
  };
}

function plainChoice(
  { placement, lease }: Placed,
  addresses: readonly string[],
  clusters: readonly string[],
): Choice {
  if (lease !== undefined) {
    const because = `${clusters.join()} is the region that this server's control plane knows to hold the lease of ${lease.group}; only a promotion or fencing moves it`;
    return { rule: "LeaseHolder", because, addresses, clusters };
  }
  return placement === "single-region"
    ? { rule: "PlainRecord", because: "one region, a plain record, no probe", addresses, clusters }
    : {
        rule: "ActiveRegion",
        because: `${clusters.join()} is the active region, whatever its health; only a change of activeRegion moves it`,
        addresses,
        clusters,
      };
}

function nothingUp(
  placed: Placed,
  type: AddressType,
  every: readonly string[],
  clusters: readonly string[],
): Choice {
  if (placed.placement === "active-active") {
    const because = "no backend is known to be up, so all answer rather than none";
    return { rule: "EverythingAnswers", because, addresses: every, clusters };
  }
  const cluster = placed.fallbackOrder.find((candidate) => clusters.includes(candidate));
  const region = placed.regions.find((candidate) => candidate.cluster === cluster);
  return {
    rule: "FallbackOrder",
    because: nothingUpWords(placed, cluster),
    addresses: region?.addresses[type] ?? [],
    clusters: cluster === undefined ? [] : [cluster],
  };
}

function nothingUpWords({ lease }: Placed, cluster: string | undefined): string {
  return lease === undefined
    ? `no backend is known to be up, so ${cluster} answers: it is first in the fallback order`
    : `no region is known to hold the lease of ${lease.group}, so ${cluster} answers: this server's control plane heard last that it does, or it is first in the document`;
}
