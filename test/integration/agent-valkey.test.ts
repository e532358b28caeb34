/** Two region agents over a pair of PostgreSQL and a pair of Valkey: both fail over, one after the other, and come back following. */
import { symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentReport } from "../../src/core/failover/agent-report.ts";
import { lossyServices } from "../../src/core/failover/lossy-services.ts";
import { required } from "../../src/core/kernel/assert.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { isRoot } from "../../src/sandbox/servers/server-process.ts";
import { AgentWorld, fsn, hel, until } from "./agent-world.ts";
import { type Pair, postgresPair } from "./postgresql-pair.ts";
import { type ValkeyPair, valkeyPair } from "./valkey-pair.ts";

const fenceProgram = programFile("valkey-fence");
const ledger = { name: "ledger-db", kind: "postgresql", mayLose: "nothing" };
const sessions = {
  name: "sessions",
  kind: "valkey",
  mayLose: "everything",
  after: [ledger.name],
};
/** Longer than a process needs to start, also on a machine that does many other things. */
const patientLease = {
  ttl: "150s",
  renewEvery: "3s",
  rpcTimeout: "3s",
  fenceBudget: "10s",
  margin: "1s",
};

const lease = { ...patientLease, ttl: "30s" };

let databases: Pair;
let caches: ValkeyPair;
let world: AgentWorld;
beforeEach(async () => {
  databases = await postgresPair();
  caches = await valkeyPair();
});
afterEach(async () => {
  await world.close();
  await caches.close();
  await databases.close();
});

/** Where the first region's Valkey is said to be; it is there a while later. */
const lateProgram = (): string => join(dirname(caches.a.dataFolder), "valkey-server");

/** What agent.yaml says of the region's servers. */
function configOf(cluster: string): JsonObject {
  const index = cluster === fsn ? 0 : 1;
  const database = index === 0 ? databases.a : databases.b;
  const [cache, other] = index === 0 ? [caches.a, caches.b] : [caches.b, caches.a];
  const { host, ports, programs, password } = databases.world;
  const file = join(world.folder, "password");
  writeFileSync(file, password, { mode: 0o600 });
  const address = (port: number): JsonObject => ({ host, port, password: { file } });
  const at = ({ host: to, port }: { host: string; port: number }): JsonObject => ({
    ...{ host: to, port },
    password: { file: cache.passwordFile },
  });
  const server = ["--server", `${cache.host}:${cache.port}`, "--password", cache.passwordFile];
  const fence = (mode: string): readonly string[] => [
    ...[process.execPath, fenceProgram, "--data", cache.dataFolder, ...server],
    ...["--postgresql", database.dataFolder, "--mode", mode],
  ];
  return {
    services: [
      {
        name: ledger.name,
        postgresql: {
          dataFolder: database.dataFolder,
          programs,
          local: address(ports[index]),
          peer: address(ports[1 - index] ?? 0),
          ...(isRoot() ? { user: "nobody" } : {}),
        },
      },
      {
        name: sessions.name,
        valkey: {
          dataFolder: cache.dataFolder,
          config: cache.configFile,
          program: cluster === fsn ? lateProgram() : cache.program,
          local: at(cache),
          peer: at(other),
        },
      },
    ],
    watchdog: {
      fence: {
        steps: [{ argv: [...fence("all"), "--limit", "4500"], limitMs: 5_000 }],
        confirm: { argv: [...fence("confirm"), "--limit", "2000"], limitMs: 2_500, exitCodes: [0] },
      },
    },
  };
}

const start = (cluster: string): Promise<void> =>
  world.start(cluster, { config: configOf(cluster) });

const reports = (
  what: string,
  cluster: string,
  holds: (report: AgentReport) => boolean,
): Promise<AgentReport | undefined> =>
  until(
    what,
    () => world.report(cluster),
    (report) => report !== undefined && holds(report),
  );

const serviceOf = (report: AgentReport, name: string) =>
  report.data?.services.find((service) => service.name === name);

