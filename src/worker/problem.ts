/** Answers of the witness: JSON, never kept by anybody on the way; what is refused as a problem (RFC 9457). */
import type { JsonObject } from "../core/kernel/json.ts";

export type ProblemCode =
  | "NotFound"
  | "MethodNotAllowed"
  | "VersionUnsupported"
  | "CredentialRefused"
  | "ClockOutside"
  | "NotPermitted"
  | "BodyTooLarge"
  | "RequestInvalid"
  | "StoreUnavailable"
  | "NotConfigured";

const statusOf: Readonly<Record<ProblemCode, number>> = {
  NotFound: 404,
  MethodNotAllowed: 405,
  VersionUnsupported: 400,
  CredentialRefused: 401,
  ClockOutside: 401,
  NotPermitted: 403,
  BodyTooLarge: 413,
  RequestInvalid: 400,
  StoreUnavailable: 503,
  NotConfigured: 503,
};

/** A JSON answer. */
export function answer(body: JsonObject, status = 200): Response {
  return json(body, status, "application/json");
}

/** A refusal with its code and a sentence; `more` says what a peer can do with it. */
export function problem(code: ProblemCode, detail: string, more: JsonObject = {}): Response {
  const status = statusOf[code];
  const body = { ...more, title: code, status, code, detail };
  return json(body, status, "application/problem+json");
}

/** A request that was understood and not done: somebody holds it, it was lost, or it was decided on an older revision. */
export function refusal(code: string, body: JsonObject): Response {
  const detail = "The lease is not as the request takes it to be.";
  return json({ title: code, status: 409, detail, ...body }, 409, "application/problem+json");
}

function json(body: JsonObject, status: number, type: string): Response {
  const headers = { "content-type": type, "cache-control": "no-store" };
  return new Response(JSON.stringify(body), { status, headers });
}
