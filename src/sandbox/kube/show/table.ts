/** Objects as a Table (meta.k8s.io/v1), which is what `kubectl get` asks for: the server says what is shown. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { PrinterColumn, ResourceType } from "../objects/resource-type.ts";
import { builtInColumns, defaultColumns, type ShownColumn } from "./columns.ts";
import { ageOf } from "./human-duration.ts";
import { valueAtJsonPath } from "./json-path.ts";

export type TableOptions = {
  readonly type: ResourceType;
  readonly nowMs: number;
  /** `None`, `Metadata` or `Object`: how much of each object comes with its row. */
  readonly includeObject: string;
  readonly metadata: JsonObject;
};

/** The table of these objects. */
export function tableOf(objects: readonly KubeObject[], options: TableOptions): KubeObject {
  const { type, nowMs, includeObject, metadata } = options;
  const columns = columnsOf(type);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map(({ column }) => column),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, nowMs)),
      object: shownObject(object, includeObject),
    })),
  };
}

function shownObject(object: KubeObject, includeObject: string): Json {
  if (includeObject === "None") return null;
  if (includeObject === "Object") return object;
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: object.metadata,
  };
}

function columnsOf(type: ResourceType): readonly ShownColumn[] {
  if (!type.custom) return builtInColumns[type.kind] ?? defaultColumns;
  if (type.columns.length === 0) return defaultColumns;
  const [name] = defaultColumns;
  return [...(name === undefined ? [] : [name]), ...type.columns.map(customColumn)];
}

function customColumn(given: PrinterColumn): ShownColumn {
  const { name, type, jsonPath, format = "", description, priority = 0 } = given;
  return {
    column: {
      name,
      type,
      format,
      description:
        description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority,
    },
    cell: (object, nowMs) => cellOf(valueAtJsonPath(object, jsonPath), type, nowMs),
  };
}

function cellOf(value: Json | undefined, type: string, nowMs: number): Json {
  if (value === undefined || value === null) return null;
  if (type === "date") return ageOf(value, nowMs);
  if (type === "string") return typeof value === "string" ? value : JSON.stringify(value);
  return value;
}
