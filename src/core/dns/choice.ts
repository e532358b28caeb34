/** Which rule of a placement gives the answer, given the health that a server sees. For explaining, never for answering. */
import type { HealthView } from "./health.ts";
import type { AddressType } from "./idioms.ts";
import { answeringRegions, type Placed } from "./records.ts";

export type ChoiceRule =
  | "PlainRecord"
  | "AllHealthy"
  | "FirstHealthy"
  | "FallbackOrder"
  | "EverythingAnswers"
  | "HealthUnknown"
  | "NoSuchFamily";

export type Choice = {
  readonly rule: ChoiceRule;
  readonly because: string;
  /** Addresses that the rule answers with; undefined when the server's view of health is not known. */
  readonly addresses: readonly string[] | undefined;
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
  if (placed.placement === "single-region") {
    const because = "one region, a plain record, no probe";
    return { rule: "PlainRecord", because, addresses: every, clusters };
  }
  if (every.some((address) => !health[type].has(address))) {
    const because = "the server did not tell what its probes say";
    return { rule: "HealthUnknown", because, addresses: undefined, clusters: [] };
  }
  const healthy = regions
    .map(({ cluster, addresses }) => ({
      cluster,
      addresses: addresses[type].filter((address) => health[type].get(address) === "up"),
    }))
    .filter(({ addresses }) => addresses.length > 0);
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
    chosen.cluster === clusters[0]
      ? `${chosen.cluster} is first in order and up`
      : `${chosen.cluster} is the first in order that is up`;
  return {
    rule: "FirstHealthy",
    because,
    addresses: chosen.addresses,
    clusters: [chosen.cluster],
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
    because: `no backend is known to be up, so ${cluster} answers: it is first in the fallback order`,
    addresses: region?.addresses[type] ?? [],
    clusters: cluster === undefined ? [] : [cluster],
  };
}
