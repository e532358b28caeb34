import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { agentReport } from "../../../test/agent-report.ts";
import { agentReports } from "./agent-reports.ts";

const fsn = "hz-fsn-rtz-prod";
const report = agentReport({ cluster: fsn, epoch: 3 });
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function urlOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
}

const answering =
  (body: string, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

describe("an agent is unreachable", () => {
  test.each<[string, RequestListener, string]>([
    ["when it answers an error", answering("{}", 500), "answers HTTP 500"],
    [
      "when it redirects",
      (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      "can not be reached",
    ],
    ["when it answers no JSON", answering("hello"), "answers with no JSON"],
    ["when it answers no report", answering("{}"), "answers with what is no report: version"],
    [
      "when it is of another region",
      answering(JSON.stringify({ ...report, cluster: "hz-hel-rtz-prod" })),
      "says that it is of hz-hel-rtz-prod",
    ],
    ["when it answers without end", answering(`"${"x".repeat(1_100_000)}"`), "larger than 1048576"],
    ["when it hangs", () => undefined, "did not answer within 200 ms"],
    [
      "when it hangs after its head",
      (_, response) => void response.writeHead(200).write("{"),
      "did not answer within 200 ms",
    ],
    [
      "when it cuts the connection",
      (request) => void request.socket.destroy(),
      "can not be reached",
    ],
  ])("%s", async (_, listener, words) => {
    const timeoutMs = words.includes("200 ms") ? 200 : 20_000;
    const reader = agentReports({ cluster: fsn, url: await urlOf(listener), timeoutMs });
    await expect(reader.read()).rejects.toMatchObject({
      code: "AgentUnreachable",
      message: expect.stringContaining(words),
    });
  });

  test("when nobody listens", async () => {
    const url = await urlOf(answering(""));
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    await expect(
      agentReports({ cluster: fsn, url, timeoutMs: 20_000 }).read(),
    ).rejects.toMatchObject({
      code: "AgentUnreachable",
      message: `the agent of ${fsn} can not be reached: ECONNREFUSED`,
    });
  });
});

test("a report is read at /v1/status, and asking for it can be stopped", async () => {
  const asked: unknown[] = [];
  const url = await urlOf((request, response) => {
    asked.push(request.url);
    response.end(JSON.stringify({ ...report, more: true }));
  });
  const reader = agentReports({ cluster: fsn, url: `${url}/`, timeoutMs: 20_000 });
  expect(await reader.read()).toEqual(report);
  expect(asked).toEqual(["/v1/status"]);
  const stopped = new AbortController();
  stopped.abort();
  await expect(reader.read(stopped.signal)).rejects.toMatchObject({ code: "Cancelled" });
});
