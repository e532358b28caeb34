/** What an API server's no means: an ordinary outcome of the port, or a Failure (Kubernetes API conventions, *Response Status Kind*). */
import type { FieldCause, FieldOwner, Refusal } from "../../control/kubernetes/refusal.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";
import { inOneLine, type StatusObject, statusOf } from "./status-object.ts";

export type Asked = {
  /** The server and who we are there. */
  readonly id: string;
  /** What was asked, such as `PATCH deployments/shop`, for messages. */
  readonly what: string;
  readonly isWrite: boolean;
  /** Whether the request carried an object or a patch, which may be wrong. */
  readonly hasBody: boolean;
  readonly isEviction: boolean;
  readonly isJsonPatch: boolean;
  /** Whether it is about a Secret: a server's words may then quote one. */
  readonly isSecret: boolean;
};

type No = { readonly status: number; readonly text: string; readonly retryAfterMs: number | null };

/** The outcome of an answer that is neither 200 nor 201. Fails as the port says. */
export function refusalOf(no: No, asked: Asked): Refusal {
  const status = statusOf(parseJson(no.text));
  return refusalOfStatus(no, status ?? bareStatus(no, asked), asked);
}

/** The same for a Status that came by another way than as an answer, as in a watch. */
export function refusalOfStatus(no: No, status: StatusObject, asked: Asked): Refusal {
  const because = asked.isSecret
    ? `${status.reason || "no"} (${no.status}); the server's words about a Secret are not repeated`
    : inOneLine(status.message) || status.reason || `status ${no.status}`;
  switch (no.status) {
    case 400:
    case 413:
      return wrongRequest(no, status, asked, because);
    case 401:
      throw new Failure(
        "KubernetesUnauthorized",
        `${asked.id} does not accept the credential: ${because}`,
        { where: asked.id },
      );
    case 403:
      return forbidden(status, asked, because);
    case 404:
      return { kind: "notFound", what: isObject(status) ? "object" : "kind", because };
    case 409:
      return conflict(status, because);
    case 410:
      return { kind: "gone", because };
    case 422:
      return unprocessable(status, asked, because);
    case 429:
      if (!asked.isEviction) throw brokenServer(no, { ...asked, isWrite: false }, because);
      return { kind: "tooMany", retryAfterMs: waitOf(no, status), because };
    case 500:
      return serverError(no, status, asked, because);
    default:
      throw no.status > 500 && no.status !== 501
        ? brokenServer(no, asked, because)
        : refused(no, asked, because);
  }
}

/** A Status for an answer that has none: a proxy's page, or the text with which an API server says that it knows no such path. */
function bareStatus({ status: code, text }: No, { isSecret }: Asked): StatusObject {
  const message = isSecret ? "" : inOneLine(text);
  const details = { name: "", kind: "", causes: [], retryAfterSeconds: null };
  return { kind: "Status", status: "Failure", message, reason: "", code, details };
}

/** A path that the server knows nothing of has no name in its details. */
function isObject({ details }: StatusObject): boolean {
  return details.name !== "";
}

function causesOf(status: StatusObject, { isSecret }: Asked): readonly FieldCause[] {
  const { message: words, details } = status;
  const told = details.causes.map(({ field, reason, message }) => ({
    field,
    reason,
    message: isSecret ? "not repeated" : inOneLine(message),
  }));
  const strict = causesInWords(words);
  // In a patch, an unknown field is said to be one of the field `patch`, behind the whole object.
  return told.every(({ field }) => field === "" || field === "patch") && strict.length > 0
    ? strict
    : told;
}

/** Unknown fields stand in a sentence alone: `strict decoding error: unknown field "spec.x", duplicate field "y"`. */
function causesInWords(words: string): readonly FieldCause[] {
  const [, list = ""] = /\bstrict decoding error: (.*)$/s.exec(words) ?? [];
  const strict = /\b(unknown|duplicate) field "([^"]{1,500})"/g;
  return [...list.matchAll(strict)].map(([message, what, field = ""]) => ({
    field,
    reason: what === "unknown" ? "FieldValueUnknown" : "FieldValueDuplicate",
    message,
  }));
}

