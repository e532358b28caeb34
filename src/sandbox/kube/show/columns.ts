/** What `kubectl get` shows of the built-in kinds, in the columns of Kubernetes (pkg/printers, internalversion). */
import type { Json } from "../../../core/kernel/json.ts";
import { fieldAt, type KubeObject, listOr, objectOr } from "../objects/kube-object.ts";
import { selectorText } from "../objects/selectors.ts";
import { ageOf } from "./human-duration.ts";

export type Column = {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
};

type Cell = (object: KubeObject, nowMs: number) => Json;

export type ShownColumn = { readonly column: Column; readonly cell: Cell };

const column = (name: string, cell: Cell, priority = 0, type = "string"): ShownColumn => ({
  column: { name, type, format: name === "Name" ? "name" : "", description: name, priority },
  cell,
});

const at =
  (...path: readonly string[]): Cell =>
  (object) =>
    text(fieldAt(object, ...path));

const count =
  (...path: readonly string[]): Cell =>
  (object) => {
    const value = fieldAt(object, ...path);
    return typeof value === "number" ? value : 0;
  };

const text = (value: Json | undefined, otherwise = "<none>"): string =>
  value === undefined || value === null || value === "" ? otherwise : String(value);

const name = column("Name", ({ metadata }) => metadata.name ?? "");
const age = column("Age", ({ metadata }, nowMs) => ageOf(metadata.creationTimestamp, nowMs));

const ofPods = (object: KubeObject): readonly Json[] =>
  listOr(fieldAt(object, "spec", "template", "spec", "containers"));

const joinedFields = (values: readonly Json[], field: string): string =>
  values.map((one) => text(fieldAt(one, field), "")).join(",");

const containers = column("Containers", (object) => joinedFields(ofPods(object), "name"), 1);
const images = column("Images", (object) => joinedFields(ofPods(object), "image"), 1);
const selector = column(
  "Selector",
  (object) => text(selectorText(fieldAt(object, "spec", "selector"))),
  1,
);

const ready =
  (wanted: readonly string[], found: readonly string[]): Cell =>
  (object) =>
    `${text(fieldAt(object, ...found), "0")}/${text(fieldAt(object, ...wanted), "0")}`;

const keys =
  (...fields: readonly string[]): Cell =>
  (object) =>
    fields.reduce((sum, field) => sum + Object.keys(objectOr(object[field])).length, 0);

function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const waiting = listOr(fieldAt(pod, "status", "containerStatuses"))
    .map((one) => fieldAt(one, "state", "waiting", "reason"))
    .find((reason) => reason !== undefined);
  return text(
    waiting ?? fieldAt(pod, "status", "reason") ?? fieldAt(pod, "status", "phase"),
    "Unknown",
  );
}

function readyContainers(pod: KubeObject): string {
  const statuses = listOr(fieldAt(pod, "status", "containerStatuses"));
  const all = listOr(fieldAt(pod, "spec", "containers")).length;
  return `${statuses.filter((one) => fieldAt(one, "ready") === true).length}/${all}`;
}

function restarts(pod: KubeObject): string {
  const statuses = listOr(fieldAt(pod, "status", "containerStatuses"));
  return String(
    statuses.reduce<number>((sum, one) => sum + Number(fieldAt(one, "restartCount") ?? 0), 0),
  );
}

function portsOf(service: KubeObject): string {
  const ports = listOr(fieldAt(service, "spec", "ports"));
  return text(
    ports
      .map((port) => `${text(fieldAt(port, "port"))}/${text(fieldAt(port, "protocol"))}`)
      .join(","),
  );
}

function addressesOf(endpoints: KubeObject): string {
  const found = listOr(endpoints["subsets"]).flatMap((subset) =>
    listOr(fieldAt(subset, "addresses")).flatMap((address) =>
      listOr(fieldAt(subset, "ports")).map(
        (port) => `${text(fieldAt(address, "ip"))}:${text(fieldAt(port, "port"))}`,
      ),
    ),
  );
  const more = found.length > 3 ? ` + ${found.length - 3} more...` : "";
  return text(found.slice(0, 3).join(",") + more);
}

