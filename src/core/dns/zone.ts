/**
 * From the declared Applications to the rrsets that the Sovereign's zone has to hold: pure and byte-stable,
 * so that two control planes that read the same commit want the same records (DESIGN §2, §3).
 */
import { required } from "../kernel/assert.ts";
import { parseDurationMs } from "../kernel/duration.ts";
import type { Application, PlacementKind } from "../resources/application.ts";
import type { Catalogue, Origin, PlacedApplication } from "../resources/catalogue.ts";
import { type Coverage, coverageOf } from "../resources/coverage.ts";
import { printable } from "../resources/document.ts";
import { leasedPlacements } from "../resources/placements.ts";
import type { Region, Sovereign } from "../resources/sovereign.ts";
import { defaultChecks } from "../resources/sovereign-checks.ts";
import { parseIpv4, parseIpv6 } from "./address.ts";
import { budgetChecks, type CheckPlan, isProbed } from "./check-budget.ts";
import type { AddressType } from "./idioms.ts";
import { firstOrder, leased } from "./leased.ts";
import type { Rrset } from "./model.ts";
import { type Probe, parseProbe } from "./probe.ts";
import {
  answeringRegions,
  type DesiredRegion,
  type Placed,
  placedRrsets,
  probedRegions,
  whyName,
} from "./records.ts";
import { parseSteering } from "./steering.ts";

export type DesiredApplication = Placed & {
  readonly origin: Origin;
  /** Set when this control plane knows the fallback order; another one in a record is then changed. */
  readonly fallbackIsKnown?: true;
  /** Set when no group that was read covers it, and one that could not be read may. */
  readonly groupMayBeMissing?: true;
  /** Set when its probe is the Sovereign's in place of its own, because the budget of checks asks for it. */
  readonly sharesProbe?: true;
  /** TTL of its records: its own, its placement's, or the Sovereign's. */
  readonly ttlSeconds: number;
  readonly rrsets: readonly Rrset[];
  /** Absolute name of the record that explains the answer; undefined when there is none. */
  readonly whyName: string | undefined;
  /** Every address that may ever be answered, sorted; nothing outside it is right. */
  readonly expected: Readonly<Record<AddressType, readonly string[]>>;
};

/** An Application that is declared but can not be turned into records. */
export type Refusal = {
  readonly application: string;
  readonly origin: Origin;
  /** Field of the document at fault, such as `$.spec.healthCheck`. */
  readonly field: string;
  readonly because: string;
};

/** One line for people, like those of the problems of documents. */
export function describeRefusal({ application, origin, field, because }: Refusal): string {
  return printable(`${origin.file}:${origin.line} Application ${application} ${field}: ${because}`);
}

export type DesiredZone = {
  /** Absolute name of the zone, with the closing dot. */
  readonly zone: string;
  readonly ttlSeconds: number;
  readonly applications: readonly DesiredApplication[];
  readonly refusals: readonly Refusal[];
  /** Health checks that these records make on every name server. */
  readonly checks: CheckPlan;
};

export type ZoneOptions = {
  /**
   * Per Application (`{environment}/{application}`): the clusters in the order in which they answer when
   * nothing is known to be up (DESIGN §3). Default is the Application's own order.
   */
  readonly fallbackOrders?: ReadonlyMap<string, readonly string[]>;
};

/** `{environment}/{application}`: how ownership, plans and events name an Application. */
export function applicationKey(application: Application): string {
  return `${application.spec.environmentRef}/${application.metadata.name}`;
}

