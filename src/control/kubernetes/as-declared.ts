/** A port to an API server that lets through what `requests-made.ts` declares, so that the role generated from it is neither too small nor too large. */
import { assert } from "../../core/kernel/assert.ts";
import type { Place, ResourceKind, Subresource } from "./kube-object.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";
import {
  type KubeProgram,
  type RequestMade,
  type RequestVerb,
  requestsMade,
} from "./requests-made.ts";
import { resourceKinds } from "./resource-kinds.ts";

/** A request as a role sees it. */
export type RequestAsked = {
  readonly kind: ResourceKind;
  readonly verb: RequestVerb;
  readonly subresource?: Subresource | "eviction" | undefined;
  /** Absent: of the whole cluster, or of all namespaces. */
  readonly namespace?: string | undefined;
};

/** Whether one of `declared` covers what is asked by a program whose own namespace is `home`. */
export function isDeclared(
  declared: readonly RequestMade[],
  asked: RequestAsked,
  home: string,
): boolean {
  return declared.some(
    ({ kind, verbs, subresource, where }) =>
      kind.group === asked.kind.group &&
      kind.plural === asked.kind.plural &&
      subresource === asked.subresource &&
      verbs.includes(asked.verb) &&
      isWithin(where, asked.namespace, home),
  );
}

function isWithin(
  where: RequestMade["where"],
  namespace: string | undefined,
  home: string,
): boolean {
  if (where === "cluster") return true;
  if (namespace === undefined) return false;
  // Whether a namespace is one of the platform's is known to who gives the right there.
  return where === "platform" || namespace === home;
}

/** `api` for one program; a request that is not declared is a bug of ours, and is not sent. */
export function asDeclared(api: KubernetesApi, program: KubeProgram, home: string): KubernetesApi {
  const declared = requestsMade[program];
  const must = (asked: RequestAsked): void => {
    const { kind, verb, subresource, namespace = "all namespaces" } = asked;
    const what = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
    assert(
      isDeclared(declared, asked, home),
      `${program} does not declare that it will ${verb} ${what} in ${namespace} (src/control/kubernetes/requests-made.ts)`,
    );
  };
  const mustAt = (
    verb: RequestVerb,
    kind: ResourceKind,
    { namespace }: Pick<Place, "namespace">,
    subresource?: RequestAsked["subresource"],
  ): void => must({ kind, verb, subresource, namespace });
  return {
    id: api.id,
    version: (signal) => api.version(signal),
    async get(kind, place, options = {}) {
      mustAt("get", kind, place, options.subresource);
      return api.get(kind, place, options);
    },
    async list(kind, query = {}) {
      mustAt("list", kind, query);
      return api.list(kind, query);
    },
    async create(kind, object, options = {}) {
      mustAt("create", kind, object.metadata, options.subresource);
      return api.create(kind, object, options);
    },
    async replace(kind, object, options = {}) {
      mustAt("update", kind, object.metadata, options.subresource);
      return api.replace(kind, object, options);
    },
    async patch(kind, place, options) {
      mustAt("patch", kind, place, options.subresource);
      return api.patch(kind, place, options);
    },
    async delete(kind, place, options) {
      mustAt("delete", kind, place);
      return api.delete(kind, place, options);
    },
    async evict(pod, options) {
      mustAt("create", resourceKinds.pod, pod, "eviction");
      return api.evict(pod, options);
    },
    async watch(kind, query) {
      mustAt("watch", kind, query);
      return api.watch(kind, query);
    },
  };
}
