/**
 * The check budget for an ordinary user: pdns_server under `ulimit -u 2000`, 1,000 Applications, each name and `_why` asked
 * without a pause. As root the server runs as a user of nobody's; else as the test's own, whose other threads are let live.
 */
import { chownSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureZone } from "../../src/adapters/powerdns/zones.ts";
import type { DesiredZone } from "../../src/core/dns/zone.ts";
import { askAll, type ClientQuestion } from "./dns-client-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import { domain, writeZone, zone, zoneOf } from "./placement-world.ts";

const processesMax = 2_000;
/** Of the server itself, beyond those that it has before the first check: the checker, and one for each use of the API. */
const ownThreadsMax = 8;
const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];
const backends = [randomLoopback(), randomLoopback()] as const;
const sockets = new Set<Socket>();
const listeners: Server[] = [];
let port = 0;
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  for (const socket of sockets) socket.destroy();
  for (const server of listeners) await new Promise((resolve) => server.close(resolve));
});
beforeAll(async () => {
  // They accept and never answer, so that each check keeps its thread for the whole timeout of two seconds.
  for (const address of backends) {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: address, backlog: 4_096 }, resolve);
    });
    const bound = server.address();
    if (typeof bound === "object" && bound !== null) port = bound.port;
    listeners.push(server);
  }
});

/** 1,000 Applications: as many with a probe of their own as the budget takes, the others on one they share. */
function thousand(own: number): DesiredZone {
  const regions = clusters.map((cluster, index) => ({
    cluster,
    ipv4: [backends[index] ?? ""],
    ipv6: [],
  }));
  const shared = { host: `gateway.${domain}` };
  const applications = Array.from({ length: 1_000 }, (_, index) => ({
    name: `app-${index}`,
    placement: index % 2 === 0 ? "active-active" : "active-hotstandby",
    regions: clusters,
    healthCheck: { scheme: "http", port, path: "/healthz", ...(index < own ? {} : shared) },
  }));
  return zoneOf(regions, applications, { sovereign: { ttl: "1s" } });
}

type Process = { readonly pid: string; readonly uid: number; readonly threads: number };

function processes(): readonly Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        const number = (field: string): number =>
          Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]);
        return [{ pid, uid: number("Uid"), threads: number("Threads") }];
      } catch {
        return []; // It ended between the two looks.
      }
    });
}

const threadsOf = (uid: number): number =>
  processes()
    .filter((one) => one.uid === uid)
    .reduce((sum, { threads }) => sum + threads, 0);

/** A server with a limit on the processes of its user; `threads` are those that count against it now. */
async function startLimited(limit: number) {
  const root = process.getuid?.() === 0;
  const before = root ? 0 : threadsOf(process.getuid?.() ?? -1);
  // The limit is that process's own; it is counted over all of the user's, so of an ordinary user's the rest is added.
  const command = ["prlimit", `--nproc=${limit + before}`];
  // A number that no account has: nothing else runs as it.
  const uid = root ? 200_000 + Math.floor(Math.random() * 100_000) : (process.getuid?.() ?? -1);
  const pdns = await startPdnsServer(
    [],
    "ns1",
    {},
    {
      command: root
        ? [...command, "setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"]
        : command,
      prepare: (folder) => {
        if (!root) return;
        for (const file of ["", "pdns.conf", "pdns.sqlite3"])
          chownSync(join(folder, file), uid, uid);
      },
    },
  );
  stops.push(pdns.stop);
  return { pdns, threads: () => threadsOf(uid) - before };
}

async function createZone(pdns: PdnsServer): Promise<void> {
  await ensureZone(pdns.options, zone, [`ns1.${zone}`]);
}

const questionsOf = (desired: DesiredZone): readonly ClientQuestion[] =>
  desired.applications.flatMap(({ fqdn, whyName }): ClientQuestion[] => [
    { name: fqdn, type: "A" },
    ...(whyName === undefined ? [] : [{ name: whyName.replace(/\.$/, ""), type: "TXT" as const }]),
  ]);

test("1,000 Applications that are asked for all the time stay within the budget under ulimit -u 2000", async ({
  annotate,
}) => {
  const { pdns, threads } = await startLimited(processesMax);
  await createZone(pdns);
  const idle = threads();
  const desired = thousand(332);
  // 332 Applications of two addresses and a sentinel each, and three for all others together.
  expect(desired.checks).toMatchObject({ planned: 999, budget: 1_000, state: "withinBudget" });
  await writeZone(pdns, desired);
  const questions = questionsOf(desired);
  expect(questions).toHaveLength(2_000);
  let most = 0;
  let asked = 0;
  const ending = new AbortController();
  const asking = (async () => {
    while (!ending.signal.aborted) {
      const answers = await askAll(pdns.dns, questions);
      expect(answers.filter(({ rcode, data }) => rcode !== "NOERROR" || data.length === 0)).toEqual(
        [],
      );
      asked += answers.length;
    }
  })();
  const untilAtMs = performance.now() + 60_000;
  // Every one of the 664 checks of hanging backends is seen at work at once, and then for some rounds more.
  let rounds = 0;
  while (rounds < 40 && performance.now() < untilAtMs) {
    const now = threads();
    most = Math.max(most, now);
    if (most - idle >= 660) rounds += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  ending.abort();
  await asking;
  // Its threads would count against the next one's limit where both run as the test's own user.
  await pdns.stop();
  await annotate(`threads: ${idle} idle, ${most} at most; ${asked} answers`);
  expect(most - idle).toBeLessThanOrEqual(desired.checks.planned + ownThreadsMax);
  expect(most - idle).toBeGreaterThanOrEqual(660);
  expect(most).toBeLessThan(processesMax);
});

test("the limit is real: with half of the threads that it would need, a server ends", async () => {
  const { pdns } = await startLimited(300);
  await createZone(pdns);
  const desired = thousand(332);
  await writeZone(pdns, desired);
  const questions = questionsOf(desired).slice(0, 400);
  const alive = async (): Promise<boolean> => {
    await Promise.race([
      askAll(pdns.dns, questions).catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    return !/Resource temporarily unavailable|terminate called/.test(pdns.log());
  };
  await expect.poll(alive, { timeout: 60_000, interval: 100 }).toBe(false);
});
