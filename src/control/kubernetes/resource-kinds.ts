/** The kinds of other people's resources that the product reads or writes, once each. */
import type { ResourceKind } from "./kube-object.ts";

const builtIn = (
  apiVersion: string,
  kind: string,
  plural: string,
  scope: ResourceKind["scope"] = "Namespaced",
): ResourceKind => {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind, plural, scope, isBuiltIn: true };
};

const custom = (...args: Parameters<typeof builtIn>): ResourceKind => ({
  ...builtIn(...args),
  isBuiltIn: false,
});

export const resourceKinds = {
  namespace: builtIn("v1", "Namespace", "namespaces", "Cluster"),
  node: builtIn("v1", "Node", "nodes", "Cluster"),
  pod: builtIn("v1", "Pod", "pods"),
  service: builtIn("v1", "Service", "services"),
  endpoints: builtIn("v1", "Endpoints", "endpoints"),
  configMap: builtIn("v1", "ConfigMap", "configmaps"),
  secret: builtIn("v1", "Secret", "secrets"),
  event: builtIn("v1", "Event", "events"),
  deployment: builtIn("apps/v1", "Deployment", "deployments"),
  replicaSet: builtIn("apps/v1", "ReplicaSet", "replicasets"),
  statefulSet: builtIn("apps/v1", "StatefulSet", "statefulsets"),
  podDisruptionBudget: builtIn("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  lease: builtIn("coordination.k8s.io/v1", "Lease", "leases"),
  admissionPolicy: builtIn(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    "Cluster",
  ),
  admissionPolicyBinding: builtIn(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    "Cluster",
  ),
  // A CRD takes strategic patches, what it defines does not.
  customResourceDefinition: builtIn(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "Cluster",
  ),
  gatewayClass: custom("gateway.networking.k8s.io/v1", "GatewayClass", "gatewayclasses", "Cluster"),
  gateway: custom("gateway.networking.k8s.io/v1", "Gateway", "gateways"),
  httpRoute: custom("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
  referenceGrant: custom("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "referencegrants"),
  postgresCluster: custom("postgresql.cnpg.io/v1", "Cluster", "clusters"),
} as const satisfies Readonly<Record<string, ResourceKind>>;
