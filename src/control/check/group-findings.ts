/** What of an existing platform each failover group would manage: its databases, the ways to its Applications, its Services in the mesh. */
import type { ResolvedGroup } from "../../core/failover/resolve-group.ts";
import { meshValuesOf } from "../../core/mesh/mesh-annotations.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { at } from "../../core/stretch/deployed.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { documentOf, partOf } from "./deployed-objects.ts";
import { type Finding, fine } from "./finding.ts";
import { objectsOf, type PlatformReading } from "./read-platform.ts";

export type GroupMatch = {
  readonly group: string;
  readonly regions: readonly string[];
  readonly mode: string;
  /** Documents of this cluster that would be managed, such as `Cluster payments-prod/ledger`. */
  readonly managed: readonly string[];
  readonly findings: readonly Finding[];
};

/** Namespaces where Applications of these groups are: those that are called like their Environments. */
export function platformNamespaces(
  groups: readonly ResolvedGroup[],
  { applications }: Pick<Catalogue, "applications">,
): readonly string[] {
  const names = applications
    .filter(({ fqdn }) => groups.some((group) => group.applications.includes(fqdn)))
    .map(({ application }) => application.spec.environmentRef);
  return [...new Set(names)].sort();
}

/** What a group would manage of what was read, and what it would look for in vain. */
export function matchGroup(
  reading: PlatformReading,
  group: ResolvedGroup,
  namespaces: readonly string[],
): GroupMatch {
  const databases = group.services
    .filter(({ kind }) => kind === "cloudnativepg" || kind === "ferretdb")
    .map(({ name }) =>
      match(group, `service ${name}`, {
        // The Clusters of two regions have two names, which begin alike as a rule.
        found: objectsOf(reading, "postgresCluster").filter(
          ({ metadata }) => metadata.name === name || metadata.name.startsWith(`${name}-`),
        ),
        reason: "DatabaseMissing",
        because: `no CloudNativePG Cluster is called ${name}, or ${name}-…`,
        remedy: "Nothing, when the agent's configuration names its Cluster; otherwise make one.",
      }),
    );
  const ways = group.applications.map((fqdn) =>
    match(group, `Application ${fqdn}`, {
      found: objectsOf(reading, "httpRoute").filter((route) => hasHost(route, fqdn)),
      reason: "RouteMissing",
      because: `no HTTPRoute has the hostname ${fqdn}`,
      remedy: "Give it one, or tell the agent where the Application answers.",
    }),
  );
  const shared = objectsOf(reading, "service").filter(
    ({ metadata: { namespace = "", annotations = {} } }) =>
      namespaces.includes(namespace) && meshValuesOf(annotations).global,
  );
  const managed = [...databases, ...ways].flatMap((one) => one.found).concat(shared);
  return {
    group: group.name,
    regions: group.regions,
    mode: group.mode,
    managed: [...new Set(managed.map(documentOf))].sort(),
    findings: [...databases, ...ways].map(({ finding }) => finding),
  };
}

type Wanted = {
  readonly found: readonly KubeObject[];
  readonly reason: string;
  readonly because: string;
  readonly remedy: string;
};

function match(
  { name }: ResolvedGroup,
  what: string,
  { found, reason, because, remedy }: Wanted,
): { readonly found: readonly KubeObject[]; readonly finding: Finding } {
  const document = `FailoverGroup ${name}, ${what}`;
  const finding: Finding =
    found.length > 0
      ? fine("groups", "Found", { document, because: `is ${found.map(documentOf).join(", ")}` })
      : { area: "groups", level: "look", reason, document, field: "", because, remedy };
  return { found, finding };
}

/** By the hostnames of Gateway API: whole, or with one wildcard label in front. */
function hasHost(route: KubeObject, fqdn: string): boolean {
  const hostnames = at(partOf(route, "spec"), "hostnames");
  if (!Array.isArray(hostnames)) return false;
  return hostnames.some(
    (host: unknown) =>
      host === fqdn ||
      (typeof host === "string" && host.startsWith("*.") && fqdn.endsWith(host.slice(1))),
  );
}
