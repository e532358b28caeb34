/** The check budget on a real pdns_server: its threads are counted while every name is asked for, again and again. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DesiredZone } from "../../src/core/dns/zone.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { testDnsClient } from "./dns-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import { domain, writeZone, zone, zoneOf } from "./placement-world.ts";

const port = 8080;
const backends = [randomLoopback(), randomLoopback()] as const;
const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];
const sockets = new Set<Socket>();
const listeners: Server[] = [];

beforeAll(async () => {
  // A backend that accepts and never answers keeps the thread of each check for the whole timeout of two seconds.
  for (const address of backends) {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    listeners.push(server);
  }
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of listeners) await new Promise((resolve) => server.close(resolve));
});

function zoneWith(count: number, sovereign: JsonObject): DesiredZone {
  const regions = clusters.map((cluster, index) => ({
    cluster,
    ipv4: [backends[index] ?? ""],
    ipv6: [`::ffff:${backends[index]}`],
  }));
  const applications = Array.from({ length: count }, (_, index) => ({
    name: `app-${index}`,
    placement: index % 2 === 0 ? "active-active" : "active-hotstandby",
    regions: clusters,
    healthCheck: { scheme: "http", port, path: "/healthz" },
  }));
  return zoneOf(regions, applications, { sovereign });
}

/** Threads of the server whose configuration lies in the folder. */
function threadsOf({ folder }: PdnsServer): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) continue;
      return readdirSync(`/proc/${pid}/task`).length;
    } catch {
      // A process that ended between the two looks is not ours.
    }
  }
  throw new Error("the server does not run");
}

/** Its threads when it has nothing to do. Its API answers before the others are started: the first DNS answer needs the last of them. */
async function idleThreadsOf(server: PdnsServer): Promise<number> {
  await testDnsClient.query(server.dns, zone, "SOA");
  let [before, count] = [0, threadsOf(server)];
  while (count !== before) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    [before, count] = [count, threadsOf(server)];
  }
  return count;
}

/** The most threads that were seen while every name and its `_why` were asked for, over some rounds of probes. */
async function mostThreads(server: PdnsServer, desired: DesiredZone): Promise<number> {
  const names = desired.applications.flatMap(({ fqdn, whyName }) => [
    `${fqdn}.`,
    whyName ?? `${fqdn}.`,
  ]);
  let most = 0;
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < names.length; at += 20) {
      const slice = names.slice(at, at + 20);
      await Promise.all(
        slice.flatMap((name) =>
          (name.startsWith("_why") ? ["TXT"] : ["A", "AAAA"]).map((type) =>
            testDnsClient.query(server.dns, name, type),
          ),
        ),
      );
      most = Math.max(most, threadsOf(server));
    }
    for (let look = 0; look < 30; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      most = Math.max(most, threadsOf(server));
    }
  }
  return most;
}

test("probes of their own make as many threads as planned, and not more", async () => {
  const server = await startPdnsServer([zone]);
  try {
    const idle = await idleThreadsOf(server);
    const desired = zoneWith(50, { ttl: "1s" });
    expect(desired.checks).toMatchObject({ planned: 300, state: "withinBudget" });
    await writeZone(server, desired);
    const most = await mostThreads(server, desired);
    expect(most - idle).toBeLessThanOrEqual(desired.checks.planned + 2);
    // The sentinels fail at once; the other 200 hang, so that the count above is about something.
    expect(most - idle).toBeGreaterThan(100);
  } finally {
    await server.stop();
  }
});

test("a thousand Applications above the budget share one probe and a handful of threads", async () => {
  const server = await startPdnsServer([zone]);
  try {
    const idle = await idleThreadsOf(server);
    const shared = { host: `gateway.${domain}`, scheme: "http", port };
    const desired = zoneWith(1_000, { ttl: "1s", checks: { shared } });
    expect(desired.checks).toMatchObject({
      planned: 6,
      state: "shared",
      sharing: 1_000,
      budget: 1_000,
    });
    await writeZone(server, desired);
    expect((await mostThreads(server, desired)) - idle).toBeLessThanOrEqual(
      desired.checks.planned + 2,
    );
  } finally {
    await server.stop();
  }
});
