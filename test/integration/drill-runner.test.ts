/**
 * The drill's runner against a fake region pair: two real HTTP servers on loopback, and fakes that say so for the name
 * servers and the supervisor. What has to hold here is that a drill never leaves anything broken.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { DnsClient, Journal } from "../../src/control/env.ts";
import { fixedProfile } from "../../src/core/drill/profile.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { DrillTools } from "../../src/sandbox/drill/conduct-drill.ts";
import type { DrillPlan } from "../../src/sandbox/drill/plan-drill.ts";
import { runDrill } from "../../src/sandbox/drill/run-drill.ts";
import type { SandboxRequest } from "../../src/sandbox/protocol.ts";
import { shopOf } from "./drill-sample.ts";
import { FakeConnection } from "./fake-connection.ts";

const second = 64 + Math.floor(Math.random() * 128);
const fsn = `127.${second}.1.80`;
const hel = `127.${second}.2.80`;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function listen(address: string, port: number): Promise<Server> {
  const server = createServer((_, response) => void response.end("ok"));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}

async function end(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

type FakeWorld = {
  readonly tools: DrillTools;
  readonly plan: DrillPlan;
  readonly asked: SandboxRequest["command"][];
  readonly journal: string[];
  readonly closeConnection: () => void;
  readonly connectionClosed: () => boolean;
};

type Fault = { readonly fsnIsDown?: boolean; readonly restoreFails?: boolean };

/** A fake: `break` ends fsn's server and makes the fake name servers answer hel, `restore` undoes both. */
async function fakeWorld(fault: Fault = {}): Promise<FakeWorld> {
  let fsnServer: Server | undefined = await listen(fsn, 0);
  const { port } = fsnServer.address() as AddressInfo; // A listening TCP server has one.
  const helServer = await listen(hel, port);
  const endFsn = async (): Promise<void> => {
    const server = fsnServer;
    fsnServer = undefined;
    if (server !== undefined) await end(server);
  };
  cleanups.push(endFsn, () => end(helServer));
  if (fault.fsnIsDown === true) await endFsn();
  const asked: SandboxRequest["command"][] = [];
  const journal: string[] = [];
  const connection = new FakeConnection(async (request) => {
    asked.push(request.command);
    if (request.command === "break") await endFsn();
    if (request.command !== "restore") return;
    if (fault.restoreFails === true) throw new Failure("ProcessFailed", "It does not start.");
    fsnServer ??= await listen(fsn, port);
  });
  const dns: DnsClient = {
    query: async (_server, name) => ({
      rcode: "NOERROR",
      records: [{ name, type: "A", ttlSeconds: 1, data: connection.broken ? hel : fsn }],
    }),
  };
  const memory: Journal = {
    append: async (event) => {
      journal.push(event.type);
      return { ...event, stream: "drills", seq: journal.length, atMs: 0, prev: "", hash: "" };
    },
  };
  return {
    tools: { clock: systemClock, dns, connection, journal: memory, progress: () => undefined },
    plan: planOf(port),
    asked,
    journal,
    closeConnection: () => connection.close(),
    connectionClosed: () => connection.isClosed,
  };
}

function planOf(port: number): DrillPlan {
  const server = { address: "127.0.0.1", port: 1 };
  return {
    drill: "region-kill",
    region: "hz-fsn-rtz-prod",
    application: shopOf(fsn, hel),
    fqdn: "shop.acme-prod.sovereign.test",
    recursor: server,
    loadBalancerPort: port,
    watched: [{ name: "ns2", endpoint: server }],
    profile: { ...fixedProfile, probeIntervalMs: 1_000, ttlMs: 1_000 },
    environment: [],
  };
}

const id = "drill-mi6x1k9q20a7";
const never = (): AbortSignal => new AbortController().signal;

describe("a running drill", () => {
  test("refuses when the steady state is not green, and breaks nothing", async () => {
    const world = await fakeWorld({ fsnIsDown: true });
    const running = runDrill(world.tools, world.plan, { id, signal: never() });
    await expect(running).rejects.toMatchObject({
      code: "DrillRefused",
      message: expect.stringContaining("requests failed before anything was broken"),
    });
    expect(world.asked).toEqual([]);
  });

  test("restores when it is cancelled in the middle", async () => {
    const world = await fakeWorld();
    const abort = new AbortController();
    const running = runDrill(world.tools, world.plan, { id, signal: abort.signal });
    const ended = expect(running).rejects.toMatchObject({ code: "Cancelled" });
    await expect.poll(() => world.journal, { timeout: 60_000 }).toContain("drill.broken");
    abort.abort();
    await ended;
    expect(world.asked).toEqual(["break", "restore"]);
    expect(world.journal).toEqual(["drill.broken", "drill.restored"]);
  });

  test("gives the connection up when restoring fails, so that the supervisor undoes the break", async () => {
    const world = await fakeWorld({ restoreFails: true });
    const running = runDrill(world.tools, world.plan, { id, signal: never() });
    await expect(running).rejects.toMatchObject({ code: "ProcessFailed" });
    expect(world.connectionClosed()).toBe(true);
  });

  test("ends with NotRunning when the sandbox goes away", async () => {
    const world = await fakeWorld();
    const running = runDrill(world.tools, world.plan, { id, signal: never() });
    const ended = expect(running).rejects.toMatchObject({ code: "NotRunning" });
    await expect.poll(() => world.journal, { timeout: 60_000 }).toContain("drill.broken");
    world.closeConnection();
    await ended;
  });

  test("measures the change, the failures and the return, and leaves everything as it was", async () => {
    const world = await fakeWorld();
    const report = await runDrill(world.tools, world.plan, { id, signal: never() });
    expect(world.asked).toEqual(["break", "restore"]);
    expect(report.measured).toMatchObject({ wrongAnswers: 0, flaps: 0 });
    expect(report.measured.detectMs).not.toBeNull();
    expect(report.measured.answerChangedMs).not.toBeNull();
    expect(report.measured.returnMs).not.toBeNull();
    expect(report.times.startMs).toBeLessThan(0);
    expect(report.times.restoreMs).toBeGreaterThan(0);
    const hosts = report.samples.requests.map(({ address }) => address);
    expect(new Set(hosts)).toEqual(new Set([fsn, hel]));
  });
});
