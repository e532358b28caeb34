/** The listeners of a region's gateway: one server for each port that a Gateway names, and what it answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errorCode } from "../../../adapters/journal/error-code.ts";
import type { RouteRequest } from "../../../core/gateway-api/route-precedence.ts";
import { forwardRequest } from "../../apps/forward-request.ts";
import { changedHeaders, type Routed, type RouteFacts, routeRequest } from "./route-request.ts";

export type GatewayServersOptions = {
  readonly cluster: string;
  readonly address: string;
  /** By what is known at the moment of a request. */
  readonly facts: () => RouteFacts;
  readonly draw: () => number;
};

export type GatewayServers = {
  /** Listens at exactly these ports from now on. */
  listenAt(ports: ReadonlySet<number>): Promise<void>;
  /** Why nothing listens there; undefined where something does. */
  problem(port: number): string | undefined;
  close(): Promise<void>;
};

/** Listens nowhere yet. */
export function gatewayServers(options: GatewayServersOptions): GatewayServers {
  const open = new Map<number, Server>();
  const problems = new Map<number, string>();
  const openAt = async (port: number): Promise<void> => {
    const server = createServer((incoming, response) => serve(options, port, incoming, response));
    const problem = await new Promise<string | undefined>((resolve) => {
      server.once("error", (thrown) => resolve(`it can not listen (${errorCode(thrown)})`));
      server.listen(port, options.address, () => resolve(undefined));
    });
    if (problem === undefined) {
      // What fails later fails one connection; the server goes on.
      server.on("error", () => undefined);
      open.set(port, server);
      problems.delete(port);
    } else problems.set(port, problem);
  };
  return {
    async listenAt(ports) {
      const gone = [...open.keys()].filter((port) => !ports.has(port));
      await Promise.all(gone.map((port) => closeAt(open, port)));
      for (const port of problems.keys()) if (!ports.has(port)) problems.delete(port);
      await Promise.all([...ports].filter((port) => !open.has(port)).map(openAt));
    },
    problem: (port) => problems.get(port),
    close: async () =>
      void (await Promise.all([...open.keys()].map((port) => closeAt(open, port)))),
  };
}

async function closeAt(open: Map<number, Server>, port: number): Promise<void> {
  const server = open.get(port);
  open.delete(port);
  if (server === undefined) return;
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

function serve(
  { cluster, facts, draw }: GatewayServersOptions,
  port: number,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  const say = (status: number, because: string): void => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(status, { "content-type": "application/json", "x-region": cluster });
    response.end(`${JSON.stringify({ error: because, region: cluster })}\n`);
  };
  const routed = routedOf(incoming, port, { facts, draw });
  if (routed.kind === "answer") {
    say(routed.status, routed.because);
    return;
  }
  forwardRequest(incoming, response, {
    to: routed.to,
    requestHeaders: (headers) => changedHeaders(headers, routed.request),
    answerHeaders: (headers) => changedHeaders(headers, routed.answer),
    unavailable: (why) => say(503, why),
  });
}

type Unroutable = { readonly kind: "answer"; readonly status: 400; readonly because: string };

function routedOf(
  incoming: IncomingMessage,
  port: number,
  { facts, draw }: Pick<GatewayServersOptions, "facts" | "draw">,
): Routed | Unroutable {
  const request = requestOf(incoming);
  if (request === undefined) {
    return { kind: "answer", status: 400, because: "this is no path that is routed here" };
  }
  if (incoming.headers.upgrade !== undefined) {
    return { kind: "answer", status: 501, because: "not done here: upgrades" };
  }
  return routeRequest(facts(), { port, request }, draw);
}

/** Undefined for what a proxy and the server behind it could understand differently. */
export function requestOf({
  url = "",
  method = "GET",
  headers,
}: Pick<IncomingMessage, "url" | "method" | "headers">): RouteRequest | undefined {
  const [path = "", query = ""] = url.split("?", 2);
  if (!path.startsWith("/") || /\/\.{1,2}(?:\/|$)|\/\/|%2[ef]|[#\\]/i.test(path)) return undefined;
  return {
    host: (headers.host ?? "").replace(/:\d+$/, "").toLowerCase(),
    path,
    method,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]),
    ),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}
