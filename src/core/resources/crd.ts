/** The kinds as CustomResourceDefinitions of Kubernetes (apiextensions.k8s.io/v1). */
import { required } from "../kernel/assert.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { withRules } from "./crd-rules.ts";
import { apiVersion } from "./fields.ts";
import { isSchema, jsonSchemaOf } from "./json-schema.ts";
import type { Kind } from "./normalise.ts";
import { structural } from "./structural.ts";

type Column = { readonly name: string; readonly jsonPath: string; readonly type?: string };

type KindFacts = {
  readonly plural: string;
  readonly shortName: string;
  readonly scope: "Cluster" | "Namespaced";
  /** What `kubectl get` shows beside name and age. */
  readonly columns: readonly Column[];
};

export const kindFacts: Readonly<Record<Kind, KindFacts>> = {
  Sovereign: {
    plural: "sovereigns",
    shortName: "sov",
    scope: "Cluster",
    columns: [{ name: "Domain", jsonPath: ".spec.domain" }],
  },
  Organization: {
    plural: "organizations",
    shortName: "org",
    scope: "Cluster",
    columns: [{ name: "Display name", jsonPath: ".spec.displayName" }],
  },
  Environment: {
    plural: "environments",
    shortName: "env",
    scope: "Cluster",
    columns: [
      { name: "Organization", jsonPath: ".spec.organizationRef" },
      { name: "Type", jsonPath: ".spec.envType" },
    ],
  },
  Application: {
    plural: "applications",
    shortName: "app",
    scope: "Namespaced",
    columns: [
      { name: "Environment", jsonPath: ".spec.environmentRef" },
      { name: "Placement", jsonPath: ".spec.placement" },
      { name: "Regions", jsonPath: ".spec.regions" },
    ],
  },
  FailoverGroup: {
    plural: "failovergroups",
    shortName: "fog",
    scope: "Cluster",
    columns: [
      { name: "Mode", jsonPath: ".spec.mode" },
      { name: "Regions", jsonPath: ".spec.regions" },
    ],
  },
};

const [group = "", version = ""] = apiVersion.split("/");

/** `applications.sre.catalyst.openova.io`. */
export function crdName(kind: Kind): string {
  return `${kindFacts[kind].plural}.${group}`;
}

/** The CRD of a kind. */
export function crdOf(kind: Kind): JsonObject {
  const { plural, shortName, scope, columns } = kindFacts[kind];
  const ready = '.status.conditions[?(@.type=="Ready")].status';
  const shown: readonly Column[] = [
    ...columns,
    { name: "Ready", jsonPath: ready },
    { name: "Age", jsonPath: ".metadata.creationTimestamp", type: "date" },
  ];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crdName(kind), labels: { "app.kubernetes.io/part-of": "sovereign" } },
    spec: {
      group,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ["catalyst"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: shown.map(({ name, jsonPath, type = "string" }) => ({
            name,
            type,
            jsonPath,
          })),
          subresources: { status: {} },
          schema: { openAPIV3Schema: withRules(kind, rootSchema(kind)) },
        },
      ],
    },
  };
}

/** The schema of a whole document: of metadata a CRD may restrict the name only, and apiVersion and kind are given. */
function rootSchema(kind: Kind): JsonObject {
  const schema = structural(jsonSchemaOf(kind, "openapi-3.0"));
  const properties = field(schema, "properties");
  const name = field(field(field(properties, "metadata"), "properties"), "name");
  const restriction = Object.fromEntries(
    Object.entries(name).filter(([keyword]) => keyword !== "description"),
  );
  return {
    type: "object",
    description: required(schema["description"], "a kind has a description"),
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object", properties: { name: restriction } },
      spec: field(properties, "spec"),
      status: statusSchema,
    },
  };
}

function field(schema: JsonObject, name: string): JsonObject {
  const value: Json | undefined = schema[name];
  return required(isSchema(value) ? value : undefined, `the schema has ${name}`);
}

/** `metav1.Condition`, as Kubernetes itself declares it. */
const conditionSchema: JsonObject = {
  type: "object",
  required: ["type", "status", "reason", "message", "lastTransitionTime"],
  properties: {
    type: { type: "string", maxLength: 316, description: "What the condition is about." },
    status: {
      type: "string",
      enum: ["True", "False", "Unknown"],
      description: "Whether it holds.",
    },
    reason: {
      type: "string",
      minLength: 1,
      maxLength: 1024,
      pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
      description: "Stable CamelCase word for why.",
    },
    message: { type: "string", maxLength: 32_768, description: "A sentence for people." },
    lastTransitionTime: {
      type: "string",
      format: "date-time",
      description: "When the status changed last.",
    },
    observedGeneration: {
      type: "integer",
      format: "int64",
      minimum: 0,
      description: "Generation of the document that the condition is about.",
    },
  },
};

const statusSchema: JsonObject = {
  type: "object",
  description: "What Sovereign says of the document; nobody else writes it.",
  properties: {
    observedGeneration: {
      type: "integer",
      format: "int64",
      minimum: 0,
      description: "Generation of the document that was read last.",
    },
    conditions: {
      type: "array",
      description: "Conditions, as in Kubernetes.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: conditionSchema,
    },
  },
};
