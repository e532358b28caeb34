/** Who owns what after a write (structured-merge-diff, merge/update.go): an update takes what it changes, an apply what it declares. */
import type { Json } from "../../../core/kernel/json.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { fieldSchema, resolved, type Schema } from "../objects/schema.ts";
import { StatusError } from "../objects/status-error.ts";
import { type Comparison, compareFields } from "./compare-fields.ts";
import {
  difference,
  elementsOf,
  type FieldSet,
  fieldsOf,
  intersection,
  union,
} from "./field-set.ts";
import {
  allFields,
  isManager,
  type Manager,
  type ManagerId,
  managersOf,
  ownable,
  withManagers,
} from "./managers.ts";
import { ancestorsOf, mergeDeclared, removeFields } from "./merge-fields.ts";
import { zeroObject } from "./zero-object.ts";

export type Writer = {
  readonly id: ManagerId;
  readonly time: string;
  readonly schema: Schema;
  readonly custom: boolean;
  /** Fields that this kind of request can not write, as `f:status`. */
  readonly ignored: readonly string[];
};

/** The object with the managers that it has after an update; `live` is undefined for a new one. */
export function ownUpdated(
  live: KubeObject | undefined,
  updated: KubeObject,
  writer: Writer,
): KubeObject {
  const said = updated.metadata.managedFields;
  const base = said === undefined ? managersOf(live) : managersOf(updated);
  const before = live === undefined && !writer.custom ? zeroObject(writer.schema) : bare(live);
  const found = filtered(compareFields(before, bare(updated), writer.schema), writer.ignored);
  const own = base.find((manager) => isManager(manager, writer.id));
  const others = lose(
    base.filter((manager) => manager !== own),
    union(found.added, found.modified, found.removed),
  );
  const fields = union(
    difference(own?.fields ?? new Set(), found.removed),
    found.modified,
    found.added,
  );
  const tookSome = found.added.size + found.modified.size > 0;
  // Of scale no time is told.
  const now = writer.id.subresource === "scale" ? undefined : writer.time;
  const time = tookSome ? now : own?.time;
  return withManagers(updated, [...others, { ...writer.id, time, fields }]);
}

const hasChange = ({ added, modified, removed }: Comparison): boolean =>
  added.size + modified.size + removed.size > 0;

/** The object as it would be, and whose fields the apply would take without being told to. */
export type Applied = {
  readonly object: KubeObject;
  readonly conflicts: readonly { readonly manager: Manager; readonly fields: FieldSet }[];
};

/** Merges what is declared into `live`. */
export function ownApplied(
  live: KubeObject | undefined,
  declared: KubeObject,
  writer: Writer,
): Applied {
  const { schema, ignored, id } = writer;
  const base = managersOf(live);
  const own = base.find((manager) => isManager(manager, id));
  const others = base.filter((manager) => manager !== own);
  const set = ownable(fieldsOf(declared, schema), ignored);
  const merged = mergeDeclared(live ?? {}, declared, schema);
  const pruned = prune(merged, own?.fields ?? new Set(), union(set, allFields(others)), schema);
  const object = pruned as KubeObject; // It has what was declared, which is an object.
  const found = filtered(compareFields(bare(live), bare(object), schema), ignored);
  const changed = union(found.added, found.modified);
  const conflicts = others.flatMap((manager) => {
    const fields = intersection(manager.fields, changed);
    return fields.size === 0 ? [] : [{ manager, fields }];
  });
  const left = lose(others, union(changed, found.removed));
  // An apply that changes nothing is not told when it was.
  const mine: Manager = { ...id, time: hasChange(found) ? writer.time : own?.time, fields: set };
  return { object: withManagers(object, [...left, mine]), conflicts };
}

/** What was declared last time, is not any more, and nobody else owns, goes. */
function prune(merged: Json, last: FieldSet, owned: FieldSet, schema: Schema): Json {
  const kept = new Set([...owned].flatMap(ancestorsOf));
  const named = [...last].flatMap((path) =>
    ancestorsOf(path).filter((one) => isNamed(one, schema)),
  );
  return removeFields(merged, difference(union(last, new Set(named)), kept), schema);
}

/** Whether a path ends at a field that the schema has by name, so that it is owned with what is in it. */
function isNamed(path: string, given: Schema): boolean {
  let schema: Schema | undefined = resolved(given);
  const elements = elementsOf(path);
  for (const [index, element] of elements.entries()) {
    if (schema === undefined) return false;
    const isLast = index === elements.length - 1;
    if (element.startsWith("f:")) {
      const field = element.slice(2);
      if (isLast) return Object.hasOwn(schema.properties ?? {}, field);
      schema = fieldSchema(schema, field);
    } else {
      if (isLast) return false;
      schema = schema.items === undefined ? undefined : resolved(schema.items);
    }
  }
  return false;
}

function lose(managers: readonly Manager[], fields: FieldSet): readonly Manager[] {
  return managers.map((manager) => ({ ...manager, fields: difference(manager.fields, fields) }));
}

function filtered(comparison: Comparison, ignored: readonly string[]): Comparison {
  const { added, modified, removed } = comparison;
  return {
    added: ownable(added, ignored),
    modified: ownable(modified, ignored),
    removed: ownable(removed, ignored),
  };
}

/** Without who owns it: nobody owns that. */
function bare(object: KubeObject | undefined): Json {
  if (object === undefined) return {};
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The refusal of an apply that would take fields of others, each field named with its owner. */
export function applyConflict(conflicts: Applied["conflicts"]): StatusError {
  const causes = conflicts
    .flatMap(({ manager, fields }) =>
      [...fields].map((path) => ({
        reason: "FieldManagerConflict",
        message: `conflict with ${described(manager)}`,
        field: pathText(path),
        who: described(manager),
      })),
    )
    .sort((one, other) => (one.who + one.field < other.who + other.field ? -1 : 1));
  const [first] = causes;
  const count = causes.length;
  const owners = [...new Set(causes.map(({ who }) => who))];
  const said =
    count === 1 && first !== undefined
      ? `conflict with ${first.who}: ${first.field}`
      : owners
          .map((who) => {
            const fields = causes
              .filter((cause) => cause.who === who)
              .map(({ field }) => `- ${field}`);
            return `conflicts with ${who}:\n${fields.join("\n")}`;
          })
          .join("\n");
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: `Apply failed with ${count} conflict${count === 1 ? "" : "s"}: ${said}`,
    details: { causes: causes.map(({ who: _, ...cause }) => cause) },
  });
}

function described({ name, operation, apiVersion, subresource }: Manager): string {
  const version = operation === "Update" ? ` using ${apiVersion}` : "";
  const part = subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(name)}${part}${version}`;
}

/** `.spec.containers[name="web"].image`. */
export function pathText(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const value = element.slice(2);
      if (element.startsWith("f:")) return `.${value}`;
      if (element.startsWith("v:")) return `[=${value}]`;
      const keys = Object.entries(JSON.parse(value) as Record<string, Json>); // We wrote it.
      return `[${keys.map(([key, of]) => `${key}=${JSON.stringify(of)}`).join(",")}]`;
    })
    .join("");
}
