/** From a body to an object of a kind: unknown fields taken out as the request wants it, wrong types refused, defaults filled in. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { Asker } from "../admission/asker.ts";
import { builtInDefaults } from "../built-in/defaults.ts";
import { isObject, type KubeObject, objectOr } from "../objects/kube-object.ts";
import { apiVersionOf, type ResourceType } from "../objects/resource-type.ts";
import {
  fieldSchema,
  itemSchema,
  metadataSchema,
  resolved,
  type Schema,
} from "../objects/schema.ts";
import { badRequest, invalidValue, StatusError } from "../objects/status-error.ts";
import { withDefaults } from "../schema/defaults.ts";
import { decodeBySchema } from "../schema/unknown-fields.ts";

type How = {
  readonly type: ResourceType;
  readonly asker: Asker;
  /** The object is what a patch makes of the present one; `apply` is worded like a body. */
  readonly patched?: boolean;
};

/** The object that a body means. Refuses with 400 what is none of this kind. */
export function decodeObject(body: Json, how: How): KubeObject {
  const { type } = how;
  if (!isObject(body))
    throw badRequest("couldn't get version/kind; json parse error: the body is no object");
  const head = withHead(body, type);
  const { value, unknown, typeProblem } = decodeMetadataApart(head, type);
  const called = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
  if (typeProblem !== undefined)
    throw how.patched === true
      ? wrongPatch(body, typeProblem)
      : badRequest(`${called}: ${typeProblem}`);
  if (unknown.length > 0) sayUnknown(unknown, called, { ...how, body });
  const bare = type.custom ? value : withoutEmpty(value, resolved(type.schema));
  const metadata = withoutEmpty(bare["metadata"] ?? {}, resolved(metadataSchema));
  const object = { ...bare, metadata } as KubeObject; // Its head and metadata are there.
  if (type.custom) return withDefaults(object, type.schema) as KubeObject; // Defaults add fields.
  return builtInDefaults(object);
}

function withHead(body: JsonObject, type: ResourceType): JsonObject {
  const wanted = apiVersionOf(type);
  const { apiVersion, kind } = body;
  if (apiVersion !== undefined && apiVersion !== wanted)
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${wanted})`,
    );
  if (kind !== undefined && kind !== type.kind)
    throw badRequest(
      `the kind in the data (${String(kind)}) does not match the expected kind (${type.kind})`,
    );
  if (type.custom && kind === undefined)
    throw badRequest(
      `Object 'Kind' is missing in '${JSON.stringify(body)}'`, // As Go says it.
    );
  return { ...body, apiVersion: wanted, kind: type.kind, metadata: body["metadata"] ?? {} };
}

/** Metadata has one form for every kind, and is decoded as a built-in part. */
function decodeMetadataApart(body: JsonObject, type: ResourceType) {
  if (!type.custom) {
    const decoded = decodeBySchema(body, type.schema, false);
    return { ...decoded, value: objectOr(decoded.value) };
  }
  const { metadata, ...rest } = body;
  const own = decodeBySchema(rest, type.schema, true);
  const meta = decodeBySchema(
    { metadata: metadata ?? {} },
    { properties: { metadata: metadataSchema } },
    false,
  );
  return {
    value: { ...objectOr(own.value), ...objectOr(meta.value) },
    unknown: [...meta.unknown, ...own.unknown],
    typeProblem: meta.typeProblem,
  };
}

function sayUnknown(
  unknown: readonly string[],
  called: string,
  { asker, patched, body }: How & { readonly body: Json },
): void {
  const found = unknown.map((field) => `unknown field "${field}"`);
  if (asker.fieldValidation === "Warn") for (const one of found) asker.warn(one);
  if (asker.fieldValidation !== "Strict") return;
  const problem = `strict decoding error: ${found.join(", ")}`;
  if (patched !== true) throw badRequest(`${called}: ${problem}`);
  throw wrongPatch(body, problem);
}

/** What a patch makes is refused as a wrong patch, of nothing in particular. */
function wrongPatch(body: Json, problem: string): StatusError {
  const cause = invalidValue("patch", JSON.stringify(body), problem);
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: ` "" is invalid: patch: ${cause.message}`,
    details: { causes: [cause] },
  });
}

const isOpen = (schema: Schema): boolean =>
  !["type", "properties", "additionalProperties", "format"].some((word) =>
    Object.hasOwn(schema, word),
  );

/** What Go's types do not tell from absent: null, empty lists, empty maps. */
function withoutEmpty(value: Json, schema: Schema): JsonObject {
  const walk = (one: Json, known: Schema): Json | undefined => {
    if (one === null) return undefined;
    // A value of any form, such as a default in a CRD, means what it says.
    if (isOpen(known)) return one;
    if (Array.isArray(one)) {
      const items = itemSchema(known);
      const kept = (one as readonly Json[]).map((item) => walk(item, items) ?? null); // Array.isArray gives any[].
      return kept.length === 0 ? undefined : kept;
    }
    if (!isObject(one)) return one;
    const isMap = known.properties === undefined && known.additionalProperties !== undefined;
    const left = Object.entries(one).flatMap(([field, inner]) => {
      const kept = walk(inner, fieldSchema(known, field) ?? {});
      return kept === undefined ? [] : [[field, kept] as const];
    });
    return isMap && left.length === 0 ? undefined : Object.fromEntries(left);
  };
  return objectOr(walk(value, schema));
}
