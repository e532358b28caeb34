/**
 * The handbook's rule *no stretched clusters* (SRE handbook §2.2), held against what is deployed: no quorum has members in two regions. A
 * quorum over two regions is lost with one of them, or, where its link is cut, may go on in both. All rules are tried, and every finding is told.
 */
import { meshValuesOf } from "../mesh/mesh-annotations.ts";
import { at, type Deployed, type DeployedObject, nameOf, regionLabel } from "./deployed.ts";
import { namedHosts, regionOfHost } from "./member-hosts.ts";
import { namesMembers } from "./membership.ts";
import { holdsMembers, quorumComponent, quorumName } from "./quorum-component.ts";
import { memberCount, spreadFields } from "./spread-fields.ts";

export const stretchReasons = [
  "ClusterInTwoRegions",
  "MembersInTwoRegions",
  "SpreadOverRegions",
  "MemberElsewhere",
  "MembersByGlobalService",
] as const;

export type StretchFinding = {
  readonly reason: (typeof stretchReasons)[number];
  /** False where it is not known whether the members vote: somebody has to look. */
  readonly isCertain: boolean;
  /** `StatefulSet vault/openbao`. */
  readonly document: string;
  /** Path of the field that says it. */
  readonly field: string;
  readonly because: string;
  readonly remedy: string;
};

const apart =
  "Give each region a quorum of its own, and let them replicate asynchronously (SRE handbook §2.2).";

/** Every finding, sorted by document. */
export function stretchFindings(deployed: Deployed): readonly StretchFinding[] {
  const findings = [
    ...clusterInTwoRegions(deployed),
    ...membersInTwoRegions(deployed),
    ...deployed.objects
      .filter(holdsMembers)
      .flatMap((object) => [
        ...spreadOverRegions(object),
        ...memberElsewhere(object, deployed),
        ...membersByGlobalService(object, deployed),
      ]),
  ];
  return findings.sort((a, b) => (a.document < b.document ? -1 : a.document > b.document ? 1 : 0));
}

function clusterInTwoRegions({ objects }: Deployed): readonly StretchFinding[] {
  const nodes = objects.filter(({ kind }) => kind === "Node");
  const regions = regionsOf(nodes);
  if (regions.length < 2) return [];
  const isControlPlane = ({ labels }: DeployedObject): boolean =>
    "node-role.kubernetes.io/control-plane" in labels || "node-role.kubernetes.io/etcd" in labels;
  const votes = regionsOf(nodes.filter(isControlPlane)).length > 1;
  const whose = votes ? ", and so are the members of its etcd" : "";
  return [
    {
      reason: "ClusterInTwoRegions",
      isCertain: true,
      document: "Node *",
      field: `metadata.labels[${regionLabel}]`,
      because: `the nodes of this one cluster are in ${listed(regions)}${whose}: a cut between them ends the cluster on one side`,
      remedy: "Make a cluster of each region; each survives by itself (SRE handbook §2.2).",
    },
  ];
}

function membersInTwoRegions({ objects }: Deployed): readonly StretchFinding[] {
  const regionOfNode = new Map(
    objects.flatMap(({ kind, name, labels }) => {
      const region = labels[regionLabel];
      return kind === "Node" && region !== undefined ? [[name, region] as const] : [];
    }),
  );
  const quorums = new Map<string, { pod: DeployedObject; region: string }[]>();
  for (const pod of objects.filter(({ kind }) => kind === "Pod")) {
    const region = regionOfNode.get(String(at(pod.spec, "nodeName") ?? ""));
    const quorum = quorumName(pod);
    if (quorum === null || region === undefined) continue;
    const members = quorums.get(quorum) ?? [];
    quorums.set(quorum, [...members, { pod, region }]);
  }
  return [...quorums].flatMap(([quorum, members]): readonly StretchFinding[] => {
    const [first, ...rest] = members;
    const other = rest.find(({ region }) => region !== first?.region);
    if (first === undefined || other === undefined) return [];
    const component = quorumComponent(first.pod);
    return [
      {
        reason: "MembersInTwoRegions",
        isCertain: component !== null,
        document: `${first.pod.owner?.kind ?? "Pod"} ${quorum}`,
        field: "spec.nodeName of its Pods",
        because: `${first.pod.name} runs in ${first.region} and ${other.pod.name} in ${other.region}: ${membersOf(component)}`,
        remedy: apart,
      },
    ];
  });
}

function spreadOverRegions(object: DeployedObject): readonly StretchFinding[] {
  if (memberCount(object) < 2) return [];
  const component = quorumComponent(object);
  return spreadFields(object).map((field) => ({
    reason: "SpreadOverRegions",
    isCertain: component !== null,
    document: nameOf(object),
    field,
    because: `it asks to be spread over regions: ${membersOf(component)}`,
    remedy: `Spread it over topology.kubernetes.io/zone or kubernetes.io/hostname. ${apart}`,
  }));
}

function memberElsewhere(
  object: DeployedObject,
  { cluster, regions }: Deployed,
): readonly StretchFinding[] {
  const component = quorumComponent(object);
  if (component === null) return [];
  const hosts = namedHosts(object).flatMap(({ host, field, settings }) => {
    const region = regionOfHost(host, regions);
    return region === undefined
      ? []
      : [{ host, field, region, isMember: namesMembers(component, settings) }];
  });
  const here = cluster ?? hosts[0]?.region;
  const others = hosts.filter(({ region }) => region !== here);
  const other = others.find(({ isMember }) => isMember) ?? others[0];
  if (other === undefined) return [];
  const { host, field, region, isMember } = other;
  const what = isMember
    ? membersOf(component)
    : `whether it is a member of one quorum of ${component}, or a copy or a backup of it, is not known here`;
  return [
    {
      reason: "MemberElsewhere",
      isCertain: isMember,
      document: nameOf(object),
      field,
      because: `${host} is in ${region}${cluster === null ? "" : `, and this is ${cluster}`}: ${what}`,
      remedy: isMember ? apart : `Nothing, when it is an asynchronous copy or a backup. ${apart}`,
    },
  ];
}

/** A name that several clusters answer for, by which members find each other: whoever answers becomes a member. */
function membersByGlobalService(
  object: DeployedObject,
  { objects }: Deployed,
): readonly StretchFinding[] {
  const component = quorumComponent(object);
  if (component === null) return [];
  const hosts = namedHosts(object);
  const headless = at(object.spec, "serviceName");
  return objects.flatMap((service): readonly StretchFinding[] => {
    const isNear = service.kind === "Service" && service.namespace === object.namespace;
    if (!isNear || !meshValuesOf(service.annotations).global) return [];
    const long = `${service.name}.${service.namespace}`;
    const named = hosts.find(({ host }) => `${host}.`.includes(`${long}.`));
    if (service.name !== headless && named === undefined) return [];
    const by =
      named === undefined
        ? `${nameOf(object)} spec.serviceName`
        : `${nameOf(object)} ${named.field}`;
    return [
      {
        reason: "MembersByGlobalService",
        isCertain: true,
        document: nameOf(service),
        field: "metadata.annotations[service.cilium.io/global]",
        because: `members find each other by it (${by}), and it has Pods of every cluster of the mesh behind it: ${membersOf(component)}`,
        remedy:
          "Take the annotation away, or give members a Service of this cluster alone; clients may go on using a global one.",
      },
    ];
  });
}

function regionsOf(nodes: readonly DeployedObject[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ labels }) => labels[regionLabel] ?? []))].sort();
}

function membersOf(component: string | null): string {
  return component === null
    ? "whether its Pods vote is not known here"
    : `they are members of one quorum of ${component}`;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
