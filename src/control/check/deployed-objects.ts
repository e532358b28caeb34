/** What was read of a cluster, as the lint of stretched clusters wants it. */
import type { JsonObject } from "../../core/kernel/json.ts";
import { isSchema as isObject } from "../../core/resources/json-schema.ts";
import type { Sovereign } from "../../core/resources/sovereign.ts";
import type { Deployed, DeployedObject } from "../../core/stretch/deployed.ts";
import { type StretchFinding, stretchFindings } from "../../core/stretch/stretch-findings.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import type { Finding } from "./finding.ts";
import { objectsOf, type PlatformReading } from "./read-platform.ts";

const looked = ["node", "pod", "statefulSet", "service", "postgresCluster"] as const;

/** The findings of the lint over what was read. */
export function stretchedFindings(
  reading: PlatformReading,
  cluster: string | null,
  sovereign: Sovereign | undefined,
): readonly Finding[] {
  const objects = looked.flatMap((kind) => objectsOf(reading, kind).map(deployedObject));
  const deployed: Deployed = { cluster, objects, regions: regionsOf(sovereign) };
  return stretchFindings(deployed).map(findingOf);
}

function regionsOf(sovereign: Sovereign | undefined): Deployed["regions"] {
  return (sovereign?.spec.regions ?? []).map(({ cluster, loadBalancer, nameServers }) => ({
    cluster,
    addresses: [
      ...(loadBalancer.ipv4 ?? []),
      ...(loadBalancer.ipv6 ?? []),
      ...nameServers.map(({ address }) => address),
    ],
  }));
}

/** `StatefulSet vault/openbao`. */
export function documentOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** `spec` or `status` of an object; empty where it has none. */
export function partOf(object: KubeObject, part: "spec" | "status"): JsonObject {
  const value = object[part];
  // Beside `metadata` an object holds JSON alone.
  return isObject(value as JsonObject | undefined) ? (value as JsonObject) : {};
}

function deployedObject(object: KubeObject): DeployedObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace = null, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0];
  return {
    group: apiVersion.includes("/") ? apiVersion.replace(/\/.*$/, "") : "",
    kind,
    name,
    namespace,
    labels,
    annotations,
    owner: owner === undefined ? null : { kind: owner.kind, name: owner.name },
    spec: partOf(object, "spec"),
  };
}

function findingOf({ isCertain, ...found }: StretchFinding): Finding {
  return { area: "stretched", level: isCertain ? "stop" : "look", ...found };
}
