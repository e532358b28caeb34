/** One request, passed on to another server as it comes, and its answer passed back (what the sandbox's gateways do). */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";

export type ForwardPlace = { readonly host: string; readonly port: number };

export type Forwarding = {
  readonly to: ForwardPlace;
  /** What the other side is told beside what was asked; default is all of it. */
  readonly requestHeaders?: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders;
  readonly answerHeaders?: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders;
  /** Nobody answers there; nothing was sent to the client yet, or the answer broke off. */
  readonly unavailable: (why: string) => void;
};

const limitMs = 10_000;
const asTheyAre = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => headers;

/** Answers in any case, at the latest after ten seconds of silence. */
export function forwardRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  { to, requestHeaders = asTheyAre, answerHeaders = asTheyAre, unavailable }: Forwarding,
): void {
  const outgoing = request(
    {
      host: to.host,
      port: to.port,
      method: incoming.method,
      path: incoming.url,
      headers: {
        ...requestHeaders(incoming.headers),
        "x-forwarded-for": incoming.socket.remoteAddress ?? "",
      },
      timeout: limitMs,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers));
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  outgoing.on("timeout", () => outgoing.destroy(new Error("took too long")));
  outgoing.on("error", () => unavailable("nobody answers there, or the connection broke"));
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}