const since =
  (...fields: readonly string[]): Cell =>
  (object, nowMs) => {
    const instant = fields.map((field) => object[field]).find((one) => typeof one === "string");
    return ageOf(instant ?? object.metadata.creationTimestamp, nowMs);
  };

function objectOfEvent(event: KubeObject): string {
  const about = fieldAt(event, "involvedObject");
  return `${text(fieldAt(about, "kind"), "").toLowerCase()}/${text(fieldAt(about, "name"), "")}`;
}

/** By kind; a kind that is not here is shown with name and age. */
export const builtInColumns: Readonly<Record<string, readonly ShownColumn[]>> = {
  Pod: [
    name,
    column("Ready", readyContainers),
    column("Status", podStatus),
    column("Restarts", restarts),
    age,
    column("IP", at("status", "podIP"), 1),
    column("Node", at("spec", "nodeName"), 1),
    column("Nominated Node", at("status", "nominatedNodeName"), 1),
    column("Readiness Gates", () => "<none>", 1),
  ],
  Deployment: [
    name,
    column("Ready", ready(["spec", "replicas"], ["status", "readyReplicas"])),
    column("Up-to-date", count("status", "updatedReplicas"), 0, "integer"),
    column("Available", count("status", "availableReplicas"), 0, "integer"),
    age,
    containers,
    images,
    selector,
  ],
  ReplicaSet: [
    name,
    column("Desired", count("spec", "replicas"), 0, "integer"),
    column("Current", count("status", "replicas"), 0, "integer"),
    column("Ready", count("status", "readyReplicas"), 0, "integer"),
    age,
    containers,
    images,
    selector,
  ],
  StatefulSet: [
    name,
    column("Ready", ready(["spec", "replicas"], ["status", "readyReplicas"])),
    age,
    containers,
    images,
  ],
  Service: [
    name,
    column("Type", at("spec", "type")),
    column("Cluster-IP", at("spec", "clusterIP")),
    column("External-IP", () => "<none>"),
    column("Port(s)", portsOf),
    age,
    column(
      "Selector",
      (object) => text(selectorText({ matchLabels: fieldAt(object, "spec", "selector") ?? {} })),
      1,
    ),
  ],
  Endpoints: [name, column("Endpoints", addressesOf), age],
  ConfigMap: [name, column("Data", keys("data", "binaryData"), 0, "integer"), age],
  Secret: [name, column("Type", at("type")), column("Data", keys("data"), 0, "integer"), age],
  ServiceAccount: [
    name,
    column("Secrets", (object) => listOr(object["secrets"]).length, 0, "integer"),
    age,
  ],
  Namespace: [name, column("Status", at("status", "phase")), age],
  Event: [
    column("Last Seen", since("lastTimestamp", "eventTime")),
    column("Type", at("type")),
    column("Reason", at("reason")),
    column("Object", objectOfEvent),
    column("Subobject", at("involvedObject", "fieldPath"), 1),
    column("Source", at("source", "component"), 1),
    column("Message", (object) => text(object["message"], "").trim()),
    column("First Seen", since("firstTimestamp", "eventTime"), 1),
    column("Count", count("count"), 1, "integer"),
    column("Name", ({ metadata }) => metadata.name ?? "", 1),
  ],
  PodDisruptionBudget: [
    name,
    column("Min Available", (object) => text(fieldAt(object, "spec", "minAvailable"), "N/A")),
    column("Max Unavailable", (object) => text(fieldAt(object, "spec", "maxUnavailable"), "N/A")),
    column("Allowed Disruptions", count("status", "disruptionsAllowed"), 0, "integer"),
    age,
  ],
  Lease: [name, column("Holder", at("spec", "holderIdentity")), age],
  CustomResourceDefinition: [
    name,
    column("Created At", ({ metadata }) => metadata.creationTimestamp ?? "", 0, "date"),
  ],
  ValidatingAdmissionPolicy: [
    name,
    column(
      "Validations",
      (object) => listOr(fieldAt(object, "spec", "validations")).length,
      0,
      "integer",
    ),
    column("ParamKind", () => "<unset>"),
    age,
  ],
  ValidatingAdmissionPolicyBinding: [
    name,
    column("PolicyName", at("spec", "policyName")),
    column("ParamRef", () => "<unset>"),
    age,
  ],
};

export const defaultColumns: readonly ShownColumn[] = [name, age];
