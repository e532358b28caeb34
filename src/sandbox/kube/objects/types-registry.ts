/** Which kinds a server knows at this moment: the built-in ones, and those of CRDs that are established. */
import { builtInTypes } from "./built-in-types.ts";
import { customType, isEstablished } from "./custom-types.ts";
import { type KubeObject, listOr } from "./kube-object.ts";
import { qualifiedResource, type ResourceType } from "./resource-type.ts";

export type TypesRegistry = {
  /** All kinds, built-in ones first. */
  all(): readonly ResourceType[];
  /** The kind that a path names. */
  find(group: string, version: string, plural: string): ResourceType | undefined;
  /** The kind of an object's `apiVersion` and `kind`. */
  ofKind(apiVersion: string, kind: string): ResourceType | undefined;
};

/** `crds` gives the CRDs of the moment; what was read from one is kept while the CRD is the same. */
export function typesRegistry(crds: () => readonly KubeObject[]): TypesRegistry {
  const known = new WeakMap<KubeObject, readonly ResourceType[]>();
  const typesOf = (crd: KubeObject): readonly ResourceType[] => {
    const before = known.get(crd);
    if (before !== undefined) return before;
    const type = isEstablished(crd) ? customType(crd) : undefined;
    const types = type === undefined ? [] : [type];
    known.set(crd, types);
    return types;
  };
  const all = (): readonly ResourceType[] => [...builtInTypes, ...crds().flatMap(typesOf)];
  return {
    all,
    find: (group, version, plural) =>
      all().find(
        (type) => type.group === group && type.version === version && type.plural === plural,
      ),
    ofKind: (apiVersion, kind) => {
      const [version = "", group = ""] = apiVersion.split("/").reverse();
      return all().find(
        (type) => type.group === group && type.version === version && type.kind === kind,
      );
    },
  };
}

/** CRDs among objects, by the name of what they define. */
export const definedBy = (crd: KubeObject): string => crd.metadata.name ?? "";

/** Names by which a CRD's kind can not be accepted, because another one has them. */
export function takenNames(type: ResourceType, others: readonly ResourceType[]): readonly string[] {
  const rivals = others.filter(
    (other) => other.group === type.group && qualifiedResource(other) !== qualifiedResource(type),
  );
  const theirs = new Set(
    rivals.flatMap((other) => [
      other.plural,
      other.singular,
      other.kind,
      ...listOr(other.shortNames),
    ]),
  );
  return [type.plural, type.singular, type.kind, ...type.shortNames].filter((name) =>
    theirs.has(name),
  );
}
