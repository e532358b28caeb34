/** What is wrong with an object of a built-in kind, in the words of Kubernetes (pkg/apis, validation.go): the rules that our kinds meet. */
import type { Json } from "../../../core/kernel/json.ts";
import { isSameJson } from "../../../core/kernel/json.ts";
import { fieldAt, isObject, type KubeObject, listOr, objectOr } from "../objects/kube-object.ts";
import { fitsSelector } from "../objects/selectors.ts";
import {
  forbiddenField,
  invalidValue,
  requiredValue,
  type StatusCause,
  unsupportedValue,
} from "../objects/status-error.ts";
import { customDefinitionCauses, policyCauses } from "./admission-validation.ts";
import { podSpecCauses } from "./pod-validation.ts";

/** `live` is undefined for a new object. */
export function builtInCauses(
  object: KubeObject,
  live: KubeObject | undefined,
): readonly StatusCause[] {
  switch (object.kind) {
    case "Pod":
      return live === undefined
        ? podSpecCauses(object["spec"], "spec")
        : podChangeCauses(object, live);
    case "ReplicaSet":
    case "Deployment":
    case "StatefulSet":
      return workloadCauses(object, live);
    case "Service":
      return serviceCauses(object);
    case "ConfigMap":
      return keyCauses(object, ["data", "binaryData"]);
    case "Secret":
      return [...keyCauses(object, ["data"]), ...secretCauses(object, live)];
    case "PodDisruptionBudget":
      return budgetCauses(object);
    case "Event":
      return eventCauses(object);
    case "Lease":
      return leaseCauses(object);
    case "ValidatingAdmissionPolicy":
    case "ValidatingAdmissionPolicyBinding":
      return policyCauses(object);
    case "CustomResourceDefinition":
      return customDefinitionCauses(object);
    default:
      return [];
  }
}

function workloadCauses(object: KubeObject, live: KubeObject | undefined): readonly StatusCause[] {
  const spec = objectOr(object["spec"]);
  const pods = spec["template"];
  const labels = objectOr(fieldAt(pods, "metadata", "labels")) as Readonly<Record<string, string>>; // By the schema.
  const causes: StatusCause[] = [];
  const replicas = spec["replicas"];
  if (typeof replicas === "number" && replicas < 0)
    causes.push(invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"));
  for (const field of ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"]) {
    const value = spec[field];
    if (typeof value === "number" && value < 0)
      causes.push(invalidValue(`spec.${field}`, value, "must be greater than or equal to 0"));
  }
  const selector = spec["selector"];
  const isEmpty =
    !isObject(selector) ||
    (Object.keys(objectOr(selector["matchLabels"])).length === 0 &&
      listOr(selector["matchExpressions"]).length === 0);
  if (selector === undefined) causes.push(requiredValue("spec.selector"));
  else if (isEmpty)
    causes.push(
      invalidValue(
        "spec.selector",
        selector,
        `empty selector is invalid for ${object.kind.toLowerCase()}`,
      ),
    );
  if (isEmpty || !fitsSelector(selector, labels))
    causes.push(
      invalidValue(
        "spec.template.metadata.labels",
        labels,
        "`selector` does not match template `labels`",
      ),
    );
  causes.push(...podSpecCauses(fieldAt(pods, "spec"), "spec.template.spec"));
  const policy = fieldAt(pods, "spec", "restartPolicy");
  if (policy !== undefined && policy !== "Always")
    causes.push(unsupportedValue("spec.template.spec.restartPolicy", policy, ["Always"]));
  const before = fieldAt(live, "spec", "selector");
  if (before !== undefined && selector !== undefined && !isSameJson(before, selector))
    causes.push(invalidValue("spec.selector", selector, "field is immutable"));
  return causes;
}

const changeable = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"];

/** Of a Pod only images and a few limits may change. */
function podChangeCauses(pod: KubeObject, live: KubeObject): readonly StatusCause[] {
  const fixed = (value: Json | undefined): Json =>
    Object.fromEntries(
      Object.entries(objectOr(value))
        .filter(([field]) => !changeable.includes(field))
        .map(([field, inner]) => [
          field,
          field.endsWith("ontainers") ? withoutImages(inner) : inner,
        ]),
    );
  if (isSameJson(fixed(pod["spec"]), fixed(live["spec"]))) return [];
  return [
    forbiddenField(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ),
  ];
}

const withoutImages = (containers: Json): Json =>
  listOr(containers).map((one) => ({ ...objectOr(one), image: "" }));

function serviceCauses(service: KubeObject): readonly StatusCause[] {
  const spec = objectOr(service["spec"]);
  const ports = listOr(spec["ports"]);
  if (ports.length === 0 && spec["type"] !== "ExternalName" && spec["clusterIP"] !== "None")
    return [requiredValue("spec.ports")];
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const number = fieldAt(port, "port");
    const causes: StatusCause[] = [];
    if (ports.length > 1 && typeof fieldAt(port, "name") !== "string")
      causes.push(requiredValue(`${at}.name`));
    if (typeof number !== "number" || number < 1 || number > 65_535)
      causes.push(
        invalidValue(`${at}.port`, number ?? 0, "must be between 1 and 65535, inclusive"),
      );
    return causes;
  });
}

const dataKey = /^[-._a-zA-Z0-9]+$/;

function keyCauses(object: KubeObject, fields: readonly string[]): readonly StatusCause[] {
  const said =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  return fields.flatMap((field) =>
    Object.keys(objectOr(object[field]))
      .filter((key) => !dataKey.test(key) || key.length > 253)
      .map((key) => invalidValue(`${field}[${key}]`, key, said)),
  );
}

function secretCauses(secret: KubeObject, live: KubeObject | undefined): readonly StatusCause[] {
  if (live === undefined || live["type"] === secret["type"]) return [];
  return [invalidValue("type", secret["type"], "field is immutable")];
}

function budgetCauses(budget: KubeObject): readonly StatusCause[] {
  const spec = objectOr(budget["spec"]);
  if (spec["minAvailable"] === undefined || spec["maxUnavailable"] === undefined) return [];
  return [
    invalidValue(
      "spec",
      { maxUnavailable: spec["maxUnavailable"], minAvailable: spec["minAvailable"] },
      "minAvailable and maxUnavailable cannot be both set",
    ),
  ];
}

function eventCauses(event: KubeObject): readonly StatusCause[] {
  const about = String(fieldAt(event, "involvedObject", "namespace") ?? "");
  const { namespace = "" } = event.metadata;
  const fits = about === namespace || (about === "" && namespace === "default");
  return fits
    ? []
    : [invalidValue("involvedObject.namespace", about, "does not match event.namespace")];
}

function leaseCauses(lease: KubeObject): readonly StatusCause[] {
  const seconds = fieldAt(lease, "spec", "leaseDurationSeconds");
  const transitions = fieldAt(lease, "spec", "leaseTransitions");
  return [
    ...(typeof seconds === "number" && seconds <= 0
      ? [invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0")]
      : []),
    ...(typeof transitions === "number" && transitions < 0
      ? [invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0")]
      : []),
  ];
}
