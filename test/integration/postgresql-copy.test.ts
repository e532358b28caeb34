/** The PostgreSQL adapter on two real servers: what a copy in the making, or a promotion that was not proven, must not be taken for. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { leftTools, send } from "../../src/adapters/postgresql/server-processes.ts";
import { briefMs, type Pair, runningPair, type Side } from "./postgresql-pair.ts";

let pair: Pair;
let epoch = 1;
let id = 0;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const factsOf = async (side: Side) => (await side.service.measure()).facts;
const inodeOf = (side: Side): number => statSync(join(side.dataFolder, "PG_VERSION")).ino;

/** The first writes and the second follows, whoever did before. */
beforeEach(async () => {
  const { a, b } = pair;
  a.beforeTenure = () => undefined;
  b.tenure = null;
  await b.service.fence("a new test");
  epoch += 1;
  a.tenure = epoch;
  await a.service.promote(epoch);
  await b.service.follow();
  await a.service.setSync("required");
  await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
  await b.service.look();
});

describe("a copy in the making", () => {
  test("confirms nothing, and is not ready to be promoted", async () => {
    const { a, b } = pair;
    await b.die();
    writeFileSync(join(b.stateFolder, "rewinding"), "");
    const following = b.service.follow();
    await expect.poll(() => leftTools([b.stateFolder]), patience).not.toEqual([]);
    // It stands still, and what receives the log beside it goes on.
    const [parent = 0] = [...(await leftTools([b.stateFolder]))].sort((one, other) => one - other);
    send(parent, "SIGSTOP");
    for (let look = 0; look < 4; look++) {
      expect(await factsOf(a)).toMatchObject({ sync: "stalled", standbyReady: false });
    }
    id += 1;
    expect(await a.write(id, briefMs)).toBe("waits");
    const streams = await a.sql(
      "SELECT DISTINCT application_name AS name FROM pg_stat_replication",
    );
    for (const { name } of streams) expect(name).toMatch(/^copy-|^pg_basebackup/);
    expect(await factsOf(b)).toMatchObject({ ready: false });
    send(parent, "SIGCONT");
    await following;
    await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
    expect(await b.service.measure()).toMatchObject({ facts: { ready: true }, notReady: [] });
    // What is confirmed is durable there; it is seen a moment later.
    await expect.poll(() => b.ids(), patience).toContain(id);
  });

  test("of data that were found to be another branch makes those unfit until it follows", async () => {
    const { b } = pair;
    writeFileSync(join(b.stateFolder, "behind"), "");
    const { facts, notReady } = await b.service.measure();
    expect(facts.ready).toBe(false);
    expect(notReady.join()).toContain("is not what the peer went on from");
    await b.service.follow();
    expect((await factsOf(b)).ready).toBe(true);
  });
});

describe("a promotion that was not proven", () => {
  test("is not taken for the peer's of the same timeline: the data are copied", async () => {
    const { a, b } = pair;
    await a.service.fence("the region changes");
    a.tenure = null;
    await b.die();
    // b leaves recovery by itself, alone, and is fenced before it could say so.
    await a.die();
    epoch += 1;
    b.tenure = epoch;
    let looks = 0;
    let fenced: Promise<void> = Promise.resolve();
    b.beforeTenure = () => {
      looks += 1;
      if (looks === 3) fenced = b.service.fence("the right is over");
    };
    await expect(b.service.promote(epoch)).rejects.toMatchObject({ code: "PromotionRefused" });
    await fenced;
    b.beforeTenure = () => undefined;
    b.tenure = null;
    expect(existsSync(join(b.dataFolder, "sovereign.unproven"))).toBe(true);
    await b.die();
    epoch += 1;
    a.tenure = epoch;
    await a.service.promote(epoch);
    await a.service.setSync("relaxed");
    id += 1;
    expect(await a.write(id)).toBe("acknowledged");
    const before = inodeOf(b);
    await b.service.follow();
    expect(inodeOf(b)).not.toBe(before);
    expect(existsSync(join(b.dataFolder, "sovereign.unproven"))).toBe(false);
    await expect.poll(() => b.ids(), patience).toEqual(await a.ids());
  });
});

describe("data that do not come up", () => {
  test.each([
    ["know of a later epoch than the peer's", "999\n"],
    ["say nothing of what they are worth", null],
  ])("that %s are left as they are", async (_, known) => {
    const { b } = pair;
    await b.die();
    rmSync(join(b.dataFolder, "global", "pg_control"));
    const file = join(b.stateFolder, "epoch");
    const kept = readFileSync(file);
    if (known === null) rmSync(file);
    else writeFileSync(file, known);
    const before = inodeOf(b);
    await expect(b.again().follow()).rejects.toMatchObject({ code: "FollowFailed" });
    expect(inodeOf(b)).toBe(before);
    writeFileSync(file, kept);
    // What the peer has too is copied.
    await b.again().follow();
    expect(inodeOf(b)).not.toBe(before);
  });

  test("that was made while the server here could not be started takes nothing from the data", async () => {
    const { b } = pair;
    await b.die();
    const keeperGone = { start: ["/bin/false"], stop: ["/bin/false"] };
    const unkept = b.again(keeperGone);
    await expect(unkept.follow()).rejects.toMatchObject({ code: "ProcessFailed" });
    await unkept.close();
    // Whoever keeps the server is back, and the peer may be gone by now: the data are as good as they were.
    await b.service.tend();
    await expect
      .poll(() => b.service.measure(), patience)
      .toMatchObject({ facts: { role: "standby", ready: true }, notReady: [] });
  });
});
