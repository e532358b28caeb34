import { Agent, createServer, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../../../test/for-one-test.ts";
import { readBody, sendError, sendJson } from "./reply.ts";

/** A server that says how long a body was, or refuses it; posts bodies to it over one connection. */
async function poster() {
  let connections = 0;
  const server = createServer((asked, response) => {
    readBody(asked).then(
      ({ length }) => sendJson(response, 200, { length }),
      (thrown: unknown) => sendError(response, thrown),
    );
  }).on("connection", () => {
    connections += 1;
  });
  const port = await listening(server);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = (body: string) =>
    new Promise<unknown>((resolve, reject) => {
      const posted = request({ host: "127.0.0.1", port, agent, method: "POST" }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => resolve(JSON.parse(text)));
      });
      posted.once("error", reject);
      posted.end(body);
    });
  return { post, connections: () => connections };
}

const mebibyte = 1024 * 1024;

test("a body that is too large is answered with 413, and the connection goes on", async () => {
  const { post, connections } = await poster();
  const refused = { kind: "Status", code: 413, reason: "RequestEntityTooLarge" };
  expect(await post("x".repeat(3 * mebibyte))).toEqual({ length: 3 * mebibyte });
  expect(await post("x".repeat(3 * mebibyte + 1))).toMatchObject(refused);
  expect(await post("x".repeat(20 * mebibyte))).toMatchObject(refused);
  expect(await post("x")).toEqual({ length: 1 });
  expect(connections()).toBe(1);
});