function wrongRequest(no: No, status: StatusObject, asked: Asked, because: string): Refusal {
  // Without an object in it, the request itself is what the server does not understand.
  if (!asked.hasBody) throw refused(no, asked, because);
  return { kind: "invalid", causes: causesOf(status, asked), because };
}

const policyWords = /\bValidatingAdmissionPolicy '([^']+)' with binding '[^']*' denied request\b/;
const webhookWords = /\badmission webhook "([^"]+)" denied the request\b/;

/** Who denied it, when it was admission and not a rule of the kind or of access. */
function denierIn({ message }: StatusObject): string | undefined {
  return policyWords.exec(message)?.[1] ?? webhookWords.exec(message)?.[1];
}

function forbidden(status: StatusObject, asked: Asked, because: string): Refusal {
  const by = denierIn(status);
  if (by !== undefined) return { kind: "denied", by, because };
  const ends = status.details.causes.some(({ reason }) => reason === "NamespaceTerminating");
  if (ends && asked.hasBody) return { kind: "conflict", about: "state", owners: [], because };
  return { kind: "forbidden", because };
}

const otherManager = /^conflict with "((?:[^"\\]|\\.)*)"/;

function conflict(status: StatusObject, because: string): Refusal {
  if (status.reason === "AlreadyExists") return { kind: "alreadyExists", because };
  const owners = status.details.causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(
      ({ field, message }): FieldOwner => ({
        field,
        manager: otherManager.exec(message)?.[1] ?? "",
      }),
    );
  if (owners.length > 0) return { kind: "conflict", about: "owner", owners, because };
  const isVersion =
    /object has been modified|precondition failed|in the precondition|uid mismatch/i.test(
      status.message,
    );
  return { kind: "conflict", about: isVersion ? "version" : "state", owners: [], because };
}

function unprocessable(status: StatusObject, asked: Asked, because: string): Refusal {
  const by = denierIn(status);
  if (by !== undefined) return { kind: "denied", by, because };
  const causes = causesOf(status, asked);
  // It does not say which operation: a test that does not hold, or a path that is not there. The object is not as was thought either way.
  if (asked.isJsonPatch && causes.length === 0) {
    return { kind: "conflict", about: "patch", owners: [], because };
  }
  return { kind: "invalid", causes, because };
}

function waitOf({ retryAfterMs }: No, { details }: StatusObject): number | null {
  const { retryAfterSeconds } = details;
  if (retryAfterMs !== null) return retryAfterMs;
  return retryAfterSeconds !== null && retryAfterSeconds !== undefined && retryAfterSeconds > 0
    ? retryAfterSeconds * 1_000
    : null;
}

/** An apply that does not fit its kind is answered with 500, before anything is done. */
const untypedWords =
  /^failed to create typed patch object\b.*?: (?:\.(\S+): field not declared in schema)?/;

function serverError(no: No, status: StatusObject, asked: Asked, because: string): Refusal {
  // Two budgets for one Pod are a mistake of whoever made them, and nothing is evicted.
  if (asked.isEviction && /more than one PodDisruptionBudget/.test(status.message)) {
    return { kind: "conflict", about: "state", owners: [], because };
  }
  const untyped = untypedWords.exec(status.message);
  if (untyped === null) throw brokenServer(no, asked, because);
  const [, field = ""] = untyped;
  const message = field === "" ? because : `unknown field "${field}"`;
  const reason = field === "" ? "FieldValueInvalid" : "FieldValueUnknown";
  return { kind: "invalid", causes: [{ field, reason, message }], because };
}

function brokenServer({ status }: No, { id, what, isWrite }: Asked, because: string): Failure {
  const message = `${id} answers ${what} with ${status}: ${because}`;
  return isWrite
    ? new Failure("KubernetesUncertain", `${message}; whether it was done is not known`, {
        where: id,
      })
    : new Failure("KubernetesUnreachable", message, { where: id });
}

function refused({ status }: No, { id, what }: Asked, because: string): Failure {
  const message = `${id} refuses ${what} with ${status}: ${because}`;
  return new Failure("KubernetesRefused", message, { where: id });
}
