/** What name servers ask a region about a failover group (DESIGN §3): each Application at its probe's host, and the group at the shared probe's. */
import { leasePath } from "../dns/lease-path.ts";
import type { Catalogue } from "../resources/catalogue.ts";
import { coverageOf } from "../resources/coverage.ts";

export type HealthPath = {
  /** In lower case. */
  readonly host: string;
  readonly path: string;
};

/** The questions, each once, in the order of hosts and paths. None for a group that no document declares: nobody asks its agent. */
export function healthPaths(
  { sovereign, applications, failoverGroups }: Catalogue,
  group: string,
): readonly HealthPath[] {
  const groupOf = coverageOf(failoverGroups.map((declared) => declared.group));
  const covered = applications.filter(({ application }) => groupOf(application) === group);
  const asked = covered.flatMap(({ application: { metadata, spec }, fqdn }) => {
    // What is asked by a connection alone is not asked over HTTP.
    if (spec.healthCheck.tcp !== undefined) return [];
    const host = spec.healthCheck.host ?? fqdn;
    return [{ host, path: leasePath(group, metadata.name) }];
  });
  const shared = sovereign?.spec.checks?.shared;
  const all = [
    ...asked,
    ...(shared === undefined || asked.length === 0
      ? []
      : [{ host: shared.host, path: leasePath(group) }]),
  ];
  const unique = new Map(
    all.map(({ host, path }) => {
      const one = { host: host.toLowerCase(), path };
      return [`${one.host}${path}`, one] as const;
    }),
  );
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
