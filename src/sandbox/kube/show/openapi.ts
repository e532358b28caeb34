/** OpenAPI 3 of each group: the schemas, and as much of the paths as kubectl reads to know that the server validates by itself. */
import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { isObject } from "../objects/kube-object.ts";
import { apiVersionOf, type ResourceType } from "../objects/resource-type.ts";
import { builtInDefinitions, type Schema } from "../objects/schema.ts";
import { groupVersions } from "./discovery.ts";

const folderOf = (type: Pick<ResourceType, "group" | "version">): string =>
  type.group === "" ? "api/v1" : `apis/${apiVersionOf(type)}`;

/** `/openapi/v3`: where the document of each group is. */
export function openApiPaths(types: readonly ResourceType[]): JsonObject {
  const paths = groupVersions(types).map((group) => {
    const folder = folderOf(group);
    const text = JSON.stringify(openApiOf(types, folder));
    const hash = createHash("sha256").update(text).digest("hex").toUpperCase();
    return [folder, { serverRelativeURL: `/openapi/v3/${folder}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of a folder such as `apis/apps/v1`; undefined when nothing is there. */
export function openApiOf(types: readonly ResourceType[], folder: string): JsonObject | undefined {
  const here = types.filter((type) => folderOf(type) === folder);
  if (here.length === 0) return undefined;
  const schemas: Record<string, Json> = {};
  for (const type of here) addSchemas(type, schemas);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.34.4" },
    paths: Object.fromEntries(here.flatMap((type) => pathsOf(type, folder))),
    components: { schemas },
  };
}

/** `io.openova.catalyst.sre.v1.Application`, as Kubernetes names a CRD's kind. */
function definitionName(type: ResourceType): string {
  if (type.schema.$ref !== undefined) return type.schema.$ref;
  return [...type.group.split(".").reverse(), type.version, type.kind].join(".");
}

const gvk = ({ group, version, kind }: ResourceType): JsonObject => ({ group, kind, version });

function addSchemas(type: ResourceType, schemas: Record<string, Json>): void {
  const name = definitionName(type);
  const needed: string[] = [];
  if (type.schema.$ref === undefined)
    schemas[name] = published(type.schema as Json, needed); // A schema is JSON.
  else needed.push(type.schema.$ref);
  for (let next = needed.pop(); next !== undefined; next = needed.pop()) {
    if (schemas[next] !== undefined) continue;
    const schema: Schema = builtInDefinitions().get(next) ?? {};
    schemas[next] = published(schema as Json, needed); // A schema is JSON.
  }
  const own = schemas[name];
  if (isObject(own)) schemas[name] = { ...own, "x-kubernetes-group-version-kind": [gvk(type)] };
}

/** References as they stand in a document; collects what is referred to. */
function published(value: Json, needed: string[]): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => published(one, needed)); // Array.isArray gives any[].
  if (!isObject(value)) return value;
  const { $ref, ...beside } = value;
  const rest = Object.entries(beside).map(
    ([key, inner]) => [key, published(inner, needed)] as const,
  );
  if (typeof $ref !== "string") return Object.fromEntries(rest);
  needed.push($ref);
  return { ...Object.fromEntries(rest), allOf: [{ $ref: `#/components/schemas/${$ref}` }] };
}

const query = (name: string): JsonObject => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
});

function pathsOf(type: ResourceType, folder: string): readonly (readonly [string, Json])[] {
  const base = `/${folder}/${type.namespaced ? "namespaces/{namespace}/" : ""}${type.plural}`;
  const reference = { $ref: `#/components/schemas/${definitionName(type)}` };
  const content = { "application/json": { schema: reference } };
  const operation = (action: string): JsonObject => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(type),
    parameters: ["dryRun", "fieldManager", "fieldValidation"].map(query),
    responses: { "200": { description: "OK", content } },
  });
  return [
    [base, { get: operation("list"), post: operation("post") }],
    [
      `${base}/{name}`,
      {
        get: operation("get"),
        put: operation("put"),
        patch: operation("patch"),
        delete: operation("delete"),
      },
    ],
  ];
}
