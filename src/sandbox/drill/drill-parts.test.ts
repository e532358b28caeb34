import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { listening } from "../../../test/for-one-test.ts";
import { systemClock } from "../../adapters/clock.ts";
import type { Clock } from "../../control/env.ts";
import { httpGet } from "./http-get.ts";
import { startTicker } from "./ticker.ts";

describe("one request of the measuring client", () => {
  test("nobody listening is refused", async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const target = { address: "127.0.0.1", port };
    expect(await httpGet(target, "shop.test", 1_000)).toEqual({ outcome: "refused" });
  });
  test("a connection that is accepted and never answered ends at the limit", async () => {
    const port = await listening(createServer(() => undefined));
    const target = { address: "127.0.0.1", port };
    expect(await httpGet(target, "shop.test", 100)).toEqual({ outcome: "timedOut" });
  });
  test("a response that is broken off half-way is refused", async () => {
    const port = await listening(
      createServer((_, response) => {
        response.writeHead(200, { "content-length": "10" });
        response.write("half", () => response.destroy());
      }),
    );
    const target = { address: "127.0.0.1", port };
    expect(await httpGet(target, "shop.test", 5_000)).toEqual({ outcome: "refused" });
  });
  test("200 is ok and anything else is not; the name goes as the Host header", async () => {
    const port = await listening(
      createServer(({ headers }, response) => {
        response.writeHead(headers.host === "shop.test" ? 200 : 503).end();
      }),
    );
    const target = { address: "127.0.0.1", port };
    expect(await httpGet(target, "shop.test", 5_000)).toEqual({ outcome: "ok", status: 200 });
    expect(await httpGet(target, "other", 5_000)).toEqual({ outcome: "badStatus", status: 503 });
  });
});

test("a ticker does not wait for what it started, and never has more open than its limit", async () => {
  const open: (() => void)[] = [];
  let refused = 0;
  const ticker = startTicker(systemClock, {
    everyMs: 5,
    inFlightMax: 3,
    work: () => new Promise((resolve) => open.push(resolve)),
    full: () => {
      refused++;
    },
  });
  await expect.poll(() => refused, { timeout: 10_000 }).toBeGreaterThan(2);
  expect(open).toHaveLength(3);
  for (const resolve of open) resolve();
  await expect.poll(() => open.length, { timeout: 10_000 }).toBeGreaterThan(3);
  const stopped = ticker.stop();
  for (const resolve of open) resolve();
  await stopped;
});

test("a clock that wakes early does not make a ticker faster, and a late one leaves ticks out", async () => {
  let nowMs = 0;
  const ticks: number[] = [];
  const wakes = [-0.4, -0.4, 250, -0.4, 0];
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms + (wakes.shift() ?? 0);
    },
  };
  const ticker = startTicker(clock, {
    everyMs: 100,
    inFlightMax: 10,
    work: async () => {
      ticks.push(nowMs);
      if (ticks.length === 6) void ticker.stop(); // It is awaited below.
    },
    full: () => undefined,
  });
  await expect.poll(() => ticks.length).toBeGreaterThanOrEqual(6);
  await ticker.stop();
  expect(ticks.map((at) => Math.round(at))).toEqual([0, 100, 200, 550, 600, 700]);
});