/** The zone that a catalogue asks for; undefined when it declares no Sovereign. */
export function desiredZone(
  catalogue: Catalogue,
  options: ZoneOptions = {},
): DesiredZone | undefined {
  const { sovereign } = catalogue;
  if (sovereign === undefined) return undefined;
  const ttlSeconds = ttlSecondsOf(sovereign.spec.ttl);
  const groupOf = coverageOf(catalogue.failoverGroups.map(({ group }) => group));
  const around = { sovereign, options, groupOf, isComplete: catalogue.failoverGroupsComplete };
  const applications: DesiredApplication[] = [];
  const refusals: Refusal[] = [];
  const names = new Set<string>();
  for (const placed of catalogue.applications) {
    const outcome = desiredApplication(placed, around);
    if ("because" in outcome) refusals.push(outcome);
    else if (names.has(outcome.fqdn)) {
      const because = `${outcome.fqdn} is taken by another Application`;
      refusals.push(refusal(placed, "$.metadata.name", because));
    } else {
      names.add(outcome.fqdn);
      applications.push(outcome);
    }
  }
  const zone = `${sovereign.spec.domain.toLowerCase()}.`;
  return { zone, ttlSeconds, ...withinBudget(applications, refusals, sovereign) };
}

/**
 * The Applications with the probes that fit the budget. Above the hard limit those that need a check are refused
 * together: their records stay as they are, since nothing is removed while anything is refused.
 */
function withinBudget(
  applications: readonly DesiredApplication[],
  refusals: readonly Refusal[],
  { spec }: Sovereign,
): Pick<DesiredZone, "applications" | "refusals" | "checks"> {
  const { shared, ...limits } = spec.checks ?? defaultChecks;
  const parsed = shared === undefined ? undefined : parseProbe(shared, shared.host);
  const { plan: checks, probeOf } = budgetChecks(
    applications,
    limits,
    parsed?.ok === true ? parsed.value : undefined,
  );
  if (checks.state !== "aboveHardLimit") {
    const probed = applications.map((one) => withProbe(one, probeOf(one)));
    return { applications: probed, refusals, checks };
  }
  const needy = applications.filter(isProbed);
  const last = required(needy.at(-1), "checks come from an Application");
  const because = `${checks.because}; the records of ${needy.length} Applications stay as they are until some share a health check`;
  const { application, origin } = last;
  return {
    applications: applications.filter((one) => !isProbed(one)),
    refusals: [...refusals, { application, origin, field: "$.spec.healthCheck", because }],
    checks,
  };
}

function withProbe(application: DesiredApplication, probe: Probe): DesiredApplication {
  if (probe === application.probe) return application;
  const probed = { ...application, probe, sharesProbe: true as const };
  return { ...probed, rrsets: placedRrsets(probed, application.ttlSeconds) };
}

/** Whole seconds, at least one: with a TTL of 0 some resolvers keep nothing and others keep forever. */
function ttlSecondsOf(ttl: string): number {
  const ttlMs = parseDurationMs(ttl) ?? 5_000;
  return Math.min(2_147_483_647, Math.max(1, Math.ceil(ttlMs / 1_000)));
}

function refusal(placed: PlacedApplication, field: string, because: string): Refusal {
  const application = applicationKey(placed.application);
  return { application, origin: placed.origin, field, because };
}

/** What stands around an Application. */
type Around = {
  readonly sovereign: Sovereign;
  readonly options: ZoneOptions;
  readonly groupOf: Coverage;
  /** Whether all groups could be read. */
  readonly isComplete: boolean;
};

