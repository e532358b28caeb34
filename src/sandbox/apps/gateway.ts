/**
 * A region's gateway: a reverse proxy on the load balancer's address, in turn over the replicas that are up. What asks whether the
 * region serves a failover group goes to the region's agent.
 * Its listener takes IPv4 and IPv4-mapped IPv6 alike, as Linux gives both to an IPv4 socket.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type ForwardPlace, forwardRequest } from "./forward-request.ts";
import { type GatewayOrder, isGatewayOrder } from "./gateway-order.ts";

type Place = ForwardPlace;
type Replica = Place & { up: boolean };

const [region = "", outside = "", inside = "", agent = "", ...targets] = process.argv.slice(2);
const healthPath = "/healthz";
const authorityPath = "/.well-known/failover/";
const checkEveryMs = 250;
const checkTimeoutMs = 1_000;

function placeOf(target: string): Place {
  const [host = "", targetPort = ""] = target.split(":");
  return { host, port: Number(targetPort) };
}

const agentPlace = placeOf(agent);
const replicas: readonly Replica[] = targets.map((target) => ({ ...placeOf(target), up: false }));
let turn = 0;
let blackHole: GatewayOrder["blackHole"] = "none";

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

function pathOf(incoming: IncomingMessage): string {
  return incoming.url?.split("?")[0] ?? "";
}

function answerOutside(incoming: IncomingMessage, response: ServerResponse): void {
  const path = pathOf(incoming);
  // A black hole accepts and never answers; the own limit of whoever asks ends it.
  if (blackHole === "all") return;
  if (blackHole === "health" && (path === healthPath || path.startsWith(authorityPath))) return;
  answerInside(incoming, response);
}

/** The region's own agent asks here; what cuts off its users does not cut it off. */
function answerInside(incoming: IncomingMessage, response: ServerResponse): void {
  if (pathOf(incoming).startsWith(authorityPath)) {
    forward(incoming, response, agentPlace);
    return;
  }
  const replica = nextReplica();
  if (replica === undefined) unavailable(response, "no replica of this region is up");
  else forward(incoming, response, replica);
}

function forward(incoming: IncomingMessage, response: ServerResponse, to: Place): void {
  forwardRequest(incoming, response, { to, unavailable: (why) => unavailable(response, why) });
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
for (const [text, handler] of [
  [outside, answerOutside],
  [inside, answerInside],
] as const) {
  const { host, port } = placeOf(text);
  createServer(handler).listen(port, host);
}

process.on("message", (message) => {
  if (isGatewayOrder(message)) blackHole = message.blackHole;
});
process.on("disconnect", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
