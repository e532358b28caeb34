/** HTTP backends of two regions on loopback, four addresses that share one port, each up, failing or cutting. */
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { randomLoopback } from "./pdns-server.ts";

export type Mode = "up" | "failing" | "cutting";

export type Backend = {
  readonly ipv4: string;
  /** Reaches the same listener: an IPv4-mapped address. */
  readonly ipv6: string;
  setMode: (mode: Mode) => void;
  /** Requests that named `host`, with any path. */
  readonly requestsFor: (host: string) => number;
};

export type Backends = {
  readonly port: number;
  readonly list: readonly Backend[];
  readonly stop: () => void;
};

type Tls = { readonly key: Buffer; readonly cert: Buffer };

/** `count` backends on addresses that follow each other; with `tls` they speak HTTPS. */
export async function startBackends(count: number, tls?: Tls): Promise<Backends> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    try {
      return await tryStart(count, servers, tls);
    } catch (thrown) {
      // Somebody else has the port on one of the addresses; another one will do.
      for (const server of servers) server.close();
      if (attempt === 5) throw thrown;
    }
  }
}

async function tryStart(count: number, servers: Server[], tls?: Tls): Promise<Backends> {
  const network = randomLoopback().split(".").slice(0, 3).join(".");
  const list: Backend[] = [];
  let port = 0;
  for (let index = 0; index < count; index++) {
    const ipv4 = `${network}.${11 + index}`;
    const made = makeBackend(ipv4, tls);
    servers.push(made.server);
    await new Promise<void>((resolve, reject) => {
      made.server.once("error", reject);
      made.server.listen(port, ipv4, resolve);
    });
    const bound = made.server.address();
    if (typeof bound === "object" && bound !== null) port = bound.port;
    list.push(made.backend);
  }
  const stop = (): void => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { port, list, stop };
}

function makeBackend(
  ipv4: string,
  tls: Tls | undefined,
): { readonly server: Server; readonly backend: Backend } {
  let mode: Mode = "up";
  const counts = new Map<string, number>();
  const answer: RequestListener = (request, response) => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    counts.set(host, (counts.get(host) ?? 0) + 1);
    if (mode === "cutting") request.socket.destroy();
    else response.writeHead(mode === "up" ? 200 : 503).end("x");
  };
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer);
  const backend = {
    ipv4,
    ipv6: `::ffff:${ipv4}`,
    setMode: (next: Mode) => {
      mode = next;
    },
    requestsFor: (host: string) => counts.get(host) ?? 0,
  };
  return { server, backend };
}
