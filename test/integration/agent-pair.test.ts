/** Two region agents as processes with a real witness: who answers 200, what a restart keeps, and what a lost region leaves. */
import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { AgentReport } from "../../src/core/failover/agent-report.ts";
import { required } from "../../src/core/kernel/assert.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { AgentWorld, fastLease, fsn, hel, patientLease, until } from "./agent-world.ts";

/** An Application that says itself how it is. */
class ShopStandIn {
  status = 200;
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on("request", (_request, response) => response.writeHead(this.status).end());
  }

  static async start(): Promise<ShopStandIn> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const port = typeof bound === "object" ? bound?.port : undefined;
    return new ShopStandIn(server, `http://127.0.0.1:${port}/healthz`);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let world: AgentWorld;
afterEach(() => world.close());

const serves = (cluster: string): Promise<number | undefined> =>
  until(
    `${cluster} answers 200`,
    () => world.health(cluster),
    (status) => status === 200,
  );

const reportOf = async (cluster: string): Promise<AgentReport> =>
  required(await world.report(cluster), "it answers");

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

/** Both regions, with the first one serving and the second one ready to take over. */
async function bothUp(lease: JsonObject = patientLease): Promise<void> {
  world = await AgentWorld.make({ lease });
  await world.start(fsn);
  await serves(fsn);
  await world.start(hel);
  await reports("the standby sees the holder", hel, ({ status }) => status.witness.holder === fsn);
}

test("one region takes the lease and answers 200, the other 503; killed and started again it goes on in its tenure", async () => {
  await bothUp();
  expect(await world.health(hel)).toBe(503);
  expect(await world.health(fsn, "nobody")).toBe(404);
  expect((await world.get(fsn, "/metrics"))?.text).toContain("sovereign_failover_authority 1");
  const before = await reportOf(fsn);
  const fences = await world.fences(fsn);

  await world.end(fsn, "SIGKILL");
  await world.start(fsn);
  await serves(fsn);
  const { status, journalTail } = await reportOf(fsn);
  expect(status.authority).toMatchObject({ kind: "lease", epoch: before.status.authority.epoch });
  expect(journalTail.map(({ type }) => type)).toContain("agent.started");
  expect(await world.fences(fsn)).toBe(fences);
});

test("an agent that is told to end leaves its tenure, ends with 0, and the next one goes on in it", async () => {
  await bothUp();
  const { status } = await reportOf(fsn);
  const fences = await world.fences(fsn);
  for (let times = 0; times < 3; times++) {
    expect(await world.end(fsn, "SIGTERM")).toBe(0);
    await world.start(fsn);
    await serves(fsn);
  }
  expect((await reportOf(fsn)).status.authority.epoch).toBe(status.authority.epoch);
  expect(await world.fences(fsn)).toBe(fences);
});

test("a region that is lost with its watchdog is taken over from at a higher epoch, and comes back fenced", async () => {
  await bothUp(fastLease);
  const { status } = await reportOf(fsn);
  await reports(
    "the standby is ready",
    hel,
    ({ readiness, status }) => readiness?.length === 0 && status.armed,
  );
  const watchdog = required(await world.watchdogPid(fsn), "it runs");
  await world.end(fsn, "SIGKILL");
  process.kill(watchdog, "SIGKILL");
  await reports("it takes over", hel, ({ health }) => health.status === 200);
  const after = await reportOf(hel);
  expect(after.status.authority.epoch).toBeGreaterThan(status.authority.epoch ?? 0);

  await world.start(fsn);
  await reports("it sees who holds", fsn, (report) => report.status.witness.holder === hel);
  expect(await world.health(fsn)).toBe(503);
  expect((await reportOf(fsn)).status.data).toBe("fenced");
});

test("an Application that fails in one region only moves the group to the other, when the group says so", async () => {
  const shops = new Map<string, ShopStandIn>();
  for (const cluster of [fsn, hel]) shops.set(cluster, await ShopStandIn.start());
  const at = (cluster: string): ShopStandIn => required(shops.get(cluster), "it was started");
  try {
    const safety = { rest: "1s" };
    const failover = { onApplicationFailure: "release" };
    world = await AgentWorld.make({ lease: fastLease, failover, safety });
    const config = (cluster: string) => ({ config: { applications: { shop: at(cluster).url } } });
    await world.start(fsn, config(fsn));
    await serves(fsn);
    await world.start(hel, config(hel));
    await reports(
      "the standby is ready",
      hel,
      ({ readiness, status }) =>
        readiness?.length === 0 && status.armed && status.witness.holder === fsn,
    );
    const { status } = await reportOf(fsn);
    at(fsn).status = 500;
    await reports("it takes over", hel, ({ health }) => health.status === 200);
    const after = await reportOf(hel);
    expect(after.status.authority.epoch).toBe((status.authority.epoch ?? 0) + 1);
    const { journalTail, failing, applications } = await reportOf(fsn);
    expect(failing?.map(({ name }) => name)).toEqual(applications);
    expect(journalTail.map(({ type }) => type)).toContain("failover.applicationFailed");
    expect(journalTail.map(({ type }) => type)).not.toContain("failover.clockGap");
    expect(await world.health(fsn)).toBe(503);

    // It fails in both regions now: it would move to and fro.
    at(hel).status = 500;
    await reports("it judges", hel, ({ journalTail }) =>
      journalTail.some(({ type }) => type === "failover.applicationFailed"),
    );
    expect((await reportOf(hel)).status.isServing).toBe(true);
  } finally {
    for (const shop of shops.values()) shop.close();
  }
});

