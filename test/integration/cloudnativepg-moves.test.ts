/** Two Clusters that take turns, as agents of two regions make them: with a token, without one, and by the watchdog's program alone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programFile } from "../../src/daemon/program-file.ts";
import { type CnpgSide, type CnpgWorld, cloudNativePgWorld } from "./cloudnativepg-world.ts";

const patience = { timeout: 120_000, interval: 200 };

let world: CnpgWorld;
let epoch = 1;
let id = 1;

beforeAll(async () => {
  world = await cloudNativePgWorld();
});
afterAll(() => world?.close());

async function promote(side: CnpgSide): Promise<void> {
  epoch += 1;
  side.tenure = epoch;
  await side.service.promote(epoch);
}

async function fence(side: CnpgSide): Promise<void> {
  side.tenure = null;
  await side.service.fence("the test says so");
}

const statusOf = async (side: CnpgSide): Promise<Record<string, unknown>> =>
  Object((await side.cluster())["status"]);

const rowsOf = (side: CnpgSide): Promise<unknown> =>
  side.sql((ask) => ask("SELECT count(*)::int AS rows FROM entry"));

/** The other side follows, without anything else than what its agent does in between. */
async function untilFollowing(side: CnpgSide): Promise<void> {
  await expect
    .poll(async () => {
      await side.service.tend();
      const { isFollowing, peer } = await side.service.look();
      const { facts } = await side.service.measure();
      return isFollowing && peer?.isWritable === true && facts.role === "standby" && facts.ready;
    }, patience)
    .toBe(true);
}

test("a planned move takes the token along, loses nothing, and the side that wrote follows by itself", async () => {
  const { a, b } = world;
  await promote(a);
  await b.service.tend();
  await expect.poll(async () => (await a.service.measure()).facts.sync, patience).toBe("in_sync");
  expect(await a.write(id++)).toBe("acknowledged");
  const { timeline } = (await a.service.measure()).facts;
  await fence(a);
  const { position } = (await a.service.measure()).facts;
  expect(await a.write(id++)).toBe("refused");
  await promote(b);
  expect(await b.write(id++)).toBe("acknowledged");
  const now = (await b.service.measure()).facts;
  expect(now).toMatchObject({ role: "writable", timeline: (timeline ?? 0) + 1 });
  expect(now.position).toBeGreaterThan(position ?? Number.MAX_SAFE_INTEGER);
  // It was used, and is cleared so that it does not stand in the way of the next move.
  await expect
    .poll(async () => (await statusOf(b))["lastPromotionToken"], patience)
    .toEqual(expect.any(String));
  await expect
    .poll(async () => {
      await b.service.tend();
      return JSON.stringify((await b.cluster())["spec"]).includes("promotionToken");
    }, patience)
    .toBe(false);
  await untilFollowing(a);
  await expect.poll(() => rowsOf(a), patience).toEqual(await rowsOf(b));
});

test("it goes back the same way", async () => {
  const { a, b } = world;
  await fence(b);
  await promote(a);
  expect(await a.write(id++)).toBe("acknowledged");
  await untilFollowing(b);
  await expect.poll(async () => (await a.service.measure()).facts.sync, patience).toBe("in_sync");
  expect((await a.service.measure()).notReady).toEqual([]);
});

test("a Cluster that writes without any right is fenced, and comes up without writes", async () => {
  const { a } = world;
  await fence(a);
  a.tenure = null;
  // As a region that comes back finds it, and as a person may leave it.
  await expect
    .poll(async () => (await a.service.measure()).facts, patience)
    .toMatchObject({ ready: true });
  await a.patch({ spec: { replica: { primary: "ledger-fsn" } } });
  await expect.poll(() => a.write(id++), patience).toBe("acknowledged");
  await expect
    .poll(async () => {
      await a.service.tend();
      return a.write(id++);
    }, patience)
    .toBe("refused");
});

test("the watchdog's program sees what writes, and ends it without the agent", async () => {
  const { a, b } = world;
  await promote(a);
  expect(await a.write(id++)).toBe("acknowledged");
  // What CloudNativePG made a follower goes on following.
  expect(await program(b, "confirm")).toBe(0);
  expect(await program(b, "all")).toBe(0);
  expect(JSON.stringify((await b.cluster()).metadata.annotations)).not.toContain("fencedInstances");
  expect(await program(a, "confirm")).toBe(1);
  expect(await a.write(id++)).toBe("acknowledged");
  expect(await program(a, "all")).toBe(0);
  expect(await a.write(id++)).toBe("refused");
  expect(await program(a, "confirm")).toBe(0);
});

async function program(side: CnpgSide, mode: string): Promise<number | null> {
  const { metadata } = await side.cluster();
  const where = ["--cluster", `default/${metadata.name}`, "--kubeconfig", side.kubeconfig];
  const how = ["--mode", mode, "--limit", "60000"];
  const child = spawn(process.execPath, [programFile("cloudnativepg-fence"), ...where, ...how], {
    stdio: "ignore",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}
