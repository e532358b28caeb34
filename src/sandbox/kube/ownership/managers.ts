/** The managers of an object: who owns which fields by which kind of writing (KEP-555, `metadata.managedFields`). */
import { type KubeObject, listOr, type ManagedFieldsEntry } from "../objects/kube-object.ts";
import { difference, type FieldSet, fromFieldsV1, toFieldsV1, union } from "./field-set.ts";

export type Manager = {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** Undefined where none is told. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
};

/** What makes two writings those of one manager. */
export type ManagerId = Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">;

export const isManager = (manager: ManagerId, id: ManagerId): boolean =>
  manager.name === id.name &&
  manager.operation === id.operation &&
  manager.subresource === id.subresource &&
  // An apply is one's own in every version of the kind.
  (id.operation === "Apply" || manager.apiVersion === id.apiVersion);

/** The managers that an object names. */
export function managersOf(object: KubeObject | undefined): readonly Manager[] {
  const entries = listOr(object?.metadata.managedFields) as readonly ManagedFieldsEntry[]; // By the schema of metadata.
  return entries.flatMap((entry): Manager[] =>
    entry.fieldsV1 === undefined
      ? []
      : [
          {
            name: entry.manager,
            operation: entry.operation,
            apiVersion: entry.apiVersion,
            subresource: entry.subresource ?? "",
            time: entry.time,
            fields: fromFieldsV1(entry.fieldsV1),
          },
        ],
  );
}

/** The object with these managers; those that own nothing are left out. */
export function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const entries = managers
    .filter(({ fields }) => fields.size > 0)
    .sort(inOrder)
    .map(
      ({ name, operation, apiVersion, time, fields, subresource }): ManagedFieldsEntry => ({
        manager: name,
        operation,
        apiVersion,
        ...(time === undefined ? {} : { time }),
        fieldsType: "FieldsV1",
        fieldsV1: toFieldsV1(fields),
        ...(subresource === "" ? {} : { subresource }),
      }),
    );
  const { managedFields: _, ...metadata } = object.metadata;
  const named = entries.length === 0 ? {} : { managedFields: entries };
  return { ...object, metadata: { ...metadata, ...named } };
}

function inOrder(one: Manager, other: Manager): number {
  const keys = ["operation", "time", "name", "apiVersion", "subresource"] as const;
  for (const key of keys) {
    const [left = "", right = ""] = [one[key], other[key]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** Fields that the server owns, or that name the object. */
const ownFields = new Set([
  "f:apiVersion",
  "f:kind",
  "f:metadata",
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((field) => `f:metadata\nf:${field}`),
]);

/** What of a set a manager may own; `ignored` are fields of the object that this request can not write. */
export function ownable(set: FieldSet, ignored: readonly string[]): FieldSet {
  const isIgnored = (path: string): boolean =>
    ignored.some((field) => path === field || path.startsWith(`${field}\n`));
  return new Set([...difference(set, ownFields)].filter((path) => !isIgnored(path)));
}

/** All fields that anybody owns. */
export const allFields = (managers: readonly Manager[]): FieldSet =>
  union(...managers.map(({ fields }) => fields));