test("an agent that hangs is fenced by its watchdog, and its peer takes over", async () => {
  await bothUp(fastLease);
  await reports(
    "the standby is ready",
    hel,
    ({ readiness, status }) => readiness?.length === 0 && status.armed,
  );
  const fences = await world.fences(fsn);
  world.signal(fsn, "SIGSTOP");
  await until(
    "the watchdog fences",
    () => world.fences(fsn),
    (now) => now > fences,
  );
  await serves(hel);
  world.signal(fsn, "SIGCONT");
  await reports("it sees who holds", fsn, (report) => report.status.witness.holder === hel);
  expect(await world.health(fsn)).toBe(503);
});

test("an agent with the other region's credential takes nothing, and its status says why", async () => {
  world = await AgentWorld.make();
  await world.start(fsn, { credentialOf: hel });
  await reports(
    "the witness's words",
    fsn,
    ({ witnessFailure }) => witnessFailure?.code === "WitnessUnauthorized",
  );
  await reports("the reason", fsn, ({ data }) =>
    (data?.notReady ?? []).some((reason) => reason.includes(`is that of ${hel}`)),
  );
  expect(await world.health(fsn)).toBe(503);
});

test("a second agent of the same folder is refused", async () => {
  world = await AgentWorld.make();
  await world.start(fsn);
  const { exitCode, stderr } = await world.runToEnd(fsn, []);
  expect(exitCode).toBe(17);
  expect(stderr).toContain("is the agent of this folder");
});

test("an agent that only observes asks for no lease, starts no watchdog, and says what it would do", async () => {
  world = await AgentWorld.make();
  await world.start(fsn, {}, ["--observe-only"]);
  const report = await reports("it says what it would do", fsn, ({ journalTail }) =>
    journalTail.some(({ type }) => type === "failover.wouldDo"),
  );
  expect(report?.observeOnly).toBe(true);
  expect(report?.status.witness.holder).toBeNull();
  expect(await world.watchdogPid(fsn)).toBeUndefined();
  expect(await world.health(fsn)).toBe(503);
});

test("what one region acts by alone is taken over in place, with the tenure; what both share waits until nothing is held", async () => {
  await bothUp();
  const { status } = await reportOf(fsn);
  const fences = await world.fences(fsn);
  await world.declare({ mode: "semiAutomatic" });
  await reports("the new mode", fsn, (report) => report.status.mode === "semiAutomatic");
  await serves(fsn);
  expect((await reportOf(fsn)).status.authority.epoch).toBe(status.authority.epoch);
  expect(await world.fences(fsn)).toBe(fences);

  await world.declare({ lease: { ...patientLease, ttl: "160s" } });
  const waits = await reports("it waits with the times", fsn, ({ documents }) =>
    (documents.change ?? "").includes("timing"),
  );
  expect(waits?.timing.ttlMs).toBe(150_000);
  await reports("the standby has them", hel, ({ timing }) => timing.ttlMs === 160_000);
  await reports("both say that they differ", hel, ({ readiness }) =>
    (readiness ?? []).some((reason) => reason.includes("the peer works by another group")),
  );
  expect(await world.health(fsn)).toBe(200);

  // A process that starts anew holds its tenure, so it goes on by what it got it by.
  await world.end(fsn, "SIGKILL");
  await world.start(fsn);
  await serves(fsn);
  expect((await reportOf(fsn)).timing.ttlMs).toBe(150_000);
});

test("documents by which no life can begin are told, and the agent goes on by the ones before", async () => {
  await bothUp();
  // A watchdog that can not confirm its fence does not end, so none begins by the new times.
  await world.refuseFence(hel, true);
  await world.declare({ lease: { ...patientLease, ttl: "160s" } });
  const report = await reports("it says so", hel, ({ journalTail }) =>
    journalTail.some(({ type }) => type === "agent.documentsRefused"),
  );
  expect(report?.timing.ttlMs).toBe(150_000);
  expect((await reportOf(hel)).documents.change).toContain("timing");
  await world.refuseFence(hel, false);
  await reports("the watchdog works again", hel, ({ readiness }) =>
    (readiness ?? []).every((reason) => !reason.includes("watchdog")),
  );
});

test("documents that can not be read any more stop nothing, also not a start", async () => {
  world = await AgentWorld.make();
  await world.start(fsn);
  await serves(fsn);
  await world.removeDocuments();
  await reports("it says so", fsn, ({ documents }) => documents.stale !== null);
  await world.end(fsn, "SIGKILL");
  await world.start(fsn);
  await serves(fsn);
});
