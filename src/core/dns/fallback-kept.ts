/**
 * The fallback order is run-time state, and the record itself is where it is kept (DESIGN §3): a record that differs from
 * the wanted one in nothing but the region that answers when nothing is known to be up is no drift, unless this control
 * plane knows the order. So two regions may differ, and while nothing is known the order stays as it was.
 */
import { sameRecords } from "./difference.ts";
import type { Rrset } from "./model.ts";
import { placedRrsets } from "./records.ts";
import type { DesiredApplication } from "./zone.ts";

/** Whether `present` is the wanted rrset with another region of the Application's own as its fallback. */
export function isKeptFallback(
  application: DesiredApplication,
  wanted: Rrset,
  present: Rrset | undefined,
): boolean {
  const { fallbackIsKnown, fallbackOrder, regions, ttlSeconds } = application;
  if (present?.ownership === undefined || fallbackIsKnown === true) return false;
  const isAnswer = wanted.type === "LUA" && wanted.name === `${application.fqdn}.`;
  const isOurs =
    present.commentMissing !== true &&
    present.ownership.application === application.application &&
    present.ownership.placement === application.placement;
  if (!isAnswer || !isOurs || present.ttlSeconds !== wanted.ttlSeconds) return false;
  return regions.some(({ cluster }) => {
    if (cluster === fallbackOrder[0]) return false;
    const order = [cluster, ...fallbackOrder.filter((one) => one !== cluster)];
    const rrsets = placedRrsets({ ...application, fallbackOrder: order }, ttlSeconds);
    const variant = rrsets.find(({ name, type }) => name === wanted.name && type === "LUA");
    return variant !== undefined && sameRecords(variant, present);
  });
}
