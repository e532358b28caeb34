/** A key roll-over on two real servers with a real parent zone: every step, its refusals, its waits, and its abort. */
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readKeys } from "../../src/adapters/powerdns/dnssec.ts";
import { writeRrsets } from "../../src/adapters/powerdns/metadata.ts";
import { ensureZone } from "../../src/adapters/powerdns/zones.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { placed, zone } from "../catalogue.ts";
import type { Ran } from "../run-cli.ts";
import { testDnsClient } from "./dns-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import { type Recursor, startValidatingRecursor } from "./validating-recursor.ts";
import { type Relay, startRelay } from "./zone-relay.ts";
import { runWithSecrets, secretsIn, startZoneWorld, type ZoneWorld } from "./zone-world.ts";

let world: ZoneWorld;
let parent: PdnsServer;
let relay: Relay;
let recursor: Recursor;
const parentZone = "test.";
const domain = zone.slice(0, -1);
const polling = { timeout: 90_000, interval: 200 };
const file = (name: string): string => join(world.folder, name);

const roll = (region: number, step: string, ...more: readonly string[]): Promise<Ran> =>
  world.run(region, "dns", "keys", "roll", step, ...more);
const parentFlag = (): readonly string[] => [
  "--parent",
  `${parent.dns.address}:${parent.dns.port}`,
];

/** Each region's step until it says `phase`; what comes too early is asked again. */
async function until(region: number, phase: string): Promise<void> {
  const step = async (): Promise<string> => {
    const { out, err } = await roll(region, "next", ...parentFlag());
    return out === "" ? err : out;
  };
  await expect.poll(step, polling).toContain(phase);
}

/** The DS of one key, as the parent's people would place it. */
async function delegate(keyTag: number): Promise<void> {
  const [server] = world.servers;
  const keys = server === undefined ? [] : await readKeys(server.options, zone);
  const key = keys.find((candidate) => candidate.keyTag === keyTag);
  const records = (key?.ds ?? []).filter((data) => data.split(" ")[2] === "2");
  const rrset = { name: zone, type: "DS", ttlSeconds: 1, records };
  await writeRrsets(parent.options, parentZone, [{ rrset, account: "parent" }]);
}

const tags = async (): Promise<readonly (readonly number[])[]> =>
  Promise.all(
    world.servers.map(async ({ options }) =>
      (await readKeys(options, zone)).map(({ keyTag }) => keyTag).sort(),
    ),
  );

async function validates(): Promise<void> {
  for (const name of ["shop.acme-prod", "x1", "x2", "x3", "console"]) {
    const { rcode, records } = await testDnsClient.query(recursor.dns, `${name}.${domain}`, "A");
    expect(rcode, name).toBe("NOERROR");
    expect(records, name).not.toEqual([]);
  }
}

/** With the DS that `ds` prints now as its anchor. */
async function startRecursor(): Promise<Recursor> {
  const { out } = await world.run(0, "--output", "json", "dns", "ds");
  const ds = (JSON.parse(out) as { ds: string[] }).ds[0]?.split(" IN DS ")[1] ?? "";
  return startValidatingRecursor(zone, ds, relay);
}

let oldTag = 0;
let newTag = 0;

/** What was started, ended in reverse order, also when something after it failed to start. */
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

beforeAll(async () => {
  world = await startZoneWorld(2);
  stops.push(world.stop);
  parent = await startPdnsServer([], "parent");
  stops.push(parent.stop);
  await ensureZone(parent.options, parentZone, [`ns1.${parentZone}`]);
  const key = await runWithSecrets(
    [],
    ["--output", "json", "dns", "keys", "create", "--out", file("old.json")],
  );
  oldTag = (JSON.parse(key.out) as { created: number }).created;
  copyFileSync(file("old.json"), file("zone-keys.json"));
  const soa = { refresh: "1m", retry: "30s", expire: "1d", negativeTtl: "1s" };
  world.declare({
    dns: { ttl: "1s", soa, dnssec: { denial: "nsec3" } },
    applications: [placed("shop", { healthCheck: { scheme: "http", path: "/healthz", port: 9 } })],
  });
  for (const region of [0, 1]) {
    expect((await world.run(region, "dns", "init-zone")).exitCode).toBe(0);
    await world.run(region, "dns", "apply");
  }
  await delegate(oldTag);
  relay = await startRelay(
    randomLoopback(),
    world.servers.map(({ dns }) => dns),
  );
  stops.push(relay.stop);
  recursor = await startRecursor();
  stops.push(() => recursor.stop());
});

test("with one key in the set there is nothing to roll", async () => {
  const { exitCode, err } = await roll(0, "status");
  expect(exitCode).toBe(codes.KeySetDiffers.exitCode);
  expect(err).toContain("keys create --with");
});

