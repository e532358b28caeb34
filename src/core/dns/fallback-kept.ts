/**
 * Run-time state is kept in the record itself (DESIGN §3): a record that differs from the wanted one in nothing but the
 * region that answers when nothing is known to be up is no drift, unless this control plane knows the order. So two regions
 * may differ, and while nothing is known the order stays as it was, also through a restart and a change of something else.
 */
import { checksIn } from "./checks-in.ts";
import { sameRecords } from "./difference.ts";
import { addressTypes } from "./idioms.ts";
import { groupInUrl } from "./lease-path.ts";
import { firstOf, leased, withFirst } from "./leased.ts";
import type { Rrset } from "./model.ts";
import { type Placed, placedRrsets, probedRegions } from "./records.ts";
import type { DesiredApplication } from "./zone.ts";

/** The Application as it is to be written beside what is stored: with the order, and the lease, that the records hold. */
export function asStored(
  application: DesiredApplication,
  stored: readonly Rrset[],
): DesiredApplication {
  const own = stored.filter(
    ({ ownership, commentMissing }) =>
      ownership?.application === application.application &&
      ownership.placement === application.placement &&
      commentMissing !== true,
  );
  const held = withHeldLease(application, own);
  if (held.fallbackIsKnown === true) return held;
  const kept = keptFirst(held, own);
  return kept === undefined ? held : rewritten(held, withFirst(held, kept));
}

/** While a group may stand in what could not be read, a record that follows a lease goes on following it. */
function withHeldLease(application: DesiredApplication, own: readonly Rrset[]): DesiredApplication {
  if (application.groupMayBeMissing !== true) return application;
  const contents = own.filter(({ type }) => type === "LUA").flatMap(({ records }) => records);
  for (const { url } of contents.flatMap((content) => [...checksIn(content).values()])) {
    const group = groupInUrl(url);
    const [, name = ""] = application.application.split("/");
    if (group !== undefined) return rewritten(application, leased(application, group, name));
  }
  return application;
}

function rewritten(application: DesiredApplication, placed: Placed): DesiredApplication {
  return { ...application, ...placed, rrsets: placedRrsets(placed, application.ttlSeconds) };
}

/** The region that the stored answer has first; undefined when it is the wanted one, or nobody's of the Application. */
function keptFirst(application: DesiredApplication, own: readonly Rrset[]): string | undefined {
  const answers = own.filter(({ name }) => name === `${application.fqdn}.`);
  const clusters = application.regions
    .map(({ cluster }) => cluster)
    .filter((cluster) => cluster !== firstOf(application));
  return clusters.find((cluster) =>
    application.steering.kind === "static"
      ? application.lease !== undefined && leadsTo(application, cluster, answers)
      : answersAs(application, cluster, answers),
  );
}

function leadsTo(placed: Placed, cluster: string, answers: readonly Rrset[]): boolean {
  const plain = answers.filter(({ type, records }) => type !== "LUA" && records.length > 0);
  const addresses = new Set(
    addressTypes.flatMap((type) =>
      probedRegions(placed, type)
        .filter((region) => region.cluster === cluster)
        .flatMap((region) => region.addresses[type]),
    ),
  );
  return (
    plain.length > 0 &&
    plain.every(({ records }) => records.every((record) => addresses.has(record)))
  );
}

function answersAs(
  application: DesiredApplication,
  cluster: string,
  answers: readonly Rrset[],
): boolean {
  const present = answers.find(({ type }) => type === "LUA");
  if (present === undefined) return false;
  const rrsets = placedRrsets(withFirst(application, cluster), application.ttlSeconds);
  const variant = rrsets.find(({ name, type }) => name === present.name && type === "LUA");
  return variant !== undefined && sameRecords(variant, present);
}
