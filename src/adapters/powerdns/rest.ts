/**
 * One request to the REST API of a PowerDNS server (facts of PowerDNS §7): time limit, size limit, and every
 * error turned into a Failure that says which server and what it said, never with the key in it.
 */
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Json } from "../../core/kernel/json.ts";
import { type Bounded, bounded } from "../bounded.ts";
import { boundedText } from "../bounded-text.ts";
import { registerSecret } from "../secrets.ts";
import { refusedBecause } from "./refusals.ts";

export type PowerDnsOptions = {
  /** `{name} of {cluster}`, for messages. */
  readonly id: string;
  /** Base URL without path, such as `http://127.0.0.1:8081`. */
  readonly apiUrl: string;
  /** Asked before each request, so that a rotated key is taken up at once. */
  readonly readKey: () => Promise<string>;
  /** Limit of one request, from the first byte to the last. */
  readonly timeoutMs: number;
};

export type RestRequest = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below `/api/v1/servers/localhost`. */
  readonly path: string;
  readonly body?: Json;
  readonly signal?: Signal | undefined;
};

/** A whole zone of 10,000 Applications is about 30 MB. */
const responseBytesMax = 128 * 1024 * 1024;
const wordsMax = 300;

export type RestResponse = { readonly status: number; readonly text: string };

/** Sends a request; an answer of any status below 300, or of one in `accepted`, comes back. */
export async function rest(
  options: PowerDnsOptions,
  request: RestRequest,
  accepted: readonly number[] = [],
): Promise<RestResponse> {
  const base = baseUrl(options);
  const key = usableKey(await options.readKey(), options.id);
  registerSecret(key);
  const limit = bounded(options.timeoutMs, request.signal);
  try {
    const response = await fetch(`${base}/api/v1/servers/localhost${request.path}`, {
      method: request.method,
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      // A redirect would carry the key to another host.
      redirect: "manual",
      signal: limit.signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const text = await boundedText(response.body, responseBytesMax);
    if (response.status < 300 || accepted.includes(response.status)) {
      return { status: response.status, text };
    }
    throw refusal(options.id, request, response.status, wordsOf(text, key));
  } catch (thrown) {
    throw thrown instanceof Failure ? thrown : unreachableServer(options, limit, thrown);
  } finally {
    limit.end();
  }
}

/** Scheme, host and port; with anything more, the key would go to a path that is not the API's. */
function baseUrl({ id, apiUrl }: PowerDnsOptions): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  if (isWeb && url.href === `${url.origin}/`) return url.origin;
  const message = `the apiUrl of ${id} is not http:// or https:// with a host and a port only`;
  throw new Failure("DocumentInvalid", message, { where: id });
}

/** A key that may stand in a header; the platform's own error would print it. */
function usableKey(raw: string, id: string): string {
  const key = raw.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Failure(
    "CredentialUnreadable",
    `the API key of ${id} is empty or holds characters that a header can not carry`,
    { where: id },
  );
}

/** The server's own words, short, on one line, without the key even when the server says it. */
function wordsOf(text: string, key: string): string {
  let words = text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "error" in parsed) {
      words = String(parsed.error);
    }
  } catch {
    // Plain text is what PowerDNS answers with 401, 404 and 400.
  }
  const escaped = JSON.stringify(key).slice(1, -1);
  const safe = words.replaceAll(key, "[key]").replaceAll(escaped, "[key]");
  const line = safe.replace(/[^\x20-\x7e]+/g, " ").trim();
  return line.length > wordsMax ? `${line.slice(0, wordsMax)}…` : line;
}

function refusal(id: string, request: RestRequest, status: number, words: string): Failure {
  const said = words === "" ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
  const where = { where: id };
  if (status === 401 || status === 403) {
    return new Failure("NameServerUnauthorized", `${id} refuses the API key`, where);
  }
  if (status === 404) {
    const zone = /^\/zones\/([^/?]+)/.exec(request.path)?.[1] ?? "";
    return new Failure("ZoneMissing", `${id} does not hold the zone ${zone}`, where);
  }
  if (status >= 500) {
    return new Failure("NameServerUnreachable", `${id} failed (${said})`, where);
  }
  const details = { ...where, ...refusedBecause(said) };
  return new Failure("NameServerRefused", `${id} refuses the request (${said})`, details);
}

function unreachableServer(options: PowerDnsOptions, limit: Bounded, thrown: unknown): Failure {
  const { id, apiUrl, timeoutMs } = options;
  const details = { where: `${id} at ${apiUrl}`, cause: thrown };
  if (limit.isLate()) {
    return new Failure(
      "NameServerUnreachable",
      `${id} did not answer within ${timeoutMs} ms`,
      details,
    );
  }
  if (limit.signal.aborted) return new Failure("Cancelled", `asking ${id} was stopped`, details);
  return new Failure(
    "NameServerUnreachable",
    `${id} can not be reached: ${networkReason(thrown)}`,
    details,
  );
}

/** `ECONNREFUSED` and the like from the depth of fetch's error; its own message says only "fetch failed". */
function networkReason(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") {
    return cause.code;
  }
  return cause instanceof Error ? cause.message : "the connection failed";
}
