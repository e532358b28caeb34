/**
 * A region's gateway: a reverse proxy on the load balancer's address, in turn over the replicas that are up.
 * Its listener takes IPv4 and IPv4-mapped IPv6 alike, as Linux gives both to an IPv4 socket.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { isGatewayOrder } from "./gateway-order.ts";

type Replica = { readonly host: string; readonly port: number; up: boolean };

const [region = "", address = "127.0.0.1", port = "0", ...targets] = process.argv.slice(2);
const healthPath = "/healthz";
const checkEveryMs = 250;
const checkTimeoutMs = 1_000;

const replicas: readonly Replica[] = targets.map((target) => {
  const [host = "", targetPort = ""] = target.split(":");
  return { host, port: Number(targetPort), up: false };
});
let turn = 0;
let blackHole = false;

function nextReplica(): Replica | undefined {
  for (let step = 1; step <= replicas.length; step++) {
    const candidate = replicas[(turn + step) % replicas.length];
    if (candidate?.up !== true) continue;
    turn = (turn + step) % replicas.length;
    return candidate;
  }
  return undefined;
}

function unavailable(response: ServerResponse, why: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(503, { "content-type": "application/json", "x-region": region });
  response.end(`${JSON.stringify({ error: why, region })}\n`);
}

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const replica = nextReplica();
  if (replica === undefined) {
    unavailable(response, "no replica of this region is up");
    return;
  }
  const outgoing = request(
    {
      host: replica.host,
      port: replica.port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, "x-forwarded-for": incoming.socket.remoteAddress ?? "" },
      timeout: 10_000,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  outgoing.on("timeout", () => outgoing.destroy(new Error("took too long")));
  outgoing.on("error", () => unavailable(response, "the replica broke the connection"));
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function check(replica: Replica): void {
  const probe = request(
    {
      host: replica.host,
      port: replica.port,
      path: healthPath,
      timeout: checkTimeoutMs,
      agent: false,
    },
    (answer) => {
      answer.resume();
      replica.up = answer.statusCode === 200;
      setTimeout(check, checkEveryMs, replica);
    },
  );
  probe.on("timeout", () => probe.destroy());
  probe.on("error", () => {
    replica.up = false;
    setTimeout(check, checkEveryMs, replica);
  });
  probe.end();
}

for (const replica of replicas) check(replica);
createServer((incoming, response) => {
  // A black hole accepts and never answers; the prober's own limit ends it.
  if (blackHole && incoming.url?.split("?")[0] === healthPath) return;
  forward(incoming, response);
}).listen(Number(port), address);

process.on("message", (message) => {
  if (isGatewayOrder(message)) blackHole = message.blackHole;
});
process.on("disconnect", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
