/** Each request of the port as it goes over the wire (facts of remediation §5.2); the same place says which rights it needs. */
import type { RequestAsked } from "../../control/kubernetes/as-declared.ts";
import {
  apiVersionOf,
  type KubeObject,
  type Place,
  type ResourceKind,
} from "../../control/kubernetes/kube-object.ts";
import type {
  DeleteOptions,
  EvictOptions,
  ListQuery,
  Patch,
  ReadOptions,
  WatchQuery,
  WriteOptions,
} from "../../control/kubernetes/kubernetes-api.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { assert } from "../../core/kernel/assert.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { KubeRequest } from "./kube-connection.ts";
import { collectionPath, objectPath, type Query, queryOf } from "./request-path.ts";

const json = "application/json";

/** The request for one object. */
export function getRequest(kind: ResourceKind, place: Place, options: ReadOptions): KubeRequest {
  return { method: "GET", path: objectPath(kind, place, options.subresource) };
}

/** The request for one page. */
export function listRequest(kind: ResourceKind, query: ListQuery): KubeRequest {
  const { namespace, labels, fields, limit, next } = query;
  const asked = { labelSelector: labels, fieldSelector: fields, limit, continue: next };
  return { method: "GET", path: collectionPath(kind, namespace) + queryOf(asked) };
}

/** The request for a watch, with bookmarks so that a quiet one is known from a dead one. */
export function watchRequest(kind: ResourceKind, query: WatchQuery): KubeRequest {
  const { namespace, labels, fields, resourceVersion, endsAfterSeconds } = query;
  const asked = {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds: endsAfterSeconds,
    labelSelector: labels,
    fieldSelector: fields,
  };
  return { method: "GET", path: collectionPath(kind, namespace) + queryOf(asked) };
}

/** The request that makes an object where its metadata says. */
export function createRequest(
  kind: ResourceKind,
  object: KubeObject,
  options: WriteOptions & Named,
): KubeRequest {
  assertKind(kind, object, options);
  const path = collectionPath(kind, object.metadata.namespace);
  return withBody("POST", path + queryOf(writeQuery(options)), json, bodyOf(object));
}

/** The request that puts an object in the place of the one that is there. */
export function replaceRequest(
  kind: ResourceKind,
  object: KubeObject,
  options: WriteOptions & Named,
): KubeRequest {
  assertKind(kind, object, options);
  const path = objectPath(kind, object.metadata, options.subresource);
  return withBody("PUT", path + queryOf(writeQuery(options)), json, bodyOf(object));
}

const patchTypes: Readonly<Record<Patch["kind"], string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // JSON is YAML.
  apply: "application/apply-patch+yaml",
};

/** The request that changes a part of an object; always with its own content type, never a default. */
export function patchRequest(
  kind: ResourceKind,
  place: Place,
  options: WriteOptions & Named & { readonly patch: Patch },
): KubeRequest {
  const { patch } = options;
  assert(
    patch.kind !== "strategic" || kind.isBuiltIn,
    `${kind.kind} is no built-in kind, and only those take strategic merge patches`,
  );
  const force = patch.kind === "apply" && patch.force;
  const query = queryOf({ ...writeQuery(options), force });
  const path = objectPath(kind, place, options.subresource) + query;
  return withBody("PATCH", path, patchTypes[patch.kind], contentOf(kind, place, patch));
}

function contentOf(kind: ResourceKind, { name, namespace }: Place, patch: Patch): Json {
  if (patch.kind === "json") return patch.operations;
  if (patch.kind !== "apply") return patch.body;
  const { metadata, ...rest } = patch.body;
  const where = namespace === undefined ? { name } : { name, namespace };
  const kept = typeof metadata === "object" && metadata !== null ? metadata : {};
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...rest,
    metadata: { ...kept, ...where },
  };
}

/** The request that deletes an object, or no later one of the same name. */
export function deleteRequest(
  kind: ResourceKind,
  place: Place,
  options: DeleteOptions,
): KubeRequest {
  const body = { kind: "DeleteOptions", apiVersion: "v1", ...deleteOptions(options) };
  return withBody("DELETE", objectPath(kind, place), json, body);
}

/** The request that evicts a Pod. */
export function evictRequest(pod: Place, options: EvictOptions): KubeRequest {
  const { name, namespace } = pod;
  assert(namespace !== undefined, "a Pod has a namespace");
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: deleteOptions(options),
  };
  return withBody("POST", objectPath(resourceKinds.pod, pod, "eviction"), json, body);
}

/** The request that asks whether we might make another (SelfSubjectAccessReview, authorization.k8s.io/v1). */
export function reviewRequest({ kind, verb, subresource, namespace }: RequestAsked): KubeRequest {
  const { group, plural: resource } = kind;
  const part = subresource === undefined ? {} : { subresource };
  const within = namespace === undefined ? {} : { namespace };
  const resourceAttributes = { group, resource, verb, ...part, ...within };
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  return withBody("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json, body);
}

/** Who writes. */
export type Named = { readonly fieldManager: string };

function writeQuery({ dryRun, fieldManager, unknownFields }: WriteOptions & Named): Query {
  assert(
    /^(?!kubectl)[!-~]{1,128}$/.test(fieldManager),
    "a field manager's name is short, printable, and not one that Flux takes fields from (facts of remediation §0.7)",
  );
  return {
    fieldManager,
    fieldValidation: unknownFields === "drop" ? "Warn" : "Strict",
    dryRun: dryRun === true ? "All" : null,
  };
}

function deleteOptions(options: DeleteOptions): Record<string, Json> {
  const { uid, resourceVersion, propagation, graceSeconds, dryRun } = options;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return {
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    ...(dryRun === true ? { dryRun: ["All"] } : {}),
  };
}

function assertKind(kind: ResourceKind, object: KubeObject, { subresource }: WriteOptions): void {
  // What `scale` gives and takes is a kind of its own.
  if (subresource === "scale") return;
  const isSame = object.kind === kind.kind && object.apiVersion === apiVersionOf(kind);
  assert(isSame, `an object of ${object.kind} is written as ${kind.kind}`);
}

/** The object as data; its metadata is of JSON types only. */
function bodyOf(object: KubeObject): Json {
  return object as unknown as Json; // Nothing but JSON is declared in it.
}

function withBody(
  method: KubeRequest["method"],
  path: string,
  contentType: string,
  body: Json,
): KubeRequest {
  return { method, path, contentType, body: JSON.stringify(body) };
}
