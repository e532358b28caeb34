/** Everything that is not about objects: health, version, discovery, OpenAPI. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { arch, platform } from "node:process";
import type { JsonObject } from "../../../core/kernel/json.ts";
import type { ResourceType } from "../objects/resource-type.ts";
import { noSuchResource, notImplemented } from "../objects/status-error.ts";
import { aggregated, coreVersions, groupBody, groupList, resourceList } from "../show/discovery.ts";
import { openApiOf, openApiPaths } from "../show/openapi.ts";
import { accepts, sendJson } from "./reply.ts";

export type DocumentRequest = {
  readonly path: string;
  readonly types: readonly ResourceType[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Host and port of this server. */
  readonly address: string;
};

const healthPaths = ["/healthz", "/livez", "/readyz"];
const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Answers, or refuses with 404 and 501. */
export function serveDocument(asked: DocumentRequest): void {
  const { path, request, response } = asked;
  if (request.method !== "GET") throw noSuchResource();
  if (healthPaths.includes(path)) {
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    response.end("ok");
    return;
  }
  if (path === "/openapi/v2") {
    serveOldOpenApi(asked);
    return;
  }
  const body = documentOf(asked);
  if (body === undefined) throw noSuchResource();
  const isAggregated = body["kind"] === "APIGroupDiscoveryList";
  sendJson(response, 200, body, {}, isAggregated ? aggregatedType : undefined);
}

/** kubectl asks the old document, in protobuf, about kinds that the new one does not have: it has none either. */
function serveOldOpenApi({ request, response }: DocumentRequest): void {
  if (!accepts(request, "application/com.github.proto-openapi.spec.v2"))
    throw notImplemented("OpenAPI 2; its OpenAPI 3 is at /openapi/v3");
  response.writeHead(200, {
    "content-type": "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  });
  // The field `swagger` with its value `2.0`, and nothing else.
  response.end(Buffer.from([0x0a, 0x03, 0x32, 0x2e, 0x30]));
}

function documentOf({ path, types, request, address }: DocumentRequest): JsonObject | undefined {
  const wantsAll = accepts(request, "as=APIGroupDiscoveryList") && accepts(request, "v=v2;");
  const openApi = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1];
  if (openApi !== undefined) return openApiOf(types, openApi);
  switch (path) {
    case "/openapi/v3":
      return openApiPaths(types);
    case "/version":
      return version;
    case "/":
      return { paths: ["/api", "/api/v1", "/apis", "/healthz", "/openapi/v3", "/version"] };
    case "/api":
      return wantsAll ? aggregated(types, true) : coreVersions(address);
    case "/apis":
      return wantsAll ? aggregated(types, false) : groupList(types);
    case "/api/v1":
      return resourceList(types, { group: "", version: "v1" });
    default:
      return groupDocument(path, types);
  }
}

function groupDocument(path: string, types: readonly ResourceType[]): JsonObject | undefined {
  const [, apis, group = "", version] = path.split("/");
  if (apis !== "apis") return undefined;
  return version === undefined ? groupBody(types, group) : resourceList(types, { group, version });
}

/** The version whose kinds and words are served. */
const version: JsonObject = {
  major: "1",
  minor: "34",
  emulationMajor: "1",
  emulationMinor: "34",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "33",
  gitVersion: "v1.34.4+sovereign.sandbox",
  gitCommit: "unknown",
  gitTreeState: "archive",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "node",
  platform: `${platform}/${arch === "x64" ? "amd64" : arch}`,
};
