/** Requests about objects: verb by verb, from HTTP to the API and back. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse } from "yaml";
import type { Json } from "../../../core/kernel/json.ts";
import { type Asker, keyOf, type Target } from "../admission/asker.ts";
import { fieldAt, type KubeObject } from "../objects/kube-object.ts";
import {
  badRequest,
  methodNotAllowed,
  noSuchResource,
  notFound,
  notImplemented,
  unsupportedMediaType,
} from "../objects/status-error.ts";
import { tableOf } from "../show/table.ts";
import { decodeObject } from "./decode-object.ts";
import { deletedStatus, deleteOptions } from "./delete-object.ts";
import type { KubeApi } from "./kube-api.ts";
import { listBody, listObjects } from "./list-objects.ts";
import { patchTypeOf } from "./patch-object.ts";
import { accepts, readBody, sendJson, warningHeaders } from "./reply.ts";
import { scaleOf } from "./scale.ts";
import { serveWatch } from "./serve-watch.ts";

export type ResourceRequest = {
  readonly api: KubeApi;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly asker: Asker;
  readonly warnings: readonly string[];
  readonly bookmarkEveryMs: number;
};

/** Answers one request. Throws the refusal. */
export async function serveResource(asked: ResourceRequest): Promise<void> {
  const { request, target } = asked;
  const { type, subresource } = target;
  const known = type.subresources.some((one) => one === subresource);
  if (subresource !== "" && !known) {
    const beyond = [
      "log",
      "exec",
      "attach",
      "portforward",
      "proxy",
      "binding",
      "ephemeralcontainers",
      "resize",
      "token",
      "finalize",
      "approval",
    ];
    throw beyond.includes(subresource)
      ? notImplemented(`${type.plural}/${subresource}`)
      : noSuchResource();
  }
  switch (request.method) {
    case "GET":
      return target.name === "" ||
        asked.query.get("watch") === "true" ||
        asked.query.get("watch") === "1"
        ? serveCollection(asked)
        : serveOne(asked);
    case "POST":
      return serveCreate(asked);
    case "PUT":
      return serveReplace(asked);
    case "PATCH":
      return servePatch(asked);
    case "DELETE":
      return serveDelete(asked);
    default:
      throw methodNotAllowed();
  }
}

const wantsTable = (request: IncomingMessage): boolean => accepts(request, "as=Table");

function send(
  { request, response, query, target, asker, warnings }: ResourceRequest,
  code: number,
  object: KubeObject,
): void {
  const isShown = wantsTable(request) && object.kind === target.type.kind;
  const { resourceVersion = "" } = object.metadata;
  const body = isShown
    ? tableOf([object], {
        type: target.type,
        nowMs: asker.nowMs,
        includeObject: query.get("includeObject") ?? "Metadata",
        metadata: { resourceVersion },
      })
    : object;
  sendJson(response, code, body, warningHeaders(warnings));
}

function serveCollection(asked: ResourceRequest): void {
  const { api, target, query, request, response, asker } = asked;
  if (query.get("watch") === "true" || query.get("watch") === "1") {
    serveWatch(asked);
    return;
  }
  const listed = listObjects(api.store, target, query);
  if (!wantsTable(request)) {
    sendJson(response, 200, listBody(listed, target));
    return;
  }
  const table = tableOf(listed.items, {
    type: target.type,
    nowMs: asker.nowMs,
    includeObject: query.get("includeObject") ?? "Metadata",
    metadata: listed.metadata,
  });
  sendJson(response, 200, table);
}

function serveOne(asked: ResourceRequest): void {
  const { api, target } = asked;
  const object = api.store.get(keyOf(target));
  if (object === undefined) throw notFound(target);
  if (target.subresource === "eviction") throw methodNotAllowed();
  send(asked, 200, target.subresource === "scale" ? scaleOf(object, target) : object);
}

async function bodyOf({ request }: ResourceRequest): Promise<Json> {
  const text = await readBody(request);
  const type = (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim();
  if (type === "application/yaml") return parsed(() => parse(text, { maxAliasCount: 10 }) as Json); // YAML of these types is JSON.
  if (type !== "application/json" && type !== "")
    throw unsupportedMediaType(
      // Some commands, such as `kubectl create namespace`, send nothing but protobuf.
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml; with kubectl use apply -f",
    );
  return parsed(() => JSON.parse(text) as Json); // JSON.parse gives JSON.
}

/** What can not be read is whoever asked to mend. */
function parsed(read: () => Json): Json {
  try {
    return read();
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown);
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
}

async function serveCreate(asked: ResourceRequest): Promise<void> {
  const { api, target, asker, query } = asked;
  const body = await bodyOf(asked);
  if (target.subresource === "eviction") {
    const within = fieldAt(body, "deleteOptions") ?? {};
    const evicted = await api.evict(target, deleteOptions(within, query), asker);
    sendJson(asked.response, 201, evicted);
    return;
  }
  if (target.name !== "") throw methodNotAllowed();
  const inherited = target.type.namespaced && target.namespace === "";
  if (inherited) throw methodNotAllowed();
  const object = decodeObject(body, { type: target.type, asker });
  send(asked, 201, await api.create(target, object, asker));
}

async function serveReplace(asked: ResourceRequest): Promise<void> {
  const { api, target, asker } = asked;
  if (target.name === "" || target.subresource === "eviction") throw methodNotAllowed();
  const value = await bodyOf(asked);
  if (target.subresource === "scale") {
    send(asked, 200, await api.scale(target, { kind: "replace", value }, asker));
    return;
  }
  const object = decodeObject(value, { type: target.type, asker });
  send(asked, 200, await api.replace(target, object, asker));
}

async function servePatch(asked: ResourceRequest): Promise<void> {
  const { api, target, asker, query, request } = asked;
  if (target.name === "" || target.subresource === "eviction") throw methodNotAllowed();
  const type = patchTypeOf(request.headers["content-type"] ?? "", target.type.custom);
  const body = await readBody(request);
  if (target.subresource === "scale") {
    if (type === "apply") throw notImplemented("apply of scale");
    const value = parsed(() => JSON.parse(body) as Json); // JSON.parse gives JSON.
    const kind = type === "json" ? "json" : "merge";
    send(asked, 200, await api.scale(target, { kind, value }, asker));
    return;
  }
  const { object, isNew } = await api.patch(target, asker, {
    type,
    body,
    force: query.get("force") === "true",
    fieldManager: query.get("fieldManager") ?? "",
  });
  send(asked, isNew ? 201 : 200, object);
}

async function serveDelete(asked: ResourceRequest): Promise<void> {
  const { api, target, asker, query, request, response } = asked;
  if (target.subresource !== "") throw methodNotAllowed();
  if (target.name === "")
    throw notImplemented("deleting a collection; delete its objects one by one");
  const text = await readBody(request);
  let body: Json | undefined;
  try {
    body = text.trim() === "" ? undefined : (JSON.parse(text) as Json); // JSON.parse gives JSON.
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: the body is no JSON");
  }
  const { object, isGone } = await api.remove(target, deleteOptions(body, query), asker);
  const showsObject = !isGone || (target.type.kind === "Pod" && !target.type.custom);
  sendJson(
    response,
    200,
    showsObject ? object : deletedStatus(object, target),
    warningHeaders(asked.warnings),
  );
}
