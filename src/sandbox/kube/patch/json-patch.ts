/** JSON Patch (RFC 6902) by fast-json-patch, with the refusals of Kubernetes. */
import jsonPatch from "fast-json-patch";
import type { Json } from "../../../core/kernel/json.ts";
import { badRequest, StatusError } from "../objects/status-error.ts";

type Operation = Parameters<typeof jsonPatch.applyPatch>[1][number];

const known = ["add", "remove", "replace", "move", "copy", "test"];

/** The value with the operations applied. Refuses with 400 what is no patch, with 422 what can not be done. */
export function applyJsonPatch(value: Json, patch: Json): Json {
  if (!Array.isArray(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    );
  let document = structuredClone(value);
  // Array.isArray gives any[]; each operation is looked at before it is believed.
  for (const operation of patch as readonly (Operation | null)[]) {
    if (operation === null || typeof operation !== "object") throw refused();
    const { op, path } = operation;
    if (!known.includes(op) || typeof path !== "string") throw refused();
    document = apply(document, operation);
  }
  return document;
}

function apply(document: Json, operation: Operation): Json {
  try {
    // Validated, in place (it is our own copy), and never through `__proto__` into what all objects share.
    return jsonPatch.applyOperation(document, operation, true, true, true).newDocument;
  } catch {
    throw refused();
  }
}

/** Kubernetes does not say which operation it was, nor why. */
function refused(): StatusError {
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
    details: {},
  });
}
