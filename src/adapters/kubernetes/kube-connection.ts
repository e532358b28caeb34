/**
 * HTTP/1.1 to an API server over Node's own `https`: it tells a request that never left from one that nobody answered, because only
 * the second leaves a doubt. Redirects are not followed, nothing compressed is asked for, and answers have a size.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { errorCode } from "../journal/error-code.ts";
import { withoutSecrets } from "../secrets.ts";
import type { Door } from "./door.ts";

export type KubeRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, from the server's own path on. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
};

export type Begun =
  | { readonly kind: "response"; readonly response: IncomingMessage }
  | {
      readonly kind: "silent";
      /** Whether the server may have got it. */
      readonly isSent: boolean;
      /** Whether a kept connection was over when it was taken up again. */
      readonly isStale: boolean;
      readonly because: string;
    };

export type KubeConnection = {
  /** The head of the answer; `signal` also ends the reading of what follows. */
  begin(request: KubeRequest, door: Door, signal: AbortSignal): Promise<Begun>;
  /** Ends the connections that are kept open. */
  close(): void;
};

const socketsMax = 16;
/** An API server keeps an idle connection for 90 s; ours is given up before it can be. */
const idleMs = 30_000;

/** Connections to `server`, a URL without a slash at its end. */
export function kubeConnection(server: string): KubeConnection {
  const pool = { keepAlive: true, maxSockets: socketsMax, timeout: idleMs };
  const isTls = server.startsWith("https:");
  const agent = isTls ? new HttpsAgent(pool) : new HttpAgent(pool);
  return {
    begin({ method, path, contentType, body }, door, signal) {
      const options = {
        method,
        signal,
        // A write on a kept connection that ends in that moment would leave a doubt, and a watch holds its connection for itself.
        agent: method === "GET" && !path.includes("watch=") ? agent : false,
        headers: {
          accept: "application/json",
          "user-agent": "sovereign",
          ...(door.authorization === null ? {} : { authorization: door.authorization }),
          ...(body === undefined
            ? {}
            : { "content-type": contentType, "content-length": Buffer.byteLength(body) }),
        },
      };
      // Said here, so that a variable of Node's (NODE_TLS_REJECT_UNAUTHORIZED) can not take it away.
      const tls = { ...door.tls, minVersion: "TLSv1.2" as const, rejectUnauthorized: true };
      return beginningOf(
        () =>
          isTls
            ? httpsRequest(server + path, { ...options, ...tls })
            : httpRequest(server + path, options),
        body,
      );
    },
    close: () => agent.destroy(),
  };
}

function beginningOf(make: () => ClientRequest, body: string | undefined): Promise<Begun> {
  return new Promise((resolve) => {
    let isSent = false;
    const silent = (thrown: unknown, isStale: boolean): void =>
      resolve({ kind: "silent", isSent, isStale, because: reasonOf(thrown) });
    let request: ClientRequest;
    try {
      request = make();
    } catch (thrown) {
      // A certificate that OpenSSL can not read; its words name neither the key nor its parts.
      silent(thrown, false);
      return;
    }
    request.on("error", (error) => silent(error, request.reusedSocket));
    request.on("socket", (socket) => {
      const send = (): void => {
        isSent = true;
      };
      // Nothing leaves before there is a connection, and over TLS before both sides know each other.
      if (!socket.connecting) send();
      else socket.once("encrypted" in socket ? "secureConnect" : "connect", send);
    });
    request.on("response", (response) => {
      // Whoever reads it is told of its errors; until then there is somebody who hears them.
      response.on("error", () => undefined);
      resolve({ kind: "response", response });
    });
    request.end(body);
  });
}

/** A word or sentence for why nothing, or nothing more, came. */
export function reasonOf(thrown: unknown): string {
  const words = thrown instanceof Error ? thrown.message : "the connection failed";
  return withoutSecrets(errorCode(thrown) || words);
}
