/**
 * The platform's Continuum (`dr.openova.io/v1`; openova products/catalyst/chart/crds/continuum.yaml) as a FailoverGroup of one
 * Application. What it says is kept where its meaning is ours too; what we do not do is a problem at its place, because a failover
 * that somebody believes in and that is not there is worse than none. docs/guides/failover-group.md has the table.
 */
import type { Json, JsonObject } from "../kernel/json.ts";
import type { DocumentProblem, JsonPath, ParsedDocument } from "./document.ts";
import { apiVersion } from "./fields.ts";
import { type Finding, problemOf, valueAt } from "./problem.ts";

export const continuumVersion = "dr.openova.io/v1";

export type FromContinuum =
  | { readonly ok: true; readonly document: ParsedDocument }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

type Objection = Finding & { readonly reason: string };

/** The FailoverGroup that a Continuum stands for, with paths and lines of the Continuum. */
export function fromContinuum(document: ParsedDocument): FromContinuum {
  const { value } = document;
  const objections = [...unknownFields(value), ...wrongTypes(value), ...notOurs(value)];
  if (objections.length > 0) {
    return {
      ok: false,
      problems: objections.map(({ reason, ...finding }) =>
        problemOf(document, { reason }, finding),
      ),
    };
  }
  const written = { value, pathOf };
  const lineOf = (path: JsonPath): number => document.lineOf(pathOf(path));
  return { ok: true, document: { file: document.file, value: groupOf(value), lineOf, written } };
}

const config = ["spec", "leaseClient", "config"];

/** Every field that is understood; what the platform added beside them would be lost. */
const knownFields: readonly (readonly [JsonPath, readonly string[]])[] = [
  [
    ["spec"],
    [
      "applicationRef",
      "primaryRegion",
      "hotStandbyRegions",
      "leaseClient",
      "luaRecord",
      "rto",
      "rpo",
      "autoFailover",
      "switchover",
    ],
  ],
  [
    ["spec", "leaseClient"],
    ["kind", "config"],
  ],
  [
    config,
    ["kvNamespaceId", "accountId", "tokenSecretRef", "resolvers", "ttlSeconds", "renewSeconds"],
  ],
  [
    ["spec", "luaRecord"],
    ["selector", "healthCheck"],
  ],
  [
    ["spec", "switchover"],
    ["mechanism", "raftTransition", "requested", "targetRegion", "requestedBy", "reason"],
  ],
];

function unknownFields(value: Json): readonly Objection[] {
  return knownFields.flatMap(([path, fields]) => {
    const here = valueAt(value, path);
    const keys = isObject(here) ? Object.keys(here) : [];
    return keys
      .filter((key) => !fields.includes(key))
      .map((key) => ({
        reason: "FieldUnknown",
        path: [...path, key],
        expected: `one of ${fields.join(", ")}`,
      }));
  });
}

type Typed = {
  readonly path: JsonPath;
  readonly is: (value: Json) => boolean;
  readonly words: string;
  readonly needed: boolean;
};

const isText = (value: Json): boolean => typeof value === "string" && value !== "";
const isWhole = (value: Json): boolean => Number.isSafeInteger(value) && Number(value) > 0;

const types: readonly Typed[] = [
  { path: ["metadata", "name"], is: isText, words: "text", needed: true },
  {
    path: ["metadata", "namespace"],
    is: isText,
    words: "the namespace, which names the Application's Environment",
    needed: true,
  },
  {
    path: ["spec", "applicationRef"],
    is: isText,
    words: "the name of an Application",
    needed: true,
  },
  { path: ["spec", "primaryRegion"], is: isText, words: "the name of a cluster", needed: true },
  {
    path: ["spec", "hotStandbyRegions"],
    is: (value) => Array.isArray(value),
    words: "a list of clusters",
    needed: true,
  },
  { path: ["spec", "leaseClient"], is: isObject, words: "a mapping", needed: true },
  { path: config, is: isObject, words: "a mapping", needed: false },
  { path: [...config, "ttlSeconds"], is: isWhole, words: "whole seconds", needed: false },
  { path: [...config, "renewSeconds"], is: isWhole, words: "whole seconds", needed: false },
  { path: ["spec", "luaRecord"], is: isObject, words: "a mapping", needed: false },
  { path: ["spec", "switchover"], is: isObject, words: "a mapping", needed: false },
  {
    path: ["spec", "autoFailover"],
    is: (value) => typeof value === "boolean",
    words: "true or false",
    needed: false,
  },
];

