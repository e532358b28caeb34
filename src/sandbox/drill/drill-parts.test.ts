import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { scriptedReport } from "../../../test/integration/drill-sample.ts";
import { systemClock } from "../../adapters/clock.ts";
import type { Clock } from "../../control/env.ts";
import { httpGet } from "./http-get.ts";
import { listReports, readReport, writeReport } from "./report-files.ts";
import { startTicker } from "./ticker.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port; // A listening TCP server has one.
}

describe("one request of the measuring client", () => {
  test("nobody listening is refused", async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    cleanups.splice(0);
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

describe("reports as files", () => {
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "sovereign-reports-"));
    cleanups.push(() => rm(path, { recursive: true, force: true }));
    return path;
  };
  test("a report that is written is read again, and its hash is that of the file", async () => {
    const reports = await folder();
    const report = scriptedReport();
    const files = await writeReport(reports, report);
    expect(await readReport(reports, report.id)).toEqual(report);
    expect(await listReports(reports)).toEqual([report.id]);
    expect(files.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(files.html, "utf8")).toContain("<!doctype html>");
  });
  test("a missing report, a path instead of an id and a foreign file are told apart", async () => {
    const reports = await folder();
    const id = scriptedReport().id;
    await expect(readReport(reports, id)).rejects.toMatchObject({ code: "NotFound" });
    await expect(readReport(reports, "../secret")).rejects.toMatchObject({ code: "NotFound" });
    await writeReport(reports, scriptedReport());
    await writeFile(join(reports, id, "report.json"), "{}");
    await expect(readReport(reports, id)).rejects.toMatchObject({ code: "DocumentInvalid" });
    expect(await listReports(join(reports, "none"))).toEqual([]);
  });
});
