/** The adapter where servers take nothing in the clear: it asks, follows and copies over TLS, and believes its own authority only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { type Pair, runningPair } from "./postgresql-pair.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await runningPair({}, { isTls: true });
});
afterAll(() => pair?.close());

test("commits wait for a standby that streams over TLS, and every connection is encrypted", async () => {
  const { a, b } = pair;
  await expect.poll(() => a.write(1), { timeout: 60_000 }).toBe("acknowledged");
  expect(
    await a.sql(
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL",
    ),
  ).toEqual([{ ssl: true }]);
  const streaming = "SELECT s.ssl FROM pg_stat_replication r JOIN pg_stat_ssl s USING (pid)";
  expect(await a.sql(streaming)).toEqual([{ ssl: true }]);
  const measured = async () => (await a.service.measure()).facts;
  const inStep = { role: "writable", sync: "in_sync" };
  await expect.poll(measured, { timeout: 60_000 }).toMatchObject(inStep);
  expect((await b.service.measure()).facts).toMatchObject({ role: "standby", ready: true });
  // What the server follows by says whom it believes.
  const said = readFileSync(join(b.dataFolder, "postgresql.auto.conf"), "utf8");
  expect(said).toContain("verify-full");
});

test("a server of another authority, and one in the clear, are not believed", async () => {
  const { a, world } = pair;
  const stranger = await makeCertificates(join(world.root, "stranger"), [
    { name: "stranger", addresses: [world.host] },
  ]);
  const local = {
    host: world.host,
    port: world.ports[0],
    user: "postgres",
    database: "postgres",
    readPassword: () => Promise.resolve(world.password),
  };
  for (const tls of [{ ca: stranger.ca }, "off"] as const) {
    const service = a.again({ local: { ...local, tls } });
    expect((await service.measure()).facts).toMatchObject({ role: "unknown", ready: false });
    await service.close();
  }
});

test("after a failover the copy of the lost side is made anew over TLS", async () => {
  const { a, b } = pair;
  await a.die();
  a.tenure = null;
  b.tenure = 2;
  await b.service.promote(2);
  await b.service.setSync("relaxed");
  await expect.poll(() => b.write(2), { timeout: 60_000 }).toBe("acknowledged");
  await a.service.follow();
  await b.service.setSync("required");
  await expect.poll(() => b.write(3), { timeout: 60_000 }).toBe("acknowledged");
  await expect.poll(() => a.ids(), { timeout: 60_000 }).toEqual([1, 2, 3]);
});
