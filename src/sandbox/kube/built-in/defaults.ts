/** What Kubernetes fills in where a built-in object says nothing (pkg/apis, defaults.go): the fields that our kinds have. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { fieldAt, isObject, type KubeObject, listOr, objectOr } from "../objects/kube-object.ts";

type Fill = (value: JsonObject) => JsonObject;

/** The object with the defaults of its kind. */
export function builtInDefaults(object: KubeObject): KubeObject {
  const fill = fillers[object.kind];
  return fill === undefined ? object : (fill(object) as KubeObject); // Fields are added, none is taken.
}

const fillers: Readonly<Record<string, Fill>> = {
  Namespace: (namespace) => {
    const metadata = objectOr(namespace["metadata"]);
    const labels = { ...objectOr(metadata["labels"]) };
    if (typeof metadata["name"] === "string")
      labels["kubernetes.io/metadata.name"] = metadata["name"];
    return { ...namespace, metadata: { ...metadata, labels } };
  },
  Pod: (pod) => ({ ...pod, spec: podSpec(objectOr(pod["spec"])) }),
  ReplicaSet: withSpec((spec) => ({
    replicas: 1,
    ...spec,
    ...podBlueprint(spec),
  })),
  Deployment: withSpec((spec) => ({
    progressDeadlineSeconds: 600,
    replicas: 1,
    revisionHistoryLimit: 10,
    ...spec,
    strategy: rollingStrategy(objectOr(spec["strategy"])),
    ...podBlueprint(spec),
  })),
  StatefulSet: withSpec((spec) => ({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    podManagementPolicy: "OrderedReady",
    replicas: 1,
    revisionHistoryLimit: 10,
    updateStrategy: { rollingUpdate: { partition: 0 }, type: "RollingUpdate" },
    ...spec,
    ...podBlueprint(spec),
  })),
  Secret: (secret) => ({ type: "Opaque", ...secret }),
  Service: withSpec((spec) => ({
    internalTrafficPolicy: "Cluster",
    sessionAffinity: "None",
    type: "ClusterIP",
    ...spec,
    ...(spec["ports"] === undefined ? {} : { ports: listOr(spec["ports"]).map(servicePort) }),
  })),
  ValidatingAdmissionPolicy: withSpec((spec) => ({
    failurePolicy: "Fail",
    ...spec,
    ...matching(spec, "matchConstraints"),
  })),
  ValidatingAdmissionPolicyBinding: withSpec((spec) => ({
    ...spec,
    ...matching(spec, "matchResources"),
  })),
  CustomResourceDefinition: withSpec((spec) => {
    const names = objectOr(spec["names"]);
    const kind = String(names["kind"] ?? "");
    const filled = { listKind: `${kind}List`, singular: kind.toLowerCase(), ...names };
    return { conversion: { strategy: "None" }, ...spec, names: filled };
  }),
};

function withSpec(fill: Fill): Fill {
  return (object) =>
    isObject(object["spec"]) ? { ...object, spec: fill(object["spec"]) } : object;
}

function matching(spec: JsonObject, field: string): JsonObject {
  const given = spec[field];
  if (!isObject(given)) return {};
  const rules = given["resourceRules"];
  return {
    [field]: {
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      ...given,
      ...(rules === undefined
        ? {}
        : { resourceRules: listOr(rules).map((rule) => ({ scope: "*", ...objectOr(rule) })) }),
    },
  };
}

function rollingStrategy(strategy: JsonObject): Json {
  const type = strategy["type"] ?? "RollingUpdate";
  if (type !== "RollingUpdate") return { ...strategy, type };
  const given = objectOr(strategy["rollingUpdate"]);
  return { type, rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%", ...given } };
}

function servicePort(port: Json): Json {
  const given = objectOr(port);
  const target = given["targetPort"] ?? given["port"];
  return { protocol: "TCP", ...(target === undefined ? {} : { targetPort: target }), ...given };
}

function podBlueprint(spec: JsonObject): JsonObject {
  const pods = spec["template"];
  if (!isObject(pods)) return {};
  return { template: { ...pods, spec: podSpec(objectOr(pods["spec"])) } };
}

function podSpec(spec: JsonObject): JsonObject {
  return {
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    ...spec,
    ...containers(spec, "initContainers"),
    ...containers(spec, "containers"),
    ...(fieldAt(spec, "serviceAccountName") === undefined
      ? {}
      : { serviceAccount: fieldAt(spec, "serviceAccountName") ?? "" }),
    ...volumes(spec),
  };
}

function volumes(spec: JsonObject): JsonObject {
  if (spec["volumes"] === undefined) return {};
  const modes = { configMap: 420, secret: 420 };
  const filled = listOr(spec["volumes"]).map((volume) => {
    const changed: Record<string, Json> = { ...objectOr(volume) };
    for (const [kind, defaultMode] of Object.entries(modes))
      if (isObject(changed[kind])) changed[kind] = { defaultMode, ...changed[kind] };
    return changed;
  });
  return { volumes: filled };
}

function containers(spec: JsonObject, field: string): JsonObject {
  if (spec[field] === undefined) return {};
  return { [field]: listOr(spec[field]).map((one) => container(objectOr(one))) };
}

function container(given: JsonObject): JsonObject {
  const image = String(given["image"] ?? "");
  const [name = ""] = image.split("@");
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  const isLatest = !image.includes("@") && (tag === undefined || tag === "latest");
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].flatMap((kind) =>
    isObject(given[kind]) ? [[kind, probe(given[kind])] as const] : [],
  );
  return {
    imagePullPolicy: isLatest ? "Always" : "IfNotPresent",
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    ...given,
    ...Object.fromEntries(probes),
    ...(given["ports"] === undefined
      ? {}
      : { ports: listOr(given["ports"]).map((port) => ({ protocol: "TCP", ...objectOr(port) })) }),
    ...environment(given),
  };
}

function environment(given: JsonObject): JsonObject {
  if (given["env"] === undefined) return {};
  const filled = listOr(given["env"]).map((one) => {
    const field = fieldAt(one, "valueFrom", "fieldRef");
    if (!isObject(field)) return one;
    return {
      ...objectOr(one),
      valueFrom: {
        ...objectOr(fieldAt(one, "valueFrom")),
        fieldRef: { apiVersion: "v1", ...field },
      },
    };
  });
  return { env: filled };
}

function probe(given: JsonObject): JsonObject {
  const http = given["httpGet"];
  return {
    failureThreshold: 3,
    periodSeconds: 10,
    successThreshold: 1,
    timeoutSeconds: 1,
    ...given,
    ...(isObject(http) ? { httpGet: { path: "/", scheme: "HTTP", ...http } } : {}),
  };
}
