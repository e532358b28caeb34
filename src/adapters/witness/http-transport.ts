/** HTTP to a witness: connections kept open, one limit for the whole exchange, an answer of bounded size, no redirects. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Bounded, bounded } from "../bounded.ts";
import { boundedText } from "../bounded-text.ts";
import { isLoopback } from "../loopback.ts";

export type HttpExchange = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type HttpAnswer = { readonly status: number; readonly text: string };

export interface HttpTransport {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Fails with WitnessUnreachable, with Cancelled when `signal` aborts, or as reading `ca` does. */
  send(exchange: HttpExchange, limitMs: number, signal?: Signal): Promise<HttpAnswer>;
  /** Ends the connections that are kept open. */
  close(): void;
}

/** A hundred grants with the longest names are some 60 kB. */
const answerBytesMax = 256 * 1024;
const connectionsMax = 64;

/** Certificates in PEM to trust; a function is asked before each exchange, so that a replaced bundle is taken up. */
export type TrustedCa = string | (() => Promise<string>) | undefined;

/** The transport for a base URL; `ca` is for a witness whose certificate is ours. Fails with ConfigInvalid. */
export function httpTransport(url: string, ca?: TrustedCa): HttpTransport {
  const { origin, protocol, hostname, port } = baseOf(url);
  const isTls = protocol === "https:";
  const pool = { keepAlive: true, maxSockets: connectionsMax, maxFreeSockets: connectionsMax };
  const agent = isTls ? new HttpsAgent(pool) : new HttpAgent(pool);
  const request = isTls ? httpsRequest : httpRequest;
  const sendOnce = (
    exchange: HttpExchange,
    abort: AbortSignal,
    trusted: string | undefined,
  ): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body } = exchange;
      const length = { "content-length": String(Buffer.byteLength(body)) };
      // The agent keeps connections apart by what they trust.
      const trust = trusted === undefined || !isTls ? {} : { ca: trusted };
      const place = { hostname: hostname.replace(/^\[|\]$/g, ""), port };
      const options = { ...place, ...trust, method, path, agent };
      const sent = request(
        {
          ...options,
          headers: method === "GET" ? headers : { ...headers, ...length },
          signal: abort,
        },
        (response) => readAnswer(response).then(resolve, reject),
      );
      sent.once("error", (cause) => reject(new SendError(cause, sent.reusedSocket)));
      sent.end(body);
    });
  return {
    origin,
    async send(exchange, limitMs, signal) {
      const trusted = typeof ca === "function" ? await ca() : ca;
      const limit = bounded(limitMs, signal);
      try {
        return await sendOnce(exchange, limit.signal, trusted).catch((thrown: unknown) => {
          // The witness closed a kept connection while we took it up; what we ask may be sent twice without harm.
          if (limit.signal.aborted || !(thrown instanceof SendError && thrown.wasKept))
            throw thrown;
          return sendOnce(exchange, limit.signal, trusted);
        });
      } catch (thrown) {
        throw unreachable(origin, limit, limitMs, thrown);
      } finally {
        limit.end();
      }
    },
    close: () => agent.destroy(),
  };
}

class SendError extends Error {
  override readonly name = "SendError";
  readonly wasKept: boolean;

  constructor(cause: Error, wasKept: boolean) {
    super(cause.message, { cause });
    this.wasKept = wasKept;
  }
}

function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url !== undefined && url.href === `${url.origin}/`;
  const isLocal = url !== undefined && isLoopback(url.hostname);
  if (isBare && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))) return url;
  // Without TLS somebody on the way could answer in the witness's name, and grant a lease twice.
  const message =
    "the witness's URL is not https:// with a host and a port only (http:// is for loopback alone)";
  throw new Failure("ConfigInvalid", message, { where: "witness", field: "url" });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  // Without an encoding a response gives buffers.
  const text = await boundedText(response as AsyncIterable<Buffer>, answerBytesMax);
  return { status: response.statusCode ?? 0, text };
}

function unreachable(origin: string, limit: Bounded, limitMs: number, thrown: unknown): Failure {
  const where = { where: origin, cause: thrown };
  if (limit.isLate()) {
    const message = `the witness did not answer within ${limitMs} ms`;
    return new Failure("WitnessUnreachable", message, where);
  }
  if (limit.signal.aborted)
    return new Failure("Cancelled", "asking the witness was stopped", where);
  return new Failure(
    "WitnessUnreachable",
    `the witness can not be reached: ${reasonOf(thrown)}`,
    where,
  );
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof SendError ? thrown.cause : thrown;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
    return cause.code;
  return cause instanceof Error ? cause.message : "the connection failed";
}
