/** Discovery: which groups, versions and kinds there are, in the old form and the aggregated one (apidiscovery.k8s.io/v2). */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { apiVersionOf, type ResourceType, type Subresource } from "../objects/resource-type.ts";

const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"] as const;

const subresourceVerbs: Readonly<Record<Subresource, readonly string[]>> = {
  status: ["get", "patch", "update"],
  scale: ["get", "patch", "update"],
  eviction: ["create"],
};

const subresourceKinds: Readonly<
  Record<Exclude<Subresource, "status">, { group: string; version: string; kind: string }>
> = {
  scale: { group: "autoscaling", version: "v1", kind: "Scale" },
  eviction: { group: "policy", version: "v1", kind: "Eviction" },
};

type GroupVersion = { readonly group: string; readonly version: string };

/** Every group and version that has a kind, the core group first. */
export function groupVersions(types: readonly ResourceType[]): readonly GroupVersion[] {
  const seen = new Map(
    types.map(({ group, version }) => [`${group}/${version}`, { group, version }]),
  );
  return [...seen.values()];
}

const inVersion = (types: readonly ResourceType[], { group, version }: GroupVersion) =>
  types.filter((type) => type.group === group && type.version === version);

/** `/api`. */
export function coreVersions(address: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

const namedVersion = (group: GroupVersion): JsonObject => ({
  groupVersion: apiVersionOf(group),
  version: group.version,
});

function groupOf(group: GroupVersion): JsonObject {
  const version = namedVersion(group);
  return { name: group.group, versions: [version], preferredVersion: version };
}

/** `/apis`. */
export function groupList(types: readonly ResourceType[]): JsonObject {
  const groups = groupVersions(types).filter(({ group }) => group !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupOf) };
}

/** `/apis/apps`; undefined when there is no such group. */
export function groupBody(types: readonly ResourceType[], name: string): JsonObject | undefined {
  const found = groupVersions(types).find(({ group }) => group === name);
  if (found === undefined) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupOf(found) };
}

/** `/apis/apps/v1`; undefined when there is no such version. */
export function resourceList(
  types: readonly ResourceType[],
  wanted: GroupVersion,
): JsonObject | undefined {
  const found = inVersion(types, wanted);
  if (found.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(wanted),
    resources: found.flatMap((type) => [
      resourceOf(type),
      ...type.subresources.map((subresource) => subresourceOf(type, subresource)),
    ]),
  };
}

function resourceOf(type: ResourceType): JsonObject {
  return {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    storageVersionHash: "",
  };
}

function subresourceOf(type: ResourceType, subresource: Subresource): JsonObject {
  const named =
    subresource === "status" ? { kind: type.kind } : { ...subresourceKinds[subresource] };
  return {
    name: `${type.plural}/${subresource}`,
    singularName: "",
    namespaced: type.namespaced,
    ...named,
    verbs: subresourceVerbs[subresource],
  };
}

/** `/api` or `/apis` for who asks for everything at once. */
export function aggregated(types: readonly ResourceType[], isCore: boolean): JsonObject {
  const groups = groupVersions(types).filter(({ group }) => (group === "") === isCore);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.group === "" ? {} : { name: group.group },
      versions: [
        {
          version: group.version,
          resources: inVersion(types, group).map(aggregatedResource),
          freshness: "Current",
        },
      ],
    })),
  };
}

function aggregatedResource(type: ResourceType): Json {
  const { group, version, kind } = type;
  return {
    resource: type.plural,
    responseKind: { group, version, kind },
    scope: type.namespaced ? "Namespaced" : "Cluster",
    singularResource: type.singular,
    verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(type.subresources.length === 0
      ? {}
      : {
          subresources: type.subresources.map((subresource) => ({
            subresource,
            responseKind:
              subresource === "status" ? { group, version, kind } : subresourceKinds[subresource],
            verbs: subresourceVerbs[subresource],
          })),
        }),
  };
}
