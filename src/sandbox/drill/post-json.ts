/** One HTTP request of the ledger client with a limit for the whole of it: what came back, or which way it failed. */
import { request } from "node:http";
import type { DnsEndpoint } from "../../control/env.ts";
import type { WriteOutcome } from "../../core/drill/ledger-write.ts";

export type JsonReply =
  | { readonly kind: "answered"; readonly status: number; readonly body: unknown }
  | { readonly kind: "failed"; readonly outcome: Extract<WriteOutcome, "refused" | "timedOut"> };

export type JsonRequest = {
  readonly target: DnsEndpoint;
  /** Host header. */
  readonly host: string;
  readonly path: string;
  /** Sent by POST; without it the request is a GET. */
  readonly body?: string;
  readonly limitMs: number;
};

/** A page of a thousand identifiers is some 200 kB; more than this is no answer of the ledger. */
const bodyBytesMax = 4 << 20;

/** Asks once and never again; never rejects. A body that is no JSON is `undefined`. */
export function askJson({ target, host, path, body, limitMs }: JsonRequest): Promise<JsonReply> {
  return new Promise((resolve) => {
    let late = false;
    const method = body === undefined ? "GET" : "POST";
    const headers = body === undefined ? { host } : { host, "content-type": "application/json" };
    const { address, port } = target;
    const outgoing = request({ host: address, port, path, method, headers, agent: false });
    const timer = setTimeout(() => {
      late = true;
      outgoing.destroy();
    }, limitMs);
    const settle = (reply: JsonReply): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    const broken = (): void => settle({ kind: "failed", outcome: late ? "timedOut" : "refused" });
    outgoing.on("error", broken);
    outgoing.on("close", broken); // Changes nothing after a whole response.
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > bodyBytesMax) outgoing.destroy();
      });
      response.on("error", broken);
      response.on("end", () =>
        settle({ kind: "answered", status: response.statusCode ?? 0, body: parsed(text) }),
      );
    });
    outgoing.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Whoever asked says what an answer without JSON means.
  }
}
