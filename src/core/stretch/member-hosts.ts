/** The hosts that a workload's arguments and variables name: where its members look for each other. */
import type { Json, JsonObject } from "../kernel/json.ts";
import { at, type DeployedObject, type KnownRegion, objectsIn } from "./deployed.ts";

/** A host and the field that names it. */
export type NamedHost = { readonly host: string; readonly field: string };

const fields = ["command", "args"] as const;

/** Hosts in `command`, `args` and `env` of a StatefulSet's containers. What a file or a Secret says is not seen. */
export function namedHosts({ spec }: DeployedObject): readonly NamedHost[] {
  const containers = objectsIn(at(spec, "template", "spec", "containers"));
  return containers.flatMap((container, index) => {
    const path = `spec.template.spec.containers[${index}]`;
    return [
      ...fields.flatMap((field) => hostsInList(container[field], `${path}.${field}`)),
      ...objectsIn(container["env"]).flatMap((variable) => hostsOfVariable(variable, path)),
    ];
  });
}

function hostsInList(list: Json | undefined, path: string): readonly NamedHost[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((word: Json, index) =>
    typeof word === "string"
      ? hostsIn(word).map((host) => ({ host, field: `${path}[${index}]` }))
      : [],
  );
}

function hostsOfVariable({ name, value }: JsonObject, path: string): readonly NamedHost[] {
  if (typeof name !== "string" || typeof value !== "string") return [];
  return hostsIn(value).map((host) => ({ host, field: `${path}.env[${name}]` }));
}

/** `10.0.0.1` and `db.example` of `--peers=a=https://10.0.0.1:2380,db.example:2380`; anything with a dot that could be a host. */
function hostsIn(text: string): readonly string[] {
  return text
    .split(/[\s,;"'=[\]()]+|\/\//)
    .map((part) => part.replace(/[/:].*$/, "").toLowerCase())
    .filter((part) => part.length <= 253 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?$/.test(part));
}

/** The region of the Sovereign that a host stands in, by its address or by the cluster's name in it; undefined when neither says. */
export function regionOfHost(host: string, regions: readonly KnownRegion[]): string | undefined {
  const words = host.split(".");
  return regions.find(
    ({ cluster, addresses }) => addresses.includes(host) || words.includes(cluster),
  )?.cluster;
}
