/**
 * One request to etcd's JSON gateway, over Node's own HTTP: `fetch` can not present a client certificate. It tells a request
 * that was never sent from one that nobody answered, because only the second leaves a doubt.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Signal } from "../../control/env.ts";

export type EtcdTls = { readonly ca?: string; readonly cert?: string; readonly key?: string };

export type EtcdAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly text: string }
  /** `sent` says whether the server may have got it. */
  | { readonly kind: "silent"; readonly sent: boolean; readonly because: string };

export type EtcdConnection = {
  post(ask: {
    readonly url: string;
    readonly body: string;
    readonly token: string | undefined;
    readonly timeoutMs: number;
    readonly signal: Signal | undefined;
  }): Promise<EtcdAnswer>;
  close(): void;
};

/** A record is a few hundred bytes; a note at most 8 KiB, in base64 and with its frame. */
const answerBytesMax = 256 * 1024;
const socketsMax = 32;

/** Keeps connections open between requests until it is closed. */
export function etcdConnection(tls: EtcdTls): EtcdConnection {
  const limits = { keepAlive: true, maxSockets: socketsMax, timeout: 60_000 };
  const http = new HttpAgent(limits);
  const https = new HttpsAgent({ ...limits, ...tls });
  return {
    post({ url, body, token, timeoutMs, signal }) {
      const isTls = url.startsWith("https:");
      const options = {
        method: "POST",
        agent: isTls ? https : http,
        headers: {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
          ...(token === undefined ? {} : { Authorization: token }),
        },
      };
      const request = isTls ? httpsRequest(url, options) : httpRequest(url, options);
      return answerOf(request, body, { timeoutMs, signal });
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function answerOf(
  request: ClientRequest,
  body: string,
  limit: { readonly timeoutMs: number; readonly signal: Signal | undefined },
): Promise<EtcdAnswer> {
  return new Promise((resolve) => {
    let isSent = false;
    const end = (answer: EtcdAnswer): void => {
      clearTimeout(timer);
      limit.signal?.removeEventListener("abort", stop);
      resolve(answer);
    };
    const silent = (because: string): void => {
      end({ kind: "silent", sent: isSent, because });
      request.destroy();
    };
    const stop = (): void => silent("it was stopped");
    const timer = setTimeout(
      () => silent(`no answer within ${limit.timeoutMs} ms`),
      limit.timeoutMs,
    );
    limit.signal?.addEventListener("abort", stop, { once: true });
    request.on("error", (error: NodeJS.ErrnoException) => silent(error.code ?? error.message));
    request.on("socket", (socket) => {
      const send = (): void => {
        isSent = true;
      };
      // Nothing leaves before there is a connection, and over TLS before both sides know each other.
      if (!socket.connecting) send();
      else socket.once("encrypted" in socket ? "secureConnect" : "connect", send);
    });
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        bytes += part.byteLength;
        if (bytes > answerBytesMax) silent(`an answer of more than ${answerBytesMax} bytes`);
        parts.push(part);
      });
      response.on("error", (error) => silent(error.message));
      response.on("aborted", () => silent("the answer broke off"));
      response.on("end", () => {
        if (!response.complete) return silent("the answer broke off");
        const text = Buffer.concat(parts).toString("utf8");
        end({ kind: "answered", status: response.statusCode ?? 0, text });
      });
    });
    if (limit.signal?.aborted === true) stop();
    else request.end(body);
  });
}
