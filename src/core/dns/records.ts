/** The rrsets of one placed Application: plain records for one answering region, LUA for several (facts of PowerDNS §4). */
import { required } from "../kernel/assert.ts";
import type { PlacementKind } from "../resources/application.ts";
import {
  type AddressGroup,
  type AddressType,
  activeActiveCode,
  addressTypes,
  byContinentCode,
  hotStandbyCode,
  nearestCode,
  weightedCode,
  whyCode,
} from "./idioms.ts";
import { luaContent } from "./lua.ts";
import type { Ownership, Rrset } from "./model.ts";
import type { Probe } from "./probe.ts";
import type { Steering } from "./steering.ts";

/** One region of an Application with the addresses it answers with, canonical and without doubles. */
export type DesiredRegion = {
  readonly cluster: string;
  readonly addresses: Readonly<Record<AddressType, readonly string[]>>;
};

/** How a declared FailoverGroup decides an Application's answer (DESIGN §3). */
export type Lease = {
  readonly group: string;
  /** False where the Application's check is a TCP connection: then health decides, and the lease only the fallback order. */
  readonly isProbed: boolean;
};

/** All that the records of an Application are made of. */
export type Placed = {
  /** `{environment}/{application}`. */
  readonly application: string;
  readonly fqdn: string;
  readonly placement: PlacementKind;
  /** In the Application's order of preference. */
  readonly regions: readonly DesiredRegion[];
  readonly probe: Probe;
  readonly steering: Steering;
  /** The declared FailoverGroup whose lease decides; absent where the Application's own health does. */
  readonly lease?: Lease;
  /** Clusters in the order in which they answer when nothing is known to be up. */
  readonly fallbackOrder: readonly string[];
};

const whyLabel = "_why";

/** Absolute name of the record that explains the answer; none for plain records and for names too long for it. */
export function whyName(placed: Placed): string | undefined {
  if (placed.placement === "single-region") return undefined;
  const name = `${whyLabel}.${placed.fqdn}`;
  return name.length <= 253 ? `${name}.` : undefined;
}

/** The Lua code that answers questions of `type`; undefined when no region has such an address or none is needed. */
export function answerCode(placed: Placed, type: AddressType): string | undefined {
  const { probe, steering } = placed;
  const regions = answeringRegions(placed, type);
  const groups = regions.map((region) => region.addresses[type]);
  if (groups.length === 0 || isPlain(placed)) return undefined;
  switch (steering.kind) {
    case "static":
      return undefined;
    case "distance":
      return nearestCode(probe, groups);
    case "continents": {
      const clusters = regions.map(({ cluster }) => cluster);
      const rules = steering.entries.map((entry) => ({
        continents: entry.continents,
        order: entry.clusters.map((one) => clusters.indexOf(one)).filter((index) => index >= 0),
      }));
      return byContinentCode(type, probe, groups, rules, fallbackOf(placed, type));
    }
    case "weights":
      return weightedCode(
        type,
        probe,
        steering.weights.map(({ cluster, weight }) => ({
          group: required(addressesIn(regions, cluster, type), "a weight is a region's"),
          weight,
        })),
      );
    case "none":
      return placed.placement === "active-active"
        ? activeActiveCode(probe, groups)
        : hotStandbyCode(type, probe, groups, fallbackOf(placed, type));
  }
}

/** Whether the answer is a record that follows no health. */
export function isPlain({ placement }: Pick<Placed, "placement">): boolean {
  return placement === "single-region" || placement === "active-passive-warm";
}

/** The rrsets of an Application, in a fixed order. */
export function placedRrsets(placed: Placed, ttlSeconds: number): readonly Rrset[] {
  const ownership = { application: placed.application, placement: placed.placement };
  const name = `${placed.fqdn}.`;
  const answers = isPlain(placed)
    ? addressTypes.flatMap((type): readonly Rrset[] => {
        const addresses = answeringRegions(placed, type).flatMap((one) => one.addresses[type]);
        const records = [...new Set(addresses)].sort();
        return records.length === 0 ? [] : [{ name, type, ttlSeconds, records, ownership }];
      })
    : [{ name, type: "LUA", ttlSeconds, records: luaRecords(placed, ownership), ownership }];
  const why = whyName(placed);
  if (why === undefined) return answers;
  return [
    ...answers,
    { name: why, type: "LUA", ttlSeconds, records: whyRecords(placed, ownership), ownership },
  ];
}

function luaRecords(placed: Placed, ownership: Ownership): readonly string[] {
  return addressTypes.flatMap((type) => {
    const code = answerCode(placed, type);
    return code === undefined ? [] : [luaContent(type, code, ownership)];
  });
}

function whyRecords(placed: Placed, ownership: Ownership): readonly string[] {
  const { kind } = placed.steering;
  const client = kind === "distance" || kind === "continents" ? "continent" : undefined;
  return addressTypes.flatMap((type) => {
    const groups = probedRegions(placed, type).map((region) => region.addresses[type]);
    if (groups.length === 0) return [];
    return [luaContent("TXT", whyCode(type, placed.probe, groups, client), ownership)];
  });
}

/**
 * The regions that may ever answer questions of `type`. Of the ones that `probedRegions` gives, a static record
 * answers with the active one alone.
 */
export function answeringRegions(
  placed: Pick<Placed, "placement" | "regions" | "steering">,
  type: AddressType,
): readonly DesiredRegion[] {
  const { steering } = placed;
  const regions = probedRegions(placed, type);
  if (steering.kind !== "static") return regions;
  return regions.filter(({ cluster }) => cluster === steering.activeRegion);
}

/**
 * The regions whose health counts for questions of `type`. Where one region takes over for another, a family is
 * answered only when every region has it: otherwise clients of that family would stay with a region that is down.
 */
export function probedRegions(
  placed: Pick<Placed, "placement" | "regions">,
  type: AddressType,
): readonly DesiredRegion[] {
  const having = placed.regions.filter((region) => region.addresses[type].length > 0);
  const isMixed = placed.placement === "single-region" || placed.placement === "active-active";
  return isMixed || having.length === placed.regions.length ? having : [];
}

function addressesIn(
  regions: readonly DesiredRegion[],
  cluster: string,
  type: AddressType,
): AddressGroup | undefined {
  return regions.find((region) => region.cluster === cluster)?.addresses[type];
}

function fallbackOf(placed: Placed, type: AddressType): AddressGroup {
  const regions = answeringRegions(placed, type);
  const ordered = placed.fallbackOrder.map((cluster) =>
    regions.find((region) => region.cluster === cluster),
  );
  const first = ordered.find((region) => region !== undefined);
  return required(first, "a region with an address of the family exists").addresses[type];
}
