/** Lists: selected, in pages, each page of one moment as far as pages go (registry/generic; the token says where the next one begins). */

import { parseJson } from "../../../core/kernel/json.ts";
import { keyOf, storeName, type Target } from "../admission/asker.ts";
import { type KubeObject, without } from "../objects/kube-object.ts";
import { apiVersionOf } from "../objects/resource-type.ts";
import { querySelector } from "../objects/selectors.ts";
import { badRequest, expired, StatusError } from "../objects/status-error.ts";
import { keyText } from "../store/change.ts";
import type { ObjectStore } from "../store/object-store.ts";

export type ListedObjects = {
  readonly items: readonly KubeObject[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
};

/** What of a query says which objects are meant. */
export function selectionOf(
  target: Target,
  query: URLSearchParams,
): (object: KubeObject) => boolean {
  const labels = query.get("labelSelector") ?? undefined;
  const fields = query.get("fieldSelector") ?? undefined;
  const matches = querySelector(labels, fields, target.type);
  // A list with a name in its path is that of one object.
  return (object) =>
    matches(object) && (target.name === "" || object.metadata.name === target.name);
}

/** One page. Refuses with 400 and 410. */
export function listObjects(
  store: ObjectStore,
  target: Target,
  query: URLSearchParams,
): ListedObjects {
  const matches = selectionOf(target, query);
  const wanted = query.get("limit") ?? "0";
  const limit = Number(wanted);
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`strconv.ParseInt: parsing "${wanted}": invalid syntax`);
  const from = query.get("continue") ?? "";
  const start = from === "" ? undefined : readToken(from, store);
  checkVersion(query, store, from !== "");
  const namespace = target.namespace === "" ? undefined : target.namespace;
  const version = start?.version ?? store.resourceVersion;
  const all = store.listAt(version, storeName(target.type), namespace);
  const after = all.filter((object) => start === undefined || textOf(object, target) > start.last);
  const selected = after.filter(matches);
  const items = limit === 0 ? selected : selected.slice(0, limit);
  const resourceVersion = String(version);
  const last = items.at(-1);
  if (last === undefined || items.length === selected.length)
    return { items, metadata: { resourceVersion } };
  const isSelected = query.has("labelSelector") || query.has("fieldSelector");
  return {
    items,
    metadata: {
      resourceVersion,
      continue: token({ version: Number(resourceVersion), last: textOf(last, target) }),
      // With a selector nobody has counted what is left.
      ...(isSelected ? {} : { remainingItemCount: selected.length - items.length }),
    },
  };
}

function textOf({ metadata }: KubeObject, { type }: Target): string {
  return keyText(keyOf({ type, namespace: metadata.namespace ?? "", name: metadata.name ?? "" }));
}

type Token = { readonly version: number; readonly last: string };

const token = (value: Token): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function readToken(text: string, store: ObjectStore): Token {
  const value = parsedToken(text);
  if (value === undefined) throw badRequest("continue key is not valid: the token can not be read");
  if (value.version < store.oldestVersion)
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
  return value;
}

function parsedToken(text: string): Token | undefined {
  const value = parseJson(Buffer.from(text, "base64url").toString());
  if (typeof value !== "object" || value === null) return undefined;
  const { version, last }: Partial<Record<keyof Token, unknown>> = value;
  if (typeof version !== "number" || !Number.isInteger(version)) return undefined;
  return typeof last === "string" ? { version, last } : undefined;
}

/** Lists are always of now; only a version that nobody has reached yet can not be answered. */
function checkVersion(query: URLSearchParams, store: ObjectStore, isContinued: boolean): void {
  const wanted = query.get("resourceVersion") ?? "";
  if (wanted === "" || wanted === "0") return;
  if (isContinued)
    throw badRequest("specifying resource version is not allowed when using continue");
  const version = Number(wanted);
  if (!Number.isInteger(version) || version < 0)
    throw badRequest(`invalid resource version ${JSON.stringify(wanted)}`);
  if (query.get("resourceVersionMatch") === "Exact" && version < store.oldestVersion)
    throw expired(`The resourceVersion for the provided list is too old.`);
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
}

/** The list as an object. */
export function listBody({ items, metadata }: ListedObjects, { type }: Target): KubeObject {
  return {
    apiVersion: apiVersionOf(type),
    // Items of built-in kinds do not repeat what the list says.
    items: type.custom ? items : items.map((item) => without(item, "apiVersion", "kind")),
    kind: type.listKind,
    metadata,
  };
}
