/** Refusals as Kubernetes words them: each is a Status object (apimachinery, api/errors), thrown by whoever refuses. */
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { qualifiedKind, qualifiedResource, type ResourceType } from "./resource-type.ts";

export type StatusCause = {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
};

type Details = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
};

type StatusOptions = {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: Details;
};

/** An ordinary refusal of a request; anything else that is thrown is our bug. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly status: JsonObject;

  constructor({ code, reason, message, details }: StatusOptions) {
    super(message);
    this.code = code;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details: details as JsonObject }), // Its optional fields are absent, never undefined.
      code,
    };
  }
}

type Named = { readonly type: ResourceType; readonly name: string };

const resourceDetails = ({ type, name }: Named): Details => ({
  ...(name === "" ? {} : { name }),
  ...(type.group === "" ? {} : { group: type.group }),
  kind: type.plural,
});

export function notFound(named: Named): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: `${qualifiedResource(named.type)} "${named.name}" not found`,
    details: resourceDetails(named),
  });
}

export function alreadyExists(named: Named): StatusError {
  return new StatusError({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualifiedResource(named.type)} "${named.name}" already exists`,
    details: resourceDetails(named),
  });
}

export function conflict(named: Named, because: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualifiedResource(named.type)} "${named.name}": ${because}`,
    details: resourceDetails(named),
  });
}

export const modifiedMeanwhile =
  "the object has been modified; please apply your changes to the latest version and try again";

export function forbidden(
  named: Named,
  because: string,
  causes: readonly StatusCause[] = [],
): StatusError {
  const what = named.name === "" ? "" : ` "${named.name}"`;
  return new StatusError({
    code: 403,
    reason: "Forbidden",
    message: `${qualifiedResource(named.type)}${what} is forbidden: ${because}`,
    details: { ...resourceDetails(named), ...(causes.length === 0 ? {} : { causes }) },
  });
}

/** Wrong fields; each cause's message begins with what is wrong, the field stands apart. */
export function invalid({ type, name }: Named, causes: readonly StatusCause[]): StatusError {
  const lines = causes.map(({ field, message }) =>
    field === "" ? message : `${field}: ${message}`,
  );
  const [only = ""] = lines;
  const said = lines.length === 1 ? only : `[${[...new Set(lines)].join(", ")}]`;
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `${qualifiedKind({ group: type.group, kind: type.kind })} "${name}" is invalid: ${said}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.kind,
      causes,
    },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: "BadRequest", message });
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
}

/** The version asked for is no longer kept. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: "Expired", message });
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError({ code: 415, reason: "UnsupportedMediaType", message });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  });
}

/** What the sandbox does not have at all: said plainly, never pretended. */
export function notImplemented(what: string): StatusError {
  return new StatusError({
    code: 501,
    reason: "NotImplemented",
    message: `the sandbox's API server does not have this: ${what}`,
  });
}

/** The path is none of the API's. */
export function noSuchResource(): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  });
}

/** A cause as `field.Invalid` of Go words it. */
export function invalidValue(field: string, value: Json | undefined, detail: string): StatusCause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${quotedValue(value)}: ${detail}`,
    field,
  };
}

export function requiredValue(field: string, detail = ""): StatusCause {
  return {
    reason: "FieldValueRequired",
    message: detail === "" ? "Required value" : `Required value: ${detail}`,
    field,
  };
}

export function unsupportedValue(
  field: string,
  value: Json | undefined,
  supported: readonly Json[],
): StatusCause {
  const values = supported.map((one) => JSON.stringify(one)).join(", ");
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${quotedValue(value)}: supported values: ${values}`,
    field,
  };
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field };
}

function quotedValue(value: Json | undefined): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string" && value.includes("\n")) return JSON.stringify(value);
  return JSON.stringify(value);
}
