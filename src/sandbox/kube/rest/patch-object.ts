/** The four kinds of patch, each to the object that it makes of the present one. */
import { parse } from "yaml";
import { canonicalJson, type Json } from "../../../core/kernel/json.ts";
import { type Asker, keyOf, type Target } from "../admission/asker.ts";
import { isObject, type KubeObject, listOr } from "../objects/kube-object.ts";
import { apiVersionOf } from "../objects/resource-type.ts";
import {
  badRequest,
  requiredValue,
  StatusError,
  unsupportedMediaType,
} from "../objects/status-error.ts";
import { applyConflict, ownApplied } from "../ownership/own-fields.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicMerge } from "../patch/strategic-merge.ts";
import type { Transaction } from "../store/object-store.ts";
import { decodeObject } from "./decode-object.ts";
import { requireLive, saveChanged, saveNew, writerOf } from "./save-object.ts";

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export type PatchType = keyof typeof patchTypes;

export type Patching = {
  readonly tx: Transaction;
  readonly target: Target;
  readonly asker: Asker;
  readonly type: PatchType;
  readonly body: string;
  readonly force: boolean;
  /** The field manager that the request names itself. */
  readonly fieldManager: string;
};

export type Patched = { readonly object: KubeObject; readonly isNew: boolean };

/** The kind of patch of a content type. Refuses with 415. */
export function patchTypeOf(contentType: string, custom: boolean): PatchType {
  const plain = contentType.split(";")[0]?.trim() ?? "";
  const found = (Object.keys(patchTypes) as PatchType[]).find((type) => patchTypes[type] === plain); // Its own keys.
  if (found !== undefined && !(custom && found === "strategic")) return found;
  const offered = Object.entries(patchTypes)
    .filter(([type]) => !(custom && type === "strategic"))
    .map(([, name]) => name);
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${offered.join(", ")}`,
  );
}

/** Patches, or with an apply makes, the object. */
export function patchObject(patching: Patching): Patched {
  const { type, tx, target, force } = patching;
  if (type === "apply") return applyObject(patching);
  if (force) throw patchOptionsInvalid("force", "may not be specified for non-apply patch");
  const live = requireLive({ tx, target });
  const made = patchedBody(live, patching);
  const object = decodeObject(made, { ...patching, type: target.type, patched: true });
  return { object: saveChanged(object, live, patching), isNew: false };
}

function patchOptionsInvalid(field: string, because: string): StatusError {
  const cause = { reason: "FieldValueForbidden", message: `Forbidden: ${because}`, field };
  return optionsError(cause);
}

function optionsError(cause: ReturnType<typeof requiredValue>): StatusError {
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `PatchOptions.meta.k8s.io "" is invalid: ${cause.field}: ${cause.message}`,
    details: { group: "meta.k8s.io", kind: "PatchOptions", causes: [cause] },
  });
}

/** What a merge, strategic or JSON patch makes of any value. */
export function patchedBody(live: KubeObject, { type, body, target }: Patching): Json {
  const patch = parseJsonPatch(body, type);
  if (type === "json") return applyJsonPatch(live, patch);
  if (type === "merge") return mergePatch(live, patch);
  return strategicMerge(live, patch, target.type.schema);
}

function parseJsonPatch(body: string, type: PatchType): Json {
  let value: Json;
  try {
    value = JSON.parse(body) as Json; // JSON.parse gives JSON.
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw badRequest(`error decoding patch: ${why}`);
  }
  if (type !== "json" && !isObject(value))
    throw badRequest("error decoding patch: the patch is no object");
  return value;
}

function applyObject(patching: Patching): Patched {
  const { tx, target, asker, body, force, fieldManager } = patching;
  if (fieldManager === "")
    throw optionsError(requiredValue("fieldManager", "is required for apply patch"));
  const declared = declaredObject(body, patching);
  const live = tx.get(keyOf(target));
  const writer = writerOf(target, asker, "Apply");
  if (live === undefined && target.subresource !== "") requireLive({ tx, target });
  const { resourceVersion, uid } = declared.metadata;
  const applied = ownApplied(live, declared, writer);
  if (applied.conflicts.length > 0 && !force) throw applyConflict(applied.conflicts);
  const noted =
    asker.manager === "kubectl" ? withLastApplied(applied.object, declared) : applied.object;
  const decoded = decodeObject(noted, {
    type: target.type,
    asker: { ...asker, fieldValidation: "Ignore" },
  });
  const saving = { ...patching, isOwned: true };
  if (live === undefined) {
    // What must be there already is not made.
    if (uid !== undefined) requireLive({ tx, target });
    return { object: saveNew(decoded, saving), isNew: true };
  }
  const version = resourceVersion ?? live.metadata.resourceVersion ?? "";
  const versioned = withVersion(decoded, version);
  return { object: saveChanged(versioned, live, saving), isNew: false };
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Where kubectl's own way of applying left its note, it is kept true (fieldmanager, lastappliedupdater.go). */
function withLastApplied(object: KubeObject, declared: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations?.[lastApplied] === undefined) return object;
  const note = `${canonicalJson(declared)}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastApplied]: note } },
  };
}

const withVersion = (object: KubeObject, resourceVersion: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});

/** The body of an apply: only what is declared, nothing filled in. */
function declaredObject(body: string, { target, asker }: Patching): KubeObject {
  const { type, name, namespace } = target;
  let value: Json;
  try {
    value = parse(body, { maxAliasCount: 10 }) as Json; // YAML of these types is JSON.
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown);
    throw badRequest(`error decoding YAML: ${why}`);
  }
  if (!isObject(value)) throw badRequest("error decoding YAML: the body is no object");
  const { apiVersion, kind } = value;
  if (kind === undefined || apiVersion === undefined)
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (apiVersion !== apiVersionOf(type) || kind !== type.kind)
    throw badRequest(
      `invalid object type: ${String(apiVersion)}, Kind=${String(kind)} does not match ${apiVersionOf(type)}, Kind=${type.kind}`,
    );
  // Looked at as a body would be, for unknown fields and wrong types; then only what it says counts.
  const known = decodeObject(value, { type, asker });
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  if (metadata["managedFields"] !== undefined)
    throw badRequest("metadata.managedFields must be nil");
  if (metadata["name"] !== undefined && metadata["name"] !== name)
    throw badRequest(
      `the name of the object (${String(metadata["name"])}) does not match the name on the URL (${name})`,
    );
  const place = { name, ...(type.namespaced ? { namespace } : {}) };
  return {
    ...onlySaid(value, known),
    metadata: { ...onlySaid(metadata, known.metadata), ...place },
  };
}

/** Of `said`, what `known` has too: unknown fields are dropped, and what was filled in is not declared. */
function onlySaid<T extends Json>(said: Json, known: T): T {
  if (Array.isArray(said) && Array.isArray(known)) {
    const list = known as readonly Json[]; // Array.isArray gives any[].
    return list.map((item, index) => onlySaid(listOr(said)[index] ?? null, item)) as unknown as T; // A list as `known` is one.
  }
  if (!isObject(said) || !isObject(known)) return known;
  const kept = Object.entries(known).flatMap(([field, value]) => {
    const declared = said[field];
    return declared === undefined
      ? []
      : [[field, value === undefined ? declared : onlySaid(declared, value)] as const];
  });
  return Object.fromEntries(kept) as T; // The same fields, those that were said.
}
