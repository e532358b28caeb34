/** Fields by which a workload asks to be spread over the regions of one cluster (Kubernetes, *Pod Topology Spread Constraints*, *affinity*). */
import type { Json, JsonObject } from "../kernel/json.ts";
import { at, type DeployedObject, objectsIn, regionLabel } from "./deployed.ts";

/** The fields of a StatefulSet or of a CloudNativePG Cluster that do; `spec.…` paths. */
export function spreadFields({ kind, spec }: DeployedObject): readonly string[] {
  const isPods = kind === "StatefulSet";
  const pod = isPods ? at(spec, "template", "spec") : spec;
  const prefix = isPods ? "spec.template.spec" : "spec";
  const own = at(spec, "affinity", "topologyKey");
  return [
    ...keysOf(
      at(pod, "topologySpreadConstraints"),
      `${prefix}.topologySpreadConstraints`,
      topologyKey,
    ),
    ...affinityFields(at(pod, "affinity"), `${prefix}.affinity`),
    // CloudNativePG has a field of its own for it.
    ...(!isPods && own === regionLabel ? ["spec.affinity.topologyKey"] : []),
  ];
}

/** How many members are asked for; 1 where nothing is said. */
export function memberCount({ kind, spec }: DeployedObject): number {
  const { instances: ofCluster, replicas } = spec;
  const count = kind === "Cluster" ? ofCluster : replicas;
  return typeof count === "number" ? count : 1;
}

function affinityFields(affinity: Json | undefined, prefix: string): readonly string[] {
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const apart = at(affinity, "podAntiAffinity");
  const terms = at(affinity, "nodeAffinity", required, "nodeSelectorTerms");
  return [
    ...keysOf(at(apart, required), `${prefix}.podAntiAffinity.${required}`, topologyKey),
    ...keysOf(at(apart, preferred), `${prefix}.podAntiAffinity.${preferred}`, (entry) =>
      topologyKey(entry["podAffinityTerm"]),
    ),
    ...keysOf(terms, `${prefix}.nodeAffinity.${required}.nodeSelectorTerms`, (term) =>
      objectsIn(term["matchExpressions"]).some(isOfTwoRegions),
    ),
  ];
}

function keysOf(
  list: Json | undefined,
  path: string,
  isIt: (entry: JsonObject) => boolean,
): readonly string[] {
  return objectsIn(list).flatMap((entry, index) => (isIt(entry) ? [`${path}[${index}]`] : []));
}

function topologyKey(entry: Json | undefined): boolean {
  return at(entry, "topologyKey") === regionLabel;
}

function isOfTwoRegions({ key, operator, values }: JsonObject): boolean {
  return key === regionLabel && operator === "In" && Array.isArray(values) && values.length > 1;
}
