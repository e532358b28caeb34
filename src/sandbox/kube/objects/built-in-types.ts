/** The built-in kinds that the product and `kubectl` need here, one version each. */

import { apiVersionOf, type ResourceType, type Subresource } from "./resource-type.ts";
import { resolved } from "./schema.ts";

type Facts = {
  readonly plural: string;
  readonly definition: string;
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  readonly countsGenerations?: boolean;
  readonly selectableFields?: readonly string[];
};

function builtIn(apiVersion: string, kind: string, facts: Facts): ResourceType {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const schema = { $ref: facts.definition };
  resolved(schema); // It is in the file, or nothing starts.
  const { subresources = [] } = facts;
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural: facts.plural,
    singular: kind.toLowerCase(),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    namespaced: facts.namespaced ?? true,
    subresources,
    schema,
    custom: false,
    countsGenerations: facts.countsGenerations ?? false,
    columns: [],
    selectableFields: facts.selectableFields ?? [],
    ...(subresources.includes("scale")
      ? {
          scalePaths: {
            spec: ".spec.replicas",
            status: ".status.replicas",
            selector: ".spec.selector",
          },
        }
      : {}),
  };
}

const core = "io.k8s.api.core.v1.";
const apps = "io.k8s.api.apps.v1.";
const admission = "io.k8s.api.admissionregistration.v1.";
const all = ["all"] as const;
const scalable = ["scale", "status"] as const;

const involved = [
  "kind",
  "namespace",
  "name",
  "uid",
  "apiVersion",
  "resourceVersion",
  "fieldPath",
].map((field) => `involvedObject.${field}`);

/** In the order of discovery. */
export const builtInTypes: readonly ResourceType[] = [
  builtIn("v1", "ConfigMap", {
    plural: "configmaps",
    definition: `${core}ConfigMap`,
    shortNames: ["cm"],
  }),
  builtIn("v1", "Endpoints", {
    plural: "endpoints",
    definition: `${core}Endpoints`,
    shortNames: ["ep"],
  }),
  builtIn("v1", "Event", {
    plural: "events",
    definition: `${core}Event`,
    shortNames: ["ev"],
    selectableFields: [...involved, "reason", "reportingComponent", "source", "type"],
  }),
  builtIn("v1", "Namespace", {
    plural: "namespaces",
    definition: `${core}Namespace`,
    namespaced: false,
    shortNames: ["ns"],
    subresources: ["status"],
    selectableFields: ["status.phase"],
  }),
  builtIn("v1", "Pod", {
    plural: "pods",
    definition: `${core}Pod`,
    shortNames: ["po"],
    categories: all,
    subresources: ["eviction", "status"],
    countsGenerations: true,
    selectableFields: ["spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"],
  }),
  builtIn("v1", "Secret", {
    plural: "secrets",
    definition: `${core}Secret`,
    selectableFields: ["type"],
  }),
  builtIn("v1", "ServiceAccount", {
    plural: "serviceaccounts",
    definition: `${core}ServiceAccount`,
    shortNames: ["sa"],
  }),
  builtIn("v1", "Service", {
    plural: "services",
    definition: `${core}Service`,
    shortNames: ["svc"],
    categories: all,
    subresources: ["status"],
    selectableFields: ["spec.clusterIP", "spec.type"],
  }),
  builtIn("apps/v1", "Deployment", {
    plural: "deployments",
    definition: `${apps}Deployment`,
    shortNames: ["deploy"],
    categories: all,
    subresources: scalable,
    countsGenerations: true,
  }),
  builtIn("apps/v1", "ReplicaSet", {
    plural: "replicasets",
    definition: `${apps}ReplicaSet`,
    shortNames: ["rs"],
    categories: all,
    subresources: scalable,
    countsGenerations: true,
    selectableFields: ["status.replicas"],
  }),
  builtIn("apps/v1", "StatefulSet", {
    plural: "statefulsets",
    definition: `${apps}StatefulSet`,
    shortNames: ["sts"],
    categories: all,
    subresources: scalable,
    countsGenerations: true,
  }),
  builtIn("policy/v1", "PodDisruptionBudget", {
    plural: "poddisruptionbudgets",
    definition: "io.k8s.api.policy.v1.PodDisruptionBudget",
    shortNames: ["pdb"],
    subresources: ["status"],
    countsGenerations: true,
  }),
  builtIn("coordination.k8s.io/v1", "Lease", {
    plural: "leases",
    definition: "io.k8s.api.coordination.v1.Lease",
  }),
  builtIn("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", {
    plural: "validatingadmissionpolicies",
    definition: `${admission}ValidatingAdmissionPolicy`,
    namespaced: false,
    categories: ["api-extensions"],
    subresources: ["status"],
    countsGenerations: true,
  }),
  builtIn("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", {
    plural: "validatingadmissionpolicybindings",
    definition: `${admission}ValidatingAdmissionPolicyBinding`,
    namespaced: false,
    categories: ["api-extensions"],
    countsGenerations: true,
  }),
  builtIn("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
    plural: "customresourcedefinitions",
    definition: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
    namespaced: false,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    subresources: ["status"],
    countsGenerations: true,
  }),
];

/** A built-in kind that this code itself works with. */
export function builtInType(kind: string): ResourceType {
  const found = builtInTypes.find((type) => type.kind === kind);
  if (found === undefined) throw new Error(`${kind} is no built-in kind of the sandbox`);
  return found;
}

/** The kind that stands for a type in objects. */
export const objectHead = (type: ResourceType) => ({
  apiVersion: apiVersionOf(type),
  kind: type.kind,
});
