/** The PostgreSQL adapter on two real servers: one dies under load, the other takes over, and the first comes back. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lostOf, startLoad } from "./postgresql-load.ts";
import { briefMs, type Pair, runningPair, type Side } from "./postgresql-pair.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const ceiling = { mostBytes: 1_048_576, everyMs: 1_000, isUnbounded: () => false };
/** Further than anything that is written here. */
const far = 2 ** 45;
const factsOf = async (side: Side) => (await side.service.measure()).facts;

describe("two PostgreSQL servers of which one dies", () => {
  test("kill -9 under load, then the other's promotion: nothing acknowledged is lost", async () => {
    const { a, b } = pair;
    await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
    const load = startLoad([a, b]);
    await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(50);
    await a.die();
    a.tenure = null;
    b.tenure = 2;
    await b.service.promote(2);
    await load.stop();
    expect(await lostOf(load, b)).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThan(50);
  });

  test("the one that died comes back taking no writes, whoever starts it", async () => {
    const { a, b } = pair;
    await a.startByHand();
    expect(await a.write(1)).toBe("refused");
    expect(await factsOf(a)).toMatchObject({ role: "writable", ready: true });
    expect((await a.service.look()).peer).toEqual({ isWritable: true, epoch: 2 });
    expect((await factsOf(b)).sync).toBe("stalled");
  });

  test("what only it had is rewound, and it follows", async () => {
    const { a, b } = pair;
    // A tail that nobody else has, as of a commit that nobody was told of.
    const timeline = (await factsOf(a)).timeline;
    a.tenure = 1;
    await a.service.promote(1);
    expect(await a.write(2, briefMs)).toBe("waits");
    await a.service.fence("it is not to write");
    a.tenure = null;
    expect((await factsOf(a)).timeline).toBeGreaterThan(timeline ?? 0);
    await b.service.setSync("relaxed");
    // Its timelines count as far as the other's: they do not tell the two apart, and a copy is made.
    await a.service.follow();
    await expect.poll(() => a.ids(), patience).toEqual(await b.ids());
    expect(await a.ids()).not.toContain(2);
    expect(await a.service.look()).toMatchObject({ isFollowing: true, epochHere: 2 });
    await b.service.setSync("required");
    await expect.poll(async () => (await factsOf(b)).sync, patience).toBe("in_sync");
  });

  test("with a later timeline at the peer it is rewound in place", async () => {
    const { a, b } = pair;
    // b's side is lost while it writes what nobody has, and a takes over.
    const load = startLoad([b]);
    await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(20);
    await a.die();
    expect(await b.write(3, briefMs)).toBe("waits");
    await b.die();
    await load.stop();
    b.tenure = null;
    await a.service.tend();
    a.tenure = 3;
    await a.service.promote(3);
    expect(await lostOf(load, a)).toEqual([]);
    const inode = (await import("node:fs")).statSync(join(b.dataFolder, "PG_VERSION")).ino;
    await b.service.follow();
    expect((await import("node:fs")).statSync(join(b.dataFolder, "PG_VERSION")).ino).toBe(inode);
    await a.service.setSync("relaxed");
    await expect.poll(() => b.ids(), patience).toEqual(await a.ids());
    expect(await b.ids()).not.toContain(3);
    expect(readdirSync(b.stateFolder)).not.toContain("rewinding");
  });

  test("data that are gone are copied anew, with the server's own configuration", async () => {
    const { a, b } = pair;
    await b.service.tend();
    const agent = b.again({ ceiling });
    await agent.measure();
    agent.ceiling?.allow(far, 1);
    expect(agent.ceiling?.next()).toBe(far);
    await b.die();
    rmSync(b.dataFolder, { recursive: true, force: true });
    expect(await factsOf(b)).toMatchObject({ role: "absent", ready: false });
    await agent.follow();
    // What was allowed here was of a log that is gone.
    expect(agent.ceiling?.next()).toBeNull();
    await agent.close();
    await a.service.setSync("required");
    await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
    expect(await a.write(4)).toBe("acknowledged");
    await expect.poll(() => b.ids(), patience).toContain(4);
    expect(readdirSync(b.stateFolder).filter((name) => /^(?:old|fresh)/.test(name))).toEqual([]);
  });

  test("without the standby commits go as far as was published, and no further, also when the agent is gone", async () => {
    const { a, b } = pair;
    await b.die();
    const first = a.again({ ceiling });
    await first.measure();
    await first.setSync("relaxed");
    expect(await a.write(10, briefMs)).toBe("waits");
    const published = first.ceiling?.next() ?? 0;
    first.ceiling?.allow(published, 3);
    expect(await a.write(11)).toBe("acknowledged");
    expect((await factsOf(a)).position).toBeLessThanOrEqual(published);
    await first.close();
    expect(await a.write(12)).toBe("acknowledged");
    await a.sql(`SELECT pg_logical_emit_message(false, 'test', repeat('x', ${ceiling.mostBytes}))`);
    expect(await a.write(13, briefMs)).toBe("waits");
  });

  test("the next process of the agent publishes no less, and makes every commit wait again when the standby is back", async () => {
    const { a, b } = pair;
    const next = a.again({ ceiling });
    await next.measure();
    const published = next.ceiling?.next() ?? 0;
    next.ceiling?.allow(published, 3);
    expect(await a.write(14)).toBe("acknowledged");
    expect(published).toBeGreaterThan((await factsOf(a)).position ?? 0);
    expect(await a.ids()).toEqual(expect.arrayContaining([10, 11, 12, 13, 14]));
    await a.sql("ALTER ROLE postgres SET synchronous_commit = off");
    await next.measure();
    expect(next.ceiling?.next()).toBeNull();
    await next.tend();
    const [names] = await a.sql("SHOW synchronous_standby_names");
    expect(names).toEqual({ synchronous_standby_names: "" });
    await a.sql("ALTER ROLE postgres RESET synchronous_commit");
    await next.measure();
    await next.tend();
    await next.measure();
    expect(next.ceiling?.next()).not.toBeNull();
    await b.service.tend();
    await next.setSync("required");
    expect((await factsOf(a)).position).toBeGreaterThan(published);
    await expect.poll(async () => (await next.measure()).facts.sync, patience).toBe("in_sync");
    await b.die();
    expect(await a.write(15, briefMs)).toBe("waits");
    await next.close();
  });

  test("who has authority of its own is held by nothing", async () => {
    const { a } = pair;
    const own = a.again({ ceiling: { ...ceiling, isUnbounded: () => true } });
    await own.setSync("relaxed");
    expect(await a.write(16)).toBe("acknowledged");
    await own.close();
    const held = a.again({ ceiling });
    await held.measure();
    expect(held.ceiling?.next()).toBeNull();
    await held.tend();
    // Its commits went on without end, and do not stop until a ceiling is published.
    expect(await a.write(20)).toBe("acknowledged");
    await held.measure();
    expect(held.ceiling?.next()).not.toBeNull();
    await held.close();
  });

  test("a tenure goes as far as its own requests published, and no further", async () => {
    const { a } = pair;
    const agent = a.again({ ceiling });
    await agent.fence("its tenure is over");
    await agent.measure();
    agent.ceiling?.allow(far, 3);
    a.tenure = 4;
    await agent.promote(4);
    await agent.setSync("relaxed");
    expect(await a.write(17, briefMs)).toBe("waits");
    await agent.fence("its tenure is over");
    await agent.measure();
    const published = agent.ceiling?.next() ?? 0;
    expect(published).toBeLessThan(far);
    // Its lease was seen to say so before it was promoted.
    agent.ceiling?.allow(published, 5);
    a.tenure = 5;
    await agent.promote(5);
    await agent.setSync("relaxed");
    expect(await a.write(18)).toBe("acknowledged");
    await agent.close();
  });
});