test("an agent that is killed in the middle of a promotion goes on with it, and nothing that was promoted is taken back", async () => {
  world = await AgentWorld.make({ services: [sessions, ledger], lease: patientLease });
  await start(fsn);
  const { a } = databases;
  await until(
    "the database is promoted, and what comes after it is not",
    () => a.sql("SELECT epoch FROM sovereign.promotion").catch(() => []),
    (rows) => rows.length > 0,
  );
  const lifeOf = (): Promise<unknown> =>
    a.sql("SELECT pg_postmaster_start_time()::text AS began, pg_is_in_recovery() AS reads");
  const before = await lifeOf();
  expect(await world.health(fsn)).toBe(503);
  await world.end(fsn, "SIGKILL");
  symlinkSync(caches.a.program, lateProgram());
  await start(fsn);
  await reports("it serves", fsn, ({ health }) => health.status === 200);
  expect(await lifeOf()).toEqual(before);
  const epochs = await a.sql("SELECT count(DISTINCT epoch) AS epochs FROM sovereign.promotion");
  expect(epochs).toEqual([{ epochs: "1" }]);
  expect(await caches.a.write(1)).toBe("acknowledged");
});

test("a region that is lost is taken over from with both services, in order, and it is said which of them may lose", async () => {
  world = await AgentWorld.make({ services: [sessions, ledger], lease });
  symlinkSync(caches.a.program, lateProgram());
  await start(fsn);
  await reports("the first region serves", fsn, ({ health }) => health.status === 200);
  expect(await caches.a.write(1)).toBe("acknowledged");
  await start(hel);
  await reports("commits are confirmed", fsn, ({ status }) => status.sync.recorded === "in_sync");
  const ready = await reports(
    "the second region is ready, and follows with both",
    hel,
    (report) =>
      report.readiness?.length === 0 &&
      report.data?.notReady.length === 0 &&
      report.status.armed &&
      report.people.loss.kind === "nothing" &&
      serviceOf(report, sessions.name)?.role === "standby" &&
      typeof serviceOf(report, sessions.name)?.lagMs === "number",
  );
  expect(ready?.people.loss).toMatchObject({ kind: "nothing" });
  await until(
    "the entry arrives",
    () => caches.b.ids(),
    (ids) => ids.includes(1),
  );
  await until(
    "the witness knows how far both are",
    () => world.report(hel),
    (report) => typeof report?.witnessPositions[sessions.name] === "number",
  );
  const said = lossyServices(required(await world.report(hel), "it answers"));
  expect(said).toEqual([
    { name: sessions.name, lagBytes: expect.any(Number), lagMs: expect.any(Number) },
  ]);

  const watchdog = required(await world.watchdogPid(fsn), "it runs");
  await world.end(fsn, "SIGKILL");
  process.kill(watchdog, "SIGKILL");
  await Promise.all([databases.a.die(), caches.a.die()]);
  await reports("the second region serves", hel, ({ health }) => health.status === 200);
  await reports(
    "it says that one of them waits for nobody",
    hel,
    (report) => serviceOf(report, sessions.name)?.sync === "alone",
  );
  const { journalTail } = required(await world.report(hel), "it answers");
  const promoted = journalTail.filter(({ type }) => type === "failover.promoted");
  const order = promoted.map(({ text }) => (text.includes(ledger.name) ? 1 : 2));
  expect(order.slice(0, 2)).toEqual([1, 2]);
  expect(await caches.b.write(2)).toBe("acknowledged");

  await start(fsn);
  await reports(
    "the first region follows with both",
    fsn,
    (report) =>
      serviceOf(report, ledger.name)?.role === "standby" &&
      serviceOf(report, sessions.name)?.role === "standby" &&
      typeof serviceOf(report, sessions.name)?.lagMs === "number",
  );
  await until(
    "what was written since arrives",
    () => caches.a.ids(),
    (ids) => ids.includes(1) && ids.includes(2),
  );
  expect(await caches.a.write(3)).toBe("refused");
  expect(await world.health(fsn)).toBe(503);
});
