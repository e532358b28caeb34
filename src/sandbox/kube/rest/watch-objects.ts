/** Watches: changes since a version, then each one as it becomes durable, with bookmarks (apiserver, watch cache). */
import type { JsonObject } from "../../../core/kernel/json.ts";
import { keyOf, storeName, type Target } from "../admission/asker.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { type KubeObject, withMetadata } from "../objects/kube-object.ts";
import { apiVersionOf } from "../objects/resource-type.ts";
import { badRequest, expired, StatusError } from "../objects/status-error.ts";
import type { Change } from "../store/change.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { selectionOf } from "./list-objects.ts";

export type WatchEvent = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: JsonObject;
};

export type WatchOptions = {
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly bookmarkEveryMs: number;
  readonly send: (event: WatchEvent) => void;
  /** Called when nothing more will come. */
  readonly end: () => void;
};

export type OpenWatch = { close(): void };

/** Begins a watch; everything that it tells comes through `send`, also that its version is gone. Refuses with 400 before it begins. */
export function watchObjects(store: ObjectStore, options: WatchOptions): OpenWatch {
  const { target, query, send, bookmarkEveryMs } = options;
  const matches = selectionOf(target, query);
  const from = startOf(query, store);
  const oldest = oldestVersion(store, target);
  if (from.replay !== undefined && from.replay < oldest) {
    const gone = expired(`too old resource version: ${from.replay} (${oldest})`);
    send({ type: "ERROR", object: gone.status });
    options.end();
    return { close: () => undefined };
  }
  const wantsBookmarks = query.get("allowWatchBookmarks") === "true";
  const resource = storeName(target.type);
  const tell = (change: Change): void => {
    const { key } = change;
    if (key.resource !== resource) return;
    if (target.namespace !== "" && key.namespace !== target.namespace) return;
    const event = eventOf(change, matches);
    if (event !== undefined) send(event);
  };
  const bookmark = (annotations?: { readonly [key: string]: string }): void =>
    send(bookmarkOf(target, store.resourceVersion, annotations));
  let sentVersion = store.resourceVersion;
  if (from.replay === undefined) sendPresent(store, { ...options, matches });
  else for (const change of store.since(from.replay)) tell(change);
  if (from.marksEnd) bookmark({ "k8s.io/initial-events-end": "true" });
  const stop = store.listen((changes) => {
    for (const change of changes) tell(change);
  });
  const timer = setInterval(() => {
    if (!wantsBookmarks || sentVersion === store.resourceVersion) return;
    sentVersion = store.resourceVersion;
    bookmark();
  }, bookmarkEveryMs);
  return {
    close() {
      clearInterval(timer);
      stop();
    },
  };
}

type Start = {
  /** Undefined: the objects of now come first. */
  readonly replay: number | undefined;
  readonly marksEnd: boolean;
};

function startOf(query: URLSearchParams, store: ObjectStore): Start {
  const wanted = query.get("resourceVersion") ?? "";
  if (query.get("sendInitialEvents") === "true") {
    if (query.get("resourceVersionMatch") !== "NotOlderThan")
      throw badRequest("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    return { replay: undefined, marksEnd: query.get("allowWatchBookmarks") === "true" };
  }
  if (wanted === "" || wanted === "0") return { replay: undefined, marksEnd: false };
  const version = Number(wanted);
  if (!Number.isInteger(version) || version < 0)
    throw badRequest(`invalid resource version ${JSON.stringify(wanted)}`);
  if (version > store.resourceVersion)
    throw new StatusError({
      code: 504,
      reason: "Timeout",
      message: `Timeout: Too large resource version: ${version}, current: ${store.resourceVersion}`,
      details: {
        causes: [
          { reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "" },
        ],
        retryAfterSeconds: 1,
      },
    });
  return { replay: version, marksEnd: false };
}

const crds = builtInType("CustomResourceDefinition");

/** A watch may begin here or later. What was before its CRD is not known of any kind. */
function oldestVersion(store: ObjectStore, { type }: Target): number {
  if (!type.custom) return store.oldestVersion;
  const crd = store.get(keyOf({ type: crds, namespace: "", name: storeName(type) }));
  return Math.max(store.oldestVersion, Number(crd?.metadata.resourceVersion ?? 0));
}

function sendPresent(
  store: ObjectStore,
  { target, send, matches }: WatchOptions & { readonly matches: (object: KubeObject) => boolean },
): void {
  const namespace = target.namespace === "" ? undefined : target.namespace;
  for (const object of store.list(storeName(target.type), namespace))
    if (matches(object)) send({ type: "ADDED", object });
}

/** What a change is to those who see only what matches: leaving the selection is a deletion. */
function eventOf(change: Change, matches: (object: KubeObject) => boolean): WatchEvent | undefined {
  const { type, object, previous } = change;
  const was = previous !== undefined && matches(previous);
  if (type === "DELETED") return was ? { type, object } : undefined;
  const is = matches(object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object };
  if (!was) return undefined;
  return {
    type: "DELETED",
    object: withMetadata(previous, { resourceVersion: String(change.resourceVersion) }),
  };
}

function bookmarkOf(
  { type }: Target,
  version: number,
  annotations: { readonly [key: string]: string } | undefined,
): WatchEvent {
  const resourceVersion = String(version);
  const metadata = { resourceVersion, ...(annotations === undefined ? {} : { annotations }) };
  return {
    type: "BOOKMARK",
    object: { kind: type.kind, apiVersion: apiVersionOf(type), metadata },
  };
}
