/**
 * The platform's own documents in our form (shapes: openova products/catalyst/chart/crds). What of them says where an
 * Application is reached is taken; all else in them is the platform's business. Paths stay those of the document, so that a
 * problem points into it. What does not fit is left as it stands, and the schema says what is expected there.
 */
import type { Json, JsonObject } from "../kernel/json.ts";
import { apiVersion } from "./fields.ts";

export type FromPlatform =
  /** The document in our form. */
  | { readonly kind: "ours"; readonly value: JsonObject }
  /** A Sovereign of the platform: it has a domain, but neither addresses nor name servers. */
  | { readonly kind: "bareSovereign"; readonly domain: string }
  /** Nothing that users reach by name in a region. */
  | { readonly kind: "foreign" };

/** Kind and version of every platform document that is taken. */
const mappings: Readonly<Record<string, (document: JsonObject) => FromPlatform>> = {
  "apps.openova.io/v1 Application": fromApplication,
  "orgs.openova.io/v1 Organization": fromOrganization,
  "catalyst.openova.io/v1 Environment": fromEnvironment,
  "catalyst.openova.io/v1alpha1 Sovereign": fromSovereign,
};

/** The platform's versions of our kinds. */
export const platformVersions: readonly string[] = [
  ...new Set(Object.keys(mappings).map((key) => key.split(" ")[0] ?? "")),
];

/** What a document of the platform comes to; undefined when it is not in a form of the platform. */
export function fromPlatform(
  version: string,
  kind: string,
  document: JsonObject,
): FromPlatform | undefined {
  const key = `${version} ${kind}`;
  const mapping = Object.hasOwn(mappings, key) ? mappings[key] : undefined;
  // The handbook's form has the version of the platform's Sovereign, and other fields.
  if (mapping === fromSovereign && !Object.hasOwn(objectAt(document, "spec"), "fqdn")) {
    return undefined;
  }
  return mapping?.(document);
}

function fromApplication(document: JsonObject): FromPlatform {
  const spec = objectAt(document, "spec");
  const namespace = objectAt(document, "metadata")["namespace"];
  const environmentRef = spec["environmentRef"] ?? namespace;
  // What the platform needs before there are Environments; nobody else reaches it by name.
  if (spec["bootstrap"] === true && spec["environmentRef"] === undefined)
    return { kind: "foreign" };
  const { regions } = spec;
  const isOne = Array.isArray(regions) && regions.length === 1;
  const placement = spec["placement"] ?? (isOne ? "single-region" : undefined);
  const healthCheck = spec["healthCheck"];
  return ours(document, {
    ...given("environmentRef", environmentRef),
    ...given("placement", placement),
    ...given("regions", regions),
    ...given("healthCheck", isObject(healthCheck) ? probeOf(healthCheck) : healthCheck),
  });
}

/** Ports on which TLS is spoken by convention; the platform's documents do not say it. */
const tlsPorts: ReadonlySet<Json | undefined> = new Set([443, 8443, undefined]);

/** Interval and time limit are those of the name servers, for all Applications alike. */
function probeOf(healthCheck: JsonObject): JsonObject {
  const { path } = healthCheck;
  const raw = healthCheck["port"];
  const port = typeof raw === "string" && /^[0-9]{1,5}$/.test(raw) ? Number(raw) : raw;
  const scheme = tlsPorts.has(port) || typeof port === "string" ? "https" : "http";
  return { scheme, ...given("port", port), ...given("path", path) };
}

/** Environments refer to an Organization by its slug. */
function fromOrganization(document: JsonObject): FromPlatform {
  const spec = objectAt(document, "spec");
  const { slug } = spec;
  const metadata = objectAt(document, "metadata");
  const named = typeof slug === "string" ? { ...metadata, name: slug } : metadata;
  return ours({ ...document, metadata: named }, given("displayName", spec["displayName"]));
}

function fromEnvironment(document: JsonObject): FromPlatform {
  const spec = objectAt(document, "spec");
  return ours(document, {
    ...given("organizationRef", spec["organizationRef"]),
    ...given("envType", spec["envType"]),
  });
}

function fromSovereign(document: JsonObject): FromPlatform {
  const { fqdn } = objectAt(document, "spec");
  return { kind: "bareSovereign", domain: typeof fqdn === "string" ? fqdn.toLowerCase() : "" };
}

function ours(document: JsonObject, spec: JsonObject): FromPlatform {
  const { kind, metadata } = document;
  const value = { apiVersion, ...given("kind", kind), ...given("metadata", metadata), spec };
  return { kind: "ours", value };
}

function given(field: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [field]: value };
}

function objectAt(document: JsonObject, field: string): JsonObject {
  const value = Object.hasOwn(document, field) ? document[field] : undefined;
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return (
    value !== undefined && value !== null && typeof value === "object" && !Array.isArray(value)
  );
}
