/** Two region agents over two real PostgreSQL servers: a region dies, nothing that was acknowledged is lost, and it comes back following. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentReport } from "../../src/core/failover/agent-report.ts";
import { required } from "../../src/core/kernel/assert.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { isRoot } from "../../src/sandbox/servers/server-process.ts";
import { AgentWorld, fsn, hel, until } from "./agent-world.ts";
import { lostOf, startLoad } from "./postgresql-load.ts";
import { type Pair, postgresPair, type Side } from "./postgresql-pair.ts";

const fenceProgram = programFile("postgres-fence");
const service = { name: "ledger-db", kind: "postgresql", mayLose: "nothing" };
const lease = { ttl: "24s", renewEvery: "3s", rpcTimeout: "3s", fenceBudget: "10s", margin: "1s" };
/** Longer than a process needs to start, also on a machine that does many other things. */
const patientLease = { ...lease, ttl: "150s" };

let pair: Pair;
let world: AgentWorld;
beforeEach(async () => {
  pair = await postgresPair();
});
afterEach(async () => {
  await world.close();
  await pair.close();
});

/** What agent.yaml says of the region's server. */
function configOf(cluster: string): JsonObject {
  const { host, ports, programs, password } = pair.world;
  const index = cluster === fsn ? 0 : 1;
  const side = index === 0 ? pair.a : pair.b;
  const file = join(world.folder, "password");
  writeFileSync(file, password, { mode: 0o600 });
  const address = (port: number): JsonObject => ({ host, port, password: { file } });
  const fence = (mode: string): readonly string[] => [
    process.execPath,
    ...[fenceProgram, "--data", side.dataFolder, "--mode", mode],
  ];
  return {
    services: [
      {
        name: service.name,
        postgresql: {
          dataFolder: side.dataFolder,
          programs,
          local: address(ports[index]),
          peer: address(ports[1 - index] ?? 0),
          ...(isRoot() ? { user: "nobody" } : {}),
        },
      },
    ],
    watchdog: {
      fence: {
        steps: [{ argv: [...fence("all"), "--limit", "4500"], limitMs: 5_000 }],
        confirm: { argv: fence("confirm"), limitMs: 2_500, exitCodes: [0] },
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

/** The first region serves, and the second one confirms its commits and may take over. */
async function inStep(times: JsonObject): Promise<void> {
  world = await AgentWorld.make({ services: [service], lease: times });
  await start(fsn);
  await reports("the first region serves", fsn, ({ health }) => health.status === 200);
  await pair.a.sql("CREATE TABLE entry (id int PRIMARY KEY)");
  await start(hel);
  await reports("commits are confirmed", fsn, ({ status }) => status.sync.recorded === "in_sync");
  await reports(
    "the second region is ready",
    hel,
    ({ readiness, data, status }) =>
      readiness?.length === 0 && data?.notReady.length === 0 && status.armed,
  );
}

const isStreaming = async (side: Side): Promise<boolean> => {
  const rows = await side
    .sql("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'")
    .catch(() => []);
  return rows.length === 1;
};

test("a region that is lost is taken over from without losing a write, and comes back as the one that follows", async () => {
  await inStep(lease);
  const load = startLoad([pair.a, pair.b]);
  await until(
    "writes are acknowledged",
    () => load.acknowledged.length,
    (count) => count > 20,
  );
  const before = required(await world.report(fsn), "it serves");
  const watchdog = required(await world.watchdogPid(fsn), "it runs");
  await world.end(fsn, "SIGKILL");
  process.kill(watchdog, "SIGKILL");
  await pair.a.die();
  const acknowledgedBefore = load.acknowledged.length;

  const after = await reports(
    "the second region serves",
    hel,
    ({ health }) => health.status === 200,
  );
  expect(after?.status.authority.epoch).toBeGreaterThan(before.status.authority.epoch ?? 0);
  await until(
    "writes are acknowledged again",
    () => load.acknowledged.length,
    (count) => count > acknowledgedBefore + 20,
  );
  await load.stop();
  expect(await lostOf(load, pair.b)).toEqual([]);

  await start(fsn);
  await until(
    "the first region follows",
    () => isStreaming(pair.a),
    (streams) => streams,
  );
  await reports(
    "commits are confirmed again",
    hel,
    ({ status }) => status.sync.recorded === "in_sync",
  );
  expect(await world.health(fsn)).toBe(503);
  const id = 900_000;
  expect(await pair.b.write(id)).toBe("acknowledged");
  await until(
    "it arrives",
    () => pair.a.ids(),
    (ids) => ids.includes(id),
  );
});

test("an agent that is killed and started again within its tenure costs no write", async () => {
  await inStep(patientLease);
  const { epoch } = required(await world.report(fsn), "it serves").status.authority;
  const load = startLoad([pair.a]);
  for (let times = 0; times < 5; times++) {
    await world.end(fsn, times % 2 === 0 ? "SIGKILL" : "SIGTERM");
    await start(fsn);
    await reports("it serves again", fsn, ({ health }) => health.status === 200);
  }
  await load.stop();
  expect(load.acknowledged.length).toBeGreaterThan(0);
  expect(load.refused).toEqual([]);
  expect((await world.report(fsn))?.status.authority.epoch).toBe(epoch);
  expect(await lostOf(load, pair.a)).toEqual([]);
});
