/** The rrsets of one placed Application: plain records for one region, LUA for several (facts of PowerDNS §4). */
import { required } from "../kernel/assert.ts";
import type { PlacementKind } from "../resources/application.ts";
import {
  type AddressGroup,
  type AddressType,
  activeActiveCode,
  addressTypes,
  hotStandbyCode,
  whyCode,
} from "./idioms.ts";
import { luaContent } from "./lua.ts";
import type { Rrset } from "./model.ts";
import type { Probe } from "./probe.ts";

/** One region of an Application with the addresses it answers with, canonical and without doubles. */
export type DesiredRegion = {
  readonly cluster: string;
  readonly addresses: Readonly<Record<AddressType, readonly string[]>>;
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
  const groups = groupsOf(placed, type);
  if (groups.length === 0) return undefined;
  switch (placed.placement) {
    case "single-region":
      return undefined;
    case "active-active":
      return activeActiveCode(placed.probe, groups);
    case "active-hotstandby":
      return hotStandbyCode(type, placed.probe, groups, fallbackOf(placed, type));
  }
}

/** The rrsets of an Application, in a fixed order. */
export function placedRrsets(placed: Placed, ttlSeconds: number): readonly Rrset[] {
  const ownership = { application: placed.application, placement: placed.placement };
  const name = `${placed.fqdn}.`;
  if (placed.placement === "single-region") {
    return addressTypes.flatMap((type): readonly Rrset[] => {
      const records = [...new Set(groupsOf(placed, type).flat())].sort();
      return records.length === 0 ? [] : [{ name, type, ttlSeconds, records, ownership }];
    });
  }
  const records = addressTypes.flatMap((type) => {
    const code = answerCode(placed, type);
    return code === undefined ? [] : [luaContent(type, code)];
  });
  const answer: Rrset = { name, type: "LUA", ttlSeconds, records, ownership };
  const why = whyName(placed);
  if (why === undefined) return [answer];
  const reasons = addressTypes.flatMap((type) => {
    const groups = groupsOf(placed, type);
    return groups.length === 0 ? [] : [luaContent("TXT", whyCode(type, placed.probe, groups))];
  });
  return [answer, { name: why, type: "LUA", ttlSeconds, records: reasons, ownership }];
}

/**
 * The regions that answer questions of `type`. A hot standby answers a family only when every region has it:
 * otherwise clients of that family would stay with a region that is down.
 */
export function answeringRegions(
  placed: Pick<Placed, "placement" | "regions">,
  type: AddressType,
): readonly DesiredRegion[] {
  const having = placed.regions.filter((region) => region.addresses[type].length > 0);
  const partial = placed.placement === "active-hotstandby" && having.length < placed.regions.length;
  return partial ? [] : having;
}

function groupsOf(placed: Placed, type: AddressType): readonly AddressGroup[] {
  return answeringRegions(placed, type).map((region) => region.addresses[type]);
}

function fallbackOf(placed: Placed, type: AddressType): AddressGroup {
  const regions = answeringRegions(placed, type);
  const ordered = placed.fallbackOrder.map((cluster) =>
    regions.find((region) => region.cluster === cluster),
  );
  const first = ordered.find((region) => region !== undefined);
  return required(first, "a region with an address of the family exists").addresses[type];
}
