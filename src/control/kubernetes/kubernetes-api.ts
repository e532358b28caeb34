/**
 * The port to one Kubernetes API server: exactly the requests that the product makes (facts of remediation §5.2, DESIGN §7.16).
 * The adapter is `adapters/kubernetes`; `test/contract/kubernetes.ts` gives the same results on the sandbox's server and on a
 * real one. Every method may also fail with a `Failure`:
 * - `KubernetesUnreachable`: nothing was done; for a read, nothing was heard within its limit.
 * - `KubernetesUncertain`: a write was sent and nobody knows whether it was done. Read the object back, never just ask again.
 * - `KubernetesUnauthorized`: the server does not accept the credential (401).
 * - `KubernetesRefused`: the server can not do such a request at all (400, 405, 406, 415, 501), or answers what is no Kubernetes.
 * - `Cancelled`: `signal` was given before a write was sent, or during a read.
 */
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Signal } from "../env.ts";
import type { KubeObject, Place, ResourceKind, Subresource } from "./kube-object.ts";
import type { Refusal } from "./refusal.ts";

export type ServerVersion = {
  readonly major: number;
  readonly minor: number;
  readonly gitVersion: string;
};

export type ReadOptions = {
  readonly subresource?: Subresource;
  readonly signal?: Signal | undefined;
};

export type ListQuery = {
  /** Absent: all namespaces, or a kind of the cluster. */
  readonly namespace?: string;
  /** `app=shop,tier!=cache`. */
  readonly labels?: string;
  /** `metadata.name=shop`; which fields may stand here is up to the kind. */
  readonly fields?: string;
  /** Items of a page. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly next?: string;
  readonly signal?: Signal | undefined;
};

export type WriteOptions = {
  /** The server checks everything and changes nothing. */
  readonly dryRun?: boolean;
  readonly subresource?: Subresource;
  /** In place of the client's own name; never begins with `kubectl` (facts of remediation §0.7). */
  readonly fieldManager?: string;
  /** What becomes of fields that the kind does not have: `refuse` (the default) is an `invalid`, `drop` a warning. */
  readonly unknownFields?: "refuse" | "drop";
  readonly signal?: Signal | undefined;
};

export type DeleteOptions = {
  readonly dryRun?: boolean;
  /** Deletes this object and no later one of the same name; else a `conflict`. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  readonly graceSeconds?: number;
  readonly signal?: Signal | undefined;
};

export type EvictOptions = Pick<DeleteOptions, "dryRun" | "uid" | "graceSeconds" | "signal">;

/** An operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

export type Patch =
  /** RFC 7386: null removes, a list is replaced whole. */
  | { readonly kind: "merge"; readonly body: JsonObject }
  | { readonly kind: "json"; readonly operations: readonly JsonPatchOperation[] }
  /** Lists are merged by their keys; for built-in kinds only. */
  | { readonly kind: "strategic"; readonly body: JsonObject }
  /** Declares fields as ours; makes the object where there is none. `force` takes fields of other managers over. */
  | { readonly kind: "apply"; readonly body: JsonObject; readonly force: boolean };

export type Found = { readonly kind: "found"; readonly object: KubeObject };

export type Listed = {
  readonly kind: "listed";
  readonly items: readonly KubeObject[];
  /** Where a watch may begin that misses nothing after this list. */
  readonly resourceVersion: string;
  /** Null on the last page. */
  readonly next: string | null;
};

export type Written = {
  readonly kind: "written";
  /** The object as it is now; with `dryRun` as it would be. */
  readonly object: KubeObject;
  /** What the server warns of, such as fields that it dropped. */
  readonly warnings: readonly string[];
};

export type Deleted = {
  readonly kind: "deleted";
  /** The object as it is while finalizers or its grace hold it, or as it was; null when the server shows nothing. */
  readonly object: KubeObject | null;
};

export type Evicted = { readonly kind: "evicted" };

export type WatchQuery = Pick<ListQuery, "namespace" | "labels" | "fields"> & {
  readonly resourceVersion: string;
  /** The server ends the watch by itself after this long, which is no failure. */
  readonly endsAfterSeconds: number;
  /** A watch of which nothing is heard for so long fails with `KubernetesUnreachable`. */
  readonly silenceMs: number;
  readonly signal: Signal;
};

export type WatchEvent =
  | { readonly kind: "changed"; readonly object: KubeObject }
  | { readonly kind: "removed"; readonly object: KubeObject }
  /** Nothing happened up to this version. */
  | { readonly kind: "bookmark"; readonly resourceVersion: string };

/**
 * An open watch. It ends when the server ends it, with the last event or with a refusal (`gone`); it throws a `Failure`
 * when the connection breaks, is silent too long, or carries what can not be read. Use `watchKind`, which survives all of these.
 */
export type Watching = {
  readonly kind: "watching";
  readonly events: AsyncIterable<WatchEvent | Refusal>;
};

export interface KubernetesApi {
  /** Host, port and who we are there, without credentials; for messages. */
  readonly id: string;
  /** Read once and remembered. */
  version(signal?: Signal): Promise<ServerVersion>;
  get(kind: ResourceKind, place: Place, options?: ReadOptions): Promise<Found | Refusal>;
  /** One page; `listAll` reads all of them. */
  list(kind: ResourceKind, query?: ListQuery): Promise<Listed | Refusal>;
  /** Where the object's metadata says. */
  create(
    kind: ResourceKind,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Written | Refusal>;
  /**
   * With a `resourceVersion` in the metadata, only while it is that one. A compare-and-set of a Lease or a Service needs the `uid` in
   * the metadata too: where such an object is gone, a real server makes it anew on PUT instead of refusing.
   */
  replace(
    kind: ResourceKind,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Written | Refusal>;
  patch(
    kind: ResourceKind,
    place: Place,
    options: WriteOptions & { readonly patch: Patch },
  ): Promise<Written | Refusal>;
  delete(kind: ResourceKind, place: Place, options?: DeleteOptions): Promise<Deleted | Refusal>;
  /** Deletes a Pod unless a disruption budget forbids it (`tooMany`). */
  evict(pod: Place, options?: EvictOptions): Promise<Evicted | Refusal>;
  watch(kind: ResourceKind, query: WatchQuery): Promise<Watching | Refusal>;
}