function desiredApplication(
  placed: PlacedApplication,
  { sovereign, options, groupOf, isComplete }: Around,
): DesiredApplication | Refusal {
  const { spec, metadata } = placed.application;
  const probe = parseProbe(spec.healthCheck, placed.fqdn);
  if (!probe.ok) return refusal(placed, "$.spec.healthCheck", probe.because);
  if (!placed.fqdn.endsWith(`.${sovereign.spec.domain}`)) {
    return refusal(placed, "$.metadata.name", `${placed.fqdn} is not below the Sovereign's domain`);
  }
  const count = objectionToCount(spec.placement, spec.regions);
  if (count !== undefined) return refusal(placed, "$.spec.regions", count);
  const steering = parseSteering(spec, sovereign.spec.geoip === true);
  if (!steering.ok) return refusal(placed, "$.spec", steering.because);
  const regions = desiredRegions(spec.regions, sovereign);
  if (typeof regions === "string") return refusal(placed, "$.spec.regions", regions);
  const application = applicationKey(placed.application);
  const group = groupOf(placed.application);
  const wished = options.fallbackOrders?.get(application);
  const own: Placed = {
    application,
    fqdn: placed.fqdn,
    placement: spec.placement,
    regions,
    probe: probe.value,
    steering: steering.value,
    fallbackOrder: completeOrder(wished, firstOrder(steering.value, spec.regions)),
  };
  const value = group === undefined ? own : leased(own, group, metadata.name);
  const expected = { A: expectedOf(value, "A"), AAAA: expectedOf(value, "AAAA") };
  if (expected.A.length + expected.AAAA.length === 0) {
    const because = "the regions have neither IPv4 nor IPv6 in common";
    return refusal(placed, "$.spec.regions", because);
  }
  const ttl = spec.ttl ?? sovereign.spec.ttls?.[spec.placement] ?? sovereign.spec.ttl;
  const ttlSeconds = ttlSecondsOf(ttl);
  const rrsets = placedRrsets(value, ttlSeconds);
  const { origin } = placed;
  const mayMiss = !isComplete && group === undefined && leasedPlacements.has(spec.placement);
  return {
    ...value,
    ...(wished === undefined ? {} : { fallbackIsKnown: true as const }),
    ...(mayMiss ? { groupMayBeMissing: true as const } : {}),
    origin,
    ttlSeconds,
    rrsets,
    whyName: whyName(value),
    expected,
  };
}

function objectionToCount(
  placement: PlacementKind,
  clusters: readonly string[],
): string | undefined {
  const count = new Set(clusters).size;
  if (count !== clusters.length) return "a region is named twice";
  if (placement === "single-region") {
    return count === 1 ? undefined : `single-region names one region, not ${count}`;
  }
  if (placement === "weighted-canary" && count > 2) return "weighted-canary names two regions";
  return count >= 2 ? undefined : `${placement} needs at least two regions`;
}

function desiredRegions(
  clusters: readonly string[],
  { spec }: Sovereign,
): readonly DesiredRegion[] | string {
  const regions: DesiredRegion[] = [];
  for (const cluster of clusters) {
    const region = spec.regions.find((candidate) => candidate.cluster === cluster);
    if (region === undefined) return `the Sovereign has no region ${cluster}`;
    const parsed = desiredRegion(region);
    if (typeof parsed === "string") return parsed;
    regions.push(parsed);
  }
  return regions;
}

function desiredRegion(region: Region): DesiredRegion | string {
  const lists = [
    { texts: region.loadBalancer.ipv4, parse: parseIpv4 },
    { texts: region.loadBalancer.ipv6, parse: parseIpv6 },
  ];
  const parsed: string[][] = [];
  for (const { texts, parse } of lists) {
    const addresses: string[] = [];
    for (const text of texts) {
      const address = parse(text);
      if (!address.ok) return `the load balancer of ${region.cluster}: ${address.because}`;
      if (!addresses.includes(address.value)) addresses.push(address.value);
    }
    parsed.push(addresses);
  }
  const [A = [], AAAA = []] = parsed;
  if (A.length + AAAA.length === 0) return `the load balancer of ${region.cluster} has no address`;
  return { cluster: region.cluster, addresses: { A, AAAA } };
}

/** The wished order as far as it names the Application's regions, then the rest in their own order. */
function completeOrder(
  wished: readonly string[] | undefined,
  clusters: readonly string[],
): readonly string[] {
  const first = (wished ?? []).filter((cluster) => clusters.includes(cluster));
  return [...new Set([...first, ...clusters])];
}

function expectedOf(placed: Placed, type: AddressType): readonly string[] {
  const follows = placed.lease !== undefined;
  const regions = follows ? probedRegions(placed, type) : answeringRegions(placed, type);
  return [...new Set(regions.flatMap((region) => region.addresses[type]))].sort();
}
