/** The PostgreSQL adapter on two real servers: who may not write does not, and commits wait as long as they are told to. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { send, serverProcesses } from "../../src/adapters/postgresql/server-processes.ts";
import { startLoad } from "./postgresql-load.ts";
import { briefMs, fenceMs, type Pair, runningPair, type Side } from "./postgresql-pair.ts";

let pair: Pair;
let epoch = 1;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const factsOf = async (side: Side) => (await side.service.measure()).facts;

/** The first is writable at a new epoch, the second follows, and commits wait for it. */
beforeEach(async () => {
  const { a, b } = pair;
  a.beforeTenure = () => undefined;
  b.tenure = null;
  epoch += 1;
  a.tenure = epoch;
  await a.service.promote(epoch);
  await b.service.tend();
  await a.service.setSync("required");
  await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
});

describe("a server that may not write", () => {
  test("is not promoted without a tenure, with one of another epoch, or at an older epoch", async () => {
    const { b, a } = pair;
    const refused = { code: "PromotionRefused" };
    await expect(b.service.promote(epoch + 1)).rejects.toMatchObject(refused);
    b.tenure = epoch + 2;
    await expect(b.service.promote(epoch + 1)).rejects.toMatchObject(refused);
    b.tenure = epoch - 1;
    await expect(b.service.promote(epoch - 1)).rejects.toMatchObject(refused);
    await expect(b.service.promote(0)).rejects.toMatchObject(refused);
    expect(await b.write(1)).toBe("refused");
    expect((await factsOf(b)).role).toBe("standby");
    expect((await factsOf(a)).sync).toBe("in_sync");
  });

  test("is fenced while it is being promoted, at whichever moment, and stays so", async () => {
    const { a } = pair;
    for (let looks = 1; looks <= 4; looks++) {
      await a.service.fence("another round");
      epoch += 1;
      a.tenure = epoch;
      let left = looks;
      let fenced: Promise<void> = Promise.resolve();
      a.beforeTenure = () => {
        left -= 1;
        if (left === 0) fenced = a.service.fence("the right is over");
      };
      const promoted = a.service.promote(epoch).then(
        () => "promoted",
        () => "refused",
      );
      const outcome = await promoted;
      // A promotion that asked less often was done before; then nothing was fenced.
      if (left > 0) {
        expect(outcome).toBe("promoted");
        break;
      }
      await fenced;
      expect(outcome).toBe("refused");
      expect(await a.write(100 + looks)).toBe("refused");
      await a.service.tend();
      expect(await a.write(200 + looks)).toBe("refused");
    }
  });

  test("because one promotion after its fall failed, is promoted again within its tenure", async () => {
    const { a } = pair;
    await a.die();
    let looks = 0;
    a.beforeTenure = () => {
      looks += 1;
      // The look after the order.
      a.tenure = looks === 4 ? null : epoch;
    };
    await expect(a.service.tend()).rejects.toMatchObject({ code: "PromotionRefused" });
    expect(looks).toBe(4);
    expect(await a.write(1)).toBe("refused");
    a.tenure = epoch;
    await a.service.tend();
    expect((await factsOf(a)).role).toBe("writable");
  });

  test("whose postmaster hangs is fenced within the limit", async () => {
    const { a } = pair;
    const load = startLoad([a]);
    await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(10);
    const { postmaster, children } = await serverProcesses(a.dataFolder);
    send(postmaster?.pid ?? 0, "SIGSTOP");
    for (const { pid } of children.slice(0, 2)) send(pid, "SIGSTOP");
    const beganMs = systemClock.monotonicMs();
    await a.service.fence("it hangs");
    expect(systemClock.monotonicMs() - beganMs).toBeLessThan(fenceMs);
    expect(await a.pids()).not.toContain(postmaster?.pid);
    await load.stop();
    expect(await a.write(1)).toBe("refused");
  });

  test("goes on as a standby after a fence, at the same position, and a second fence leaves it alone", async () => {
    const { a } = pair;
    const { position } = await factsOf(a);
    await a.service.fence("it is over");
    const facts = await factsOf(a);
    expect(facts).toMatchObject({ role: "writable", ready: true });
    expect(facts.position).toBeGreaterThanOrEqual(position ?? 0);
    const before = await a.pids();
    await a.service.fence("again");
    expect((await a.pids())[0]).toBe(before[0]);
    // The tenure is still live, and nobody asked for a promotion.
    await a.service.tend();
    expect(await a.write(1)).toBe("refused");
  });

  test("does not follow while a tenure is live, nor a peer that takes no writes", async () => {
    const { a, b } = pair;
    await expect(a.service.follow()).rejects.toMatchObject({ code: "PromotionRefused" });
    await a.service.fence("it is over");
    a.tenure = null;
    await expect(a.service.follow()).rejects.toMatchObject({ code: "FollowFailed" });
    expect((await b.service.look()).peer).toMatchObject({ isWritable: false });
  });
});

describe("a server that falls within its tenure", () => {
  test("comes up behind its gate, is promoted again, and its commits wait", async () => {
    const { a } = pair;
    await a.service.setSync("relaxed");
    expect((await factsOf(a)).sync).toBe("alone");
    await a.die();
    await a.service.tend();
    expect(await a.write(epoch * 1_000)).toBe("acknowledged");
    await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
  });

  test("is not promoted again when its tenure is over", async () => {
    const { a } = pair;
    await a.die();
    a.tenure = null;
    await a.service.tend();
    expect(await a.write(1)).toBe("refused");
    expect(readFileSync(`${a.dataFolder}/standby.signal`, "utf8")).toMatch(/^[0-9a-f-]{36} \d+\n$/);
  });
});

describe("a standby that is gone", () => {
  test("commits wait; relaxed they go on; and the last that was asked counts", async () => {
    const { a, b } = pair;
    await b.die();
    expect(await a.write(epoch * 1_000 + 1, briefMs)).toBe("waits");
    expect(await factsOf(a)).toMatchObject({ sync: "stalled", standbyReady: false });
    const both = [a.service.setSync("required"), a.service.setSync("relaxed")];
    await Promise.all(both);
    expect(await factsOf(a)).toMatchObject({ sync: "alone", standbyReady: false });
    expect(await a.write(epoch * 1_000 + 2)).toBe("acknowledged");
    await b.service.tend();
    await expect.poll(async () => (await factsOf(a)).standbyReady, patience).toBe(true);
    expect((await factsOf(a)).sync).toBe("alone");
    await a.service.setSync("required");
    await expect.poll(async () => (await factsOf(a)).sync, patience).toBe("in_sync");
    await expect.poll(() => b.ids(), patience).toEqual(await a.ids());
  });
});

describe("what makes a promise untrue is told", () => {
  test("a role whose commits do not wait", async () => {
    const { a, b } = pair;
    await a.sql("CREATE ROLE hasty LOGIN");
    await a.sql("ALTER ROLE hasty SET synchronous_commit = off");
    const sentence =
      "ledger-db: role hasty has synchronous_commit=off, so its commits do not wait for the standby";
    expect((await a.service.measure()).notReady).toContain(sentence);
    await expect
      .poll(async () => (await b.service.measure()).notReady, patience)
      .toContain(sentence);
    await a.sql("DROP ROLE hasty");
  });
});
