/** The PostgreSQL adapter on two real servers: handing over on purpose, there and back, with clients that count. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lostOf, startLoad } from "./postgresql-load.ts";
import { type Pair, runningPair, type Side } from "./postgresql-pair.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const factsOf = async (side: Side) => (await side.service.measure()).facts;

/** As the agents do it: fence, wait until everything is over there, let go, promote. */
async function handOver(from: Side, to: Side, epoch: number): Promise<void> {
  await from.service.fence("a person switches over");
  const { position } = await factsOf(from);
  expect(position).not.toBeNull();
  await expect
    .poll(async () => ((await factsOf(to)).position ?? 0) - (position ?? 0), patience)
    .toBeGreaterThanOrEqual(0);
  from.tenure = null;
  to.tenure = epoch;
  await to.service.promote(epoch);
}

describe("two PostgreSQL servers", () => {
  test("the first is writable and in step, the second its standby, and both are ready", async () => {
    await expect
      .poll(() => factsOf(pair.a), patience)
      .toMatchObject({ role: "writable", sync: "in_sync", standbyReady: true, ready: true });
    const standby = await factsOf(pair.b);
    expect(standby).toMatchObject({ role: "standby", sync: null, standbyReady: null, ready: true });
    expect(standby.timeline).toBe((await factsOf(pair.a)).timeline);
    expect((await pair.a.service.measure()).notReady).toEqual([]);
    expect((await pair.b.service.measure()).notReady).toEqual([]);
    expect(await pair.a.write(1)).toBe("acknowledged");
    expect(await pair.b.write(2)).toBe("refused");
    await expect.poll(async () => (await factsOf(pair.b)).lagMs, patience).toBe(0);
  });

  test.each([
    ["there", 2],
    ["and back", 3],
  ])(
    "a hand-over loses nothing, and who handed over follows without a copy (%s)",
    async (_, epoch) => {
      const [from, to] = epoch % 2 === 0 ? [pair.a, pair.b] : [pair.b, pair.a];
      const load = startLoad([pair.a, pair.b]);
      await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(20);
      await handOver(from, to, epoch);
      // Nobody confirms yet: commits wait, and nothing is acknowledged that one copy alone has.
      await expect.poll(async () => (await factsOf(to)).sync, patience).toBe("stalled");
      expect(await from.write(3)).toBe("refused");
      const looked = await from.service.look();
      expect(looked).toEqual({
        isFollowing: false,
        epochHere: epoch - 1,
        peer: { isWritable: true, epoch },
      });
      await from.service.follow();
      await expect.poll(async () => (await factsOf(to)).sync, patience).toBe("in_sync");
      const before = load.acknowledged.length;
      await expect.poll(() => load.acknowledged.length, patience).toBeGreaterThan(before + 20);
      await load.stop();
      expect(await lostOf(load, to)).toEqual([]);
      await expect.poll(() => lostOf(load, from), patience).toEqual([]);
      expect(await from.service.look()).toMatchObject({ isFollowing: true, epochHere: epoch });
      expect((await factsOf(from)).role).toBe("standby");
      expect((await to.sql("SELECT max(epoch)::int AS epoch FROM sovereign.promotion"))[0]).toEqual(
        {
          epoch,
        },
      );
    },
  );
});
