/** Which declared FailoverGroup covers an Application: the one that names it, else that of its Environment (DESIGN §2). */
import type { Application } from "./application.ts";
import { coversOf, type FailoverGroupDocument } from "./failover-group.ts";
import { leasedPlacements } from "./placements.ts";

/** The name of the group that covers an Application; undefined when none does, or when it needs no lease. */
export type Coverage = (application: Application) => string | undefined;

/** What the groups cover together; the rules see to it that no two of them claim the same. */
export function coverageOf(groups: readonly FailoverGroupDocument[]): Coverage {
  const byApplication = new Map<string, string>();
  const byEnvironment = new Map<string, string>();
  for (const group of groups) {
    const { name } = group.metadata;
    const covers = coversOf(group);
    for (const environment of covers.environments) byEnvironment.set(environment, name);
    for (const one of covers.applications) {
      byApplication.set(`${one.environmentRef}/${one.name}`, name);
    }
  }
  return ({ metadata, spec }) =>
    leasedPlacements.has(spec.placement)
      ? (byApplication.get(`${spec.environmentRef}/${metadata.name}`) ??
        byEnvironment.get(spec.environmentRef))
      : undefined;
}
