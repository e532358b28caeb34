/** Answers: JSON, a Status object when refused, warnings as headers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { StatusError } from "../objects/status-error.ts";

/** Sends an object. */
export function sendJson(
  response: ServerResponse,
  code: number,
  body: JsonObject,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  type = "application/json",
): void {
  const text = `${JSON.stringify(body)}\n`;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(code, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-cache, private",
  });
  response.end(text);
}

/** Sends a refusal; what is none is our bug, and says nothing about itself. */
export function sendError(response: ServerResponse, thrown: unknown): void {
  const refusal =
    thrown instanceof StatusError
      ? thrown
      : new StatusError({
          code: 500,
          reason: "InternalError",
          message: "Internal error occurred: the sandbox's API server failed; its log says how",
          details: {},
        });
  const details = refusal.status["details"];
  const after =
    typeof details === "object" && details !== null && "retryAfterSeconds" in details
      ? { "retry-after": String(details["retryAfterSeconds"]) }
      : {};
  if (response.headersSent) response.destroy();
  else sendJson(response, refusal.code, refusal.status, after);
}

/** Warnings in the form of RFC 7234 §5.5. */
export function warningHeaders(
  warnings: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  if (warnings.length === 0) return {};
  return { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) };
}

const bodyBytesMax = 3 * 1024 * 1024;

/** The body as text. Refuses with 413 what is too large, on a connection that still carries the answer. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const part = Buffer.from(chunk as Buffer); // A request without an encoding gives buffers.
    bytes += part.length;
    if (bytes > bodyBytesMax) break;
    chunks.push(part);
  }
  if (bytes > bodyBytesMax) {
    // Who still sends would not read an answer; the server's own limit for a request ends it.
    request.resume();
    throw new StatusError({
      code: 413,
      reason: "RequestEntityTooLarge",
      message: `Request entity too large: limit is ${bodyBytesMax}`,
      details: {},
    });
  }
  return Buffer.concat(chunks).toString();
}

/** Kubernetes takes every media type of JSON that is offered; what is never sent is refused where it is read. */
export function accepts(request: IncomingMessage, part: string): boolean {
  return (request.headers.accept ?? "").includes(part);
}