test("a set with a second key is made beside the old one, and init-zone leaves it to the roll", async () => {
  const words = ["dns", "keys", "create", "--with", file("old.json"), "--out", file("both.json")];
  const { out } = await runWithSecrets([], ["--output", "json", ...words]);
  newTag = (JSON.parse(out) as { created: number }).created;
  copyFileSync(file("both.json"), file("zone-keys.json"));
  world.secrets.push(...secretsIn(file("both.json")));
  expect((await world.run(0, "dns", "init-zone")).out).toContain("nothing to do");
});

test("next refuses before start, and start changes no server", async () => {
  const early = await roll(0, "next");
  expect(early.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(early.err).toContain("no roll was started");
  for (const region of [0, 1]) expect((await roll(region, "start")).exitCode).toBe(0);
  expect(await tags()).toEqual([[oldTag], [oldTag]]);
});

test("a roll that is given up leaves every server as before, and its key is not rolled again", async () => {
  expect((await roll(0, "next")).out).toContain("adding");
  expect((await tags())[0]).toHaveLength(2);
  await validates();
  const aborted = await roll(0, "abort", ...parentFlag());
  expect(aborted.exitCode, aborted.err).toBe(0);
  expect((await roll(1, "abort", ...parentFlag())).exitCode).toBe(0);
  expect(await tags()).toEqual([[oldTag], [oldTag]]);
  const again = await roll(0, "start");
  expect(again.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(again.err).toContain("given up");
  rmSync(file("both.json"));
  const words = ["dns", "keys", "create", "--with", file("old.json"), "--out", file("both.json")];
  const { out } = await runWithSecrets([], ["--output", "json", ...words]);
  newTag = (JSON.parse(out) as { created: number }).created;
  copyFileSync(file("both.json"), file("zone-keys.json"));
  world.secrets.push(...secretsIn(file("both.json")));
});

test("the new key signs beside the old one; one region waits for the other", async () => {
  for (const region of [0, 1]) expect((await roll(region, "start")).exitCode).toBe(0);
  const first = await roll(0, "next");
  expect(first.out).toContain("does not publish key");
  const early = await roll(0, "next");
  expect(early.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(early.err).toContain("ns2 of hz-hel-rtz-prod");
  await validates();
  expect((await roll(1, "next")).exitCode).toBe(0);
  const both = [oldTag, newTag].sort();
  expect(await tags()).toEqual([both, both]);
  await validates();
});

test("the parent is not due before resolvers have forgotten, and the old key stays until it changed", async () => {
  const status = await roll(0, "status", ...parentFlag());
  expect(status.out).toMatch(/adding|spreading/);
  await roll(0, "next", ...parentFlag());
  const waiting = await roll(0, "next");
  expect(waiting.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(waiting.err).toMatch(/resolvers may keep|place the DS/);
  const due = async (): Promise<string> => (await roll(0, "next", ...parentFlag())).err;
  await expect.poll(due, polling).toContain(`the parent does not name key ${newTag} yet`);
  expect((await tags())[0]).toHaveLength(2);
});

test("after the parent's change and its wait the old key goes, everywhere, and nothing was ever bogus", async () => {
  await until(1, "spreading");
  await delegate(newTag);
  await until(0, "settling");
  await validates();
  const late = await roll(0, "abort", ...parentFlag());
  expect(late.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(late.err).toContain("the way out is to finish");
  await until(0, "still publishes");
  expect(await tags()).toEqual([[newTag], [oldTag, newTag].sort()]);
  await until(1, "settling");
  await until(1, "retiring");
  await until(1, "has taken over");
  await until(0, "has taken over");
  expect(await tags()).toEqual([[newTag], [newTag]]);
  await recursor.stop();
  recursor = await startRecursor();
  await validates();
});

test("init-zone does not bring the old key back, also before the set is without it", async () => {
  expect((await world.run(0, "dns", "init-zone")).out).toContain("nothing to do");
  const words = ["dns", "keys", "drop", "--from", file("both.json"), "--out", file("new.json")];
  expect((await runWithSecrets([], words)).out).toContain(`key ${oldTag} is dropped`);
  copyFileSync(file("new.json"), file("zone-keys.json"));
  for (const region of [0, 1]) {
    expect((await world.run(region, "dns", "init-zone")).out).toContain("nothing to do");
  }
  expect((await world.run(0, "dns", "ds")).out).toContain(`IN DS ${newTag} 13 2`);
});

test("the journal holds each step once, and no key", () => {
  const folder = join(world.folder, "journal-hz-fsn-rtz-prod-dns-zone");
  const text = readFileSync(join(folder, "00000000000000000001.ndjson"), "utf8");
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { key?: string; type: string });
  const keys = events.flatMap(({ key }) => key ?? []);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((key) => key.includes(`${oldTag}-${newTag}/keyAdded`))).toHaveLength(1);
  for (const secret of world.secrets) expect(text).not.toContain(secret);
});
