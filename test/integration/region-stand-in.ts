/**
 * Two regions' gateways and agents as HTTP servers of a test, one server a region: it answers `/v1/status` as an agent does,
 * and every other path as a gateway that passes the health path on to it. What they say is what the test sets.
 */
import { createServer, type Server } from "node:http";
import { agentReport, type ReportFacts } from "../agent-report.ts";
import { randomLoopback } from "./pdns-server.ts";

export type StandIn = {
  readonly cluster: string;
  readonly address: string;
  readonly url: string;
  /** What the agent says beside its cluster; an epoch makes it serve. */
  facts: Omit<ReportFacts, "cluster">;
  gateway: "answers" | "down";
  /** `silent` answers with an error. */
  agent: "answers" | "silent";
  /** What the gateway was asked for. */
  readonly paths: Set<string>;
};

export type StandIns = { readonly port: number; readonly list: readonly StandIn[]; stop(): void };

/** Starts one for each cluster, all on one port, each on a loopback address of its own. */
export async function startStandIns(clusters: readonly string[]): Promise<StandIns> {
  const servers: Server[] = [];
  const list: StandIn[] = [];
  let port = 0;
  const stop = (): void => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  };
  try {
    for (const cluster of clusters) {
      const address = randomLoopback();
      const region = { cluster, address, facts: {}, gateway: "answers", agent: "answers" } as const;
      const standIn: StandIn = { ...region, url: "", paths: new Set() };
      const server = serverOf(standIn);
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, address, resolve);
      });
      const bound = server.address();
      if (typeof bound === "object" && bound !== null) port = bound.port;
      list.push(Object.assign(standIn, { url: `http://${address}:${port}` }));
    }
  } catch (thrown) {
    stop();
    throw thrown;
  }
  return { port, list, stop };
}

function serverOf(region: StandIn): Server {
  return createServer((request, response) => {
    const { cluster, facts, gateway, agent, paths } = region;
    if (request.url === "/v1/status") {
      response.writeHead(agent === "answers" ? 200 : 500, { "content-type": "application/json" });
      response.end(JSON.stringify(agentReport({ cluster, atMs: Date.now(), ...facts })));
      return;
    }
    paths.add(request.url ?? "");
    if (gateway === "down") request.socket.destroy();
    else response.writeHead(facts.epoch === undefined ? 503 : 200).end();
  });
}
