/** The hosts that a workload's arguments and variables name: where its members look for each other. */
import type { Json, JsonObject } from "../kernel/json.ts";
import { at, type DeployedObject, type KnownRegion, objectsIn } from "./deployed.ts";

/** A host, the field that names it, and what it is said to be there: the flag or variable and the key before it, as they are written. */
export type NamedHost = {
  readonly host: string;
  readonly field: string;
  readonly settings: readonly string[];
};

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
  const words = list.map((word: Json) => (typeof word === "string" ? word : ""));
  return words.flatMap((word, index) => {
    // A flag may stand in a word before its value.
    const before = `${words.slice(0, index).join(" ")} `;
    return hostsIn(word).map(({ host, at }) => {
      const settings = settingsBefore(before + word.slice(0, at));
      return { host, field: `${path}[${index}]`, settings };
    });
  });
}

function hostsOfVariable({ name, value }: JsonObject, path: string): readonly NamedHost[] {
  if (typeof name !== "string" || typeof value !== "string") return [];
  return hostsIn(value).map(({ host, at }) => {
    const settings = [name, ...settingsBefore(value.slice(0, at))];
    return { host, field: `${path}.env[${name}]`, settings };
  });
}

/** The last flag, and the last key after it: `--initial-cluster` and `b` of `--initial-cluster a=https://10.0.0.1:2380,b=`. */
function settingsBefore(text: string): readonly string[] {
  const flag = [...text.matchAll(/(?<=^|\s)--?[A-Za-z][\w.-]*/g)].at(-1);
  const rest = text.slice(flag?.index ?? 0);
  // Neither the scheme of a URL nor a host with its port is a key.
  const key = [...rest.matchAll(/([A-Za-z][\w.-]*)["']?\s*(?:=|:(?!\/\/|\d))/g)].at(-1);
  return [flag?.[0], key?.[1]].filter((setting) => setting !== undefined);
}

/** `10.0.0.1` and `db.example` of `--peers=a=https://10.0.0.1:2380,db.example:2380`, and where they begin; anything with a dot that could be a host. */
function hostsIn(text: string): readonly { readonly host: string; readonly at: number }[] {
  const parts = text.matchAll(/(?:^|[\s,;@"'=[\]()]|\/\/)((?:(?!\/\/)[^\s,;@"'=[\]()])+)/g);
  return [...parts]
    .map(({ 0: whole, 1: part = "", index }) => ({
      host: part.replace(/[/:].*$/, "").toLowerCase(),
      at: index + whole.length - part.length,
    }))
    .filter(({ host }) => host.length <= 253 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?$/.test(host));
}

/** The region of the Sovereign that a host stands in, by its address or by the cluster's name in it; undefined when neither says. */
export function regionOfHost(host: string, regions: readonly KnownRegion[]): string | undefined {
  const words = host.split(".");
  return regions.find(
    ({ cluster, addresses }) => addresses.includes(host) || words.includes(cluster),
  )?.cluster;
}
