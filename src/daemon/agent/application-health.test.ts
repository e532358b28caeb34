import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../adapters/clock.ts";
import { makeAbort } from "../../control/abort.ts";
import { applicationHealth } from "./application-health.ts";

let server: Server;
let base = "";
const answers: Record<string, number> = { "/well": 204, "/ill": 500, "/moved": 302 };
beforeAll(async () => {
  server = createServer((request, response) => {
    const status = answers[request.url ?? ""];
    // What is not listed is never answered.
    if (status !== undefined) response.writeHead(status, { location: "/well" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("an Application is ready when it answers with success, and in no other case", {
  timeout: 60_000,
}, async () => {
  const urls = {
    well: `${base}/well`,
    ill: `${base}/ill`,
    moved: `${base}/moved`,
    hanging: `${base}/hanging`,
    gone: "http://127.0.0.1:1/",
  };
  const health = applicationHealth({ urls, clock: systemClock, everyMs: 50, limitMs: 1_500 });
  expect(health.of("well")).toMatchObject({ isReady: false });
  expect(health.of("nobody asks")).toMatchObject({ isReady: true });
  const stop = makeAbort();
  const running = health.run(stop.signal);
  const isRound = (): boolean =>
    health.of("well").isReady && health.of("hanging").because.includes("within 1500 ms");
  for (let tries = 0; tries < 1_000 && !isRound(); tries++) await sleep(20);
  const said = Object.keys(urls).map((name) => health.of(name).isReady);
  expect(said).toEqual([true, false, false, false, false]);
  expect(health.working()).toEqual(["well"]);
  const failing = health.failing();
  expect(failing.map(({ name }) => name).sort()).toEqual(["gone", "hanging", "ill", "moved"]);
  const longer = failing.find(({ name }) => name === "ill")?.forMs ?? 0;
  const isLonger = (): boolean =>
    (health.failing().find(({ name }) => name === "ill")?.forMs ?? 0) > longer;
  for (let tries = 0; tries < 1_000 && !isLonger(); tries++) await sleep(20);
  expect(isLonger()).toBe(true);
  answers["/ill"] = 200;
  const isHealed = (): boolean => !health.failing().some(({ name }) => name === "ill");
  for (let tries = 0; tries < 1_000 && !isHealed(); tries++) await sleep(20);
  expect(isHealed()).toBe(true);
  stop.abort();
  await running;
});