function wrongTypes(value: Json): readonly Objection[] {
  return types.flatMap(({ path, is, words, needed }) => {
    const here = valueAt(value, path);
    if (here === undefined) {
      return needed ? [{ reason: "FieldMissing", path, expected: words }] : [];
    }
    return is(here) ? [] : [{ reason: "TypeWrong", path, expected: words }];
  });
}

type Meaning = {
  readonly path: JsonPath;
  /** Values that are taken; undefined is a field that is not there. */
  readonly taken: readonly (Json | undefined)[];
  readonly expected: string;
};

const meanings: readonly Meaning[] = [
  {
    path: ["spec", "leaseClient", "kind"],
    taken: ["cloudflare-kv"],
    expected:
      "cloudflare-kv, whose place the Sovereign's witness takes; DNS resolvers alone can not grant a lease, so without a witness there is no failover group",
  },
  {
    path: ["spec", "luaRecord", "selector"],
    taken: [undefined, "ifurlup", "pickfirst"],
    expected:
      "ifurlup: the region with authority answers alone. An Application of which every region answers is placed active-active and needs no Continuum",
  },
  {
    path: ["spec", "switchover", "mechanism"],
    taken: [undefined, "cnpg-pair", "stateless"],
    expected:
      "cnpg-pair or stateless; a Raft store is not promoted by a failover group, so recover it by its own procedure",
  },
  {
    path: ["spec", "switchover", "requested"],
    taken: [undefined, false],
    expected:
      "false, or nothing: a switchover is asked of the region's agent when it is wanted, and a document would ask for it again and again",
  },
];

function notOurs(value: Json): readonly Objection[] {
  return meanings.flatMap(({ path, taken, expected }) =>
    taken.includes(valueAt(value, path)) ? [] : [{ reason: "NotRepresentable", path, expected }],
  );
}

function groupOf(value: Json): JsonObject {
  const at = (...path: JsonPath): Json | undefined => valueAt(value, path);
  const standbys = at("spec", "hotStandbyRegions");
  const seconds = (field: string): Json | undefined => {
    const count = at(...config, field);
    return count === undefined ? undefined : `${String(count)}s`;
  };
  const hasDatabase = at("spec", "switchover", "mechanism") !== "stateless";
  return {
    apiVersion,
    kind: "FailoverGroup",
    metadata: { name: `${String(at("metadata", "namespace"))}-${String(at("metadata", "name"))}` },
    spec: {
      regions: [at("spec", "primaryRegion") ?? null, ...(Array.isArray(standbys) ? standbys : [])],
      covers: {
        applications: [
          {
            environmentRef: at("metadata", "namespace") ?? null,
            name: at("spec", "applicationRef") ?? null,
          },
        ],
      },
      // Without it the platform only tells people; they then ask for a switchover.
      mode: at("spec", "autoFailover") === true ? "automatic" : "manual",
      lease: {
        ...given("ttl", seconds("ttlSeconds")),
        ...given("renewEvery", seconds("renewSeconds")),
      },
      services: hasDatabase ? [{ name: "database", kind: "cloudnativepg" }] : [],
      objectives: { ...given("rto", at("spec", "rto")), ...given("rpo", at("spec", "rpo")) },
    },
  };
}

/** Where in a Continuum stands what a FailoverGroup has at a path; the longest beginning counts. */
function pathOf(path: JsonPath): JsonPath {
  const [root, field, ...rest] = path;
  if (root !== "spec") return path;
  const [first] = rest;
  switch (field) {
    case "regions":
      if (first === 0) return ["spec", "primaryRegion"];
      return typeof first === "number"
        ? ["spec", "hotStandbyRegions", first - 1]
        : ["spec", "hotStandbyRegions"];
    case "covers":
      return rest.at(-1) === "environmentRef"
        ? ["metadata", "namespace"]
        : ["spec", "applicationRef"];
    case "mode":
      return ["spec", "autoFailover"];
    case "lease":
      if (first === "ttl") return [...config, "ttlSeconds"];
      return first === "renewEvery" ? [...config, "renewSeconds"] : config;
    case "witness":
      return ["spec", "leaseClient"];
    case "services":
      return ["spec", "switchover", "mechanism"];
    case "objectives":
      return first === "rto" || first === "rpo" ? ["spec", first] : ["spec"];
    default:
      return ["spec"];
  }
}

function given(field: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [field]: value };
}

function isObject(value: Json | undefined): value is JsonObject {
  return (
    value !== undefined && value !== null && typeof value === "object" && !Array.isArray(value)
  );
}
