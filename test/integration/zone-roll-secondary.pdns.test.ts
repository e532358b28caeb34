/**
 * A key roll-over with a secondary by AXFR (TSIG) in the zone, seen by a recursor that validates from the parent zone and
 * alternates between all three servers without a pause: at no step does it get a bogus, empty or wrong answer.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readKeys } from "../../src/adapters/powerdns/dnssec.ts";
import { readZoneFacts, setZoneFields, writeRrsets } from "../../src/adapters/powerdns/metadata.ts";
import { ensureZone } from "../../src/adapters/powerdns/zones.ts";
import { parseKeySet } from "../../src/core/dns/setup/key-set.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { placed, zone } from "../catalogue.ts";
import type { Ran } from "../run-cli.ts";
import { testDnsClient } from "./dns-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import { type Recursor, startValidatingRecursor } from "./validating-recursor.ts";
import { type Asking, startAsking } from "./zone-asking.ts";
import { configureCopy, startCopy, type ZoneCopy } from "./zone-copy.ts";
import { startRelay } from "./zone-relay.ts";
import { runWithSecrets, secretsIn, startZoneWorld, type ZoneWorld } from "./zone-world.ts";

let world: ZoneWorld;
let copy: ZoneCopy;
let parent: PdnsServer;
let asking: Asking;
let recursor: Recursor;
let oldDs: readonly string[] = [];
let oldTag = 0;
let newTag = 0;
const parentZone = "test.";
const domain = zone.slice(0, -1);
const polling = { timeout: 60_000, interval: 100 };
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const file = (name: string): string => join(world.folder, name);
const roll = (region: number, step: string): Promise<Ran> =>
  world.run(
    region,
    "dns",
    "keys",
    "roll",
    step,
    "--parent",
    `${parent.dns.address}:${parent.dns.port}`,
  );
const keysIn = (name: string) => {
  const parsed = parseKeySet(readFileSync(file(name), "utf8"));
  if (!parsed.ok) throw new Error(parsed.because);
  return parsed.value;
};

/** Each region's step until it says `words`; what comes too early is asked again. */
async function until(region: number, words: string): Promise<void> {
  const step = async (): Promise<string> => {
    const { out, err } = await roll(region, "next");
    return out === "" ? err : out;
  };
  await expect.poll(step, polling).toContain(words);
}

/** The DS of one key in the parent, which is signed itself. */
async function delegate(keyTag: number): Promise<void> {
  const keys = await readKeys(required(world.servers[0], "there are two").options, zone);
  const key = keys.find((candidate) => candidate.keyTag === keyTag);
  const records = (key?.ds ?? []).filter((data) => data.split(" ")[2] === "2");
  if (keyTag === oldTag) oldDs = records;
  await placeDs(records);
}

async function placeDs(records: readonly string[]): Promise<void> {
  const rrset = { name: zone, type: "DS", ttlSeconds: 1, records };
  await writeRrsets(parent.options, parentZone, [{ rrset, account: "parent" }]);
}

async function nothingWrong(): Promise<void> {
  await asking.more(150);
  expect(asking.wrong).toEqual([]);
}

beforeAll(async () => {
  world = await startZoneWorld(2);
  stops.push(world.stop);
  copy = await startCopy(world);
  stops.push(copy.server.stop);
  parent = await startPdnsServer([], "parent", { "gsqlite3-dnssec": "yes" });
  stops.push(parent.stop);
  await ensureZone(parent.options, parentZone, [`ns1.${parentZone}`]);
  const delegation = { name: zone, type: "NS", ttlSeconds: 1, records: [`ns1.${zone}`] };
  await writeRrsets(parent.options, parentZone, [{ rrset: delegation, account: "parent" }]);
  await setZoneFields(parent.options, parentZone, { dnssec: true, api_rectify: true });
  const words = ["--output", "json", "dns", "keys", "create", "--out", file("old.json")];
  oldTag = (JSON.parse((await runWithSecrets([], words)).out) as { created: number }).created;
  copyFileSync(file("old.json"), file("zone-keys.json"));
  world.secrets.push(...secretsIn(file("old.json")));
  const soa = { refresh: "1m", retry: "30s", expire: "1d", negativeTtl: "1s" };
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: 9 };
  world.declare({
    ttl: "1s",
    dns: {
      ttl: "1s",
      soa,
      dnssec: { denial: "nsec3" },
      secondaries: [{ name: "ns9", ...copy.server.dns, tsigKey: "transfer" }],
    },
    applications: [placed("shop", { healthCheck }), placed("blog", { healthCheck })],
  });
  for (const region of [0, 1]) {
    expect((await world.run(region, "dns", "init-zone")).exitCode).toBe(0);
    await world.run(region, "dns", "apply");
  }
  await configureCopy(world, copy, required(keysIn("old.json")[0], "it has a key").privateKey);
  await delegate(oldTag);
});

test("a secondary that has transferred and signs is asked like the others, and all of it validates", async () => {
  const held = async (): Promise<boolean> =>
    (await readZoneFacts(copy.server.options, zone))?.rrsets.some(({ type }) => type === "LUA") ===
    true;
  await expect.poll(held, polling).toBe(true);
  const agreed = async (): Promise<string> => (await world.run(0, "dns", "ds")).out;
  await expect.poll(agreed, polling).toContain("all 3 servers publish the same keys");
  const all = [...world.servers, copy.server].map(({ dns }) => dns);
  const relay = await startRelay(randomLoopback(), all);
  stops.push(relay.stop);
  const [key] = await readKeys(parent.options, parentZone);
  const ds = required(
    key?.ds.find((data) => data.split(" ")[2] === "2"),
    "the parent is signed",
  );
  recursor = await startValidatingRecursor(parentZone, ds, parent.dns, { [zone]: relay });
  stops.push(recursor.stop);
  asking = startAsking({
    recursor: recursor.dns,
    names: [`shop.acme-prod.${domain}`, `blog.acme-prod.${domain}`],
    wildcard: domain,
    planned: ["192.0.2.1", "192.0.2.2"],
  });
  stops.push(() => asking.end());
  await nothingWrong();
  await expect.poll(() => Math.min(...relay.counts), polling).toBeGreaterThan(10);
});

test("the new key signs in each region; the roll waits for the secondary and names it", async () => {
  const words = ["--output", "json", "dns", "keys", "create", "--with", file("old.json")];
  const { out } = await runWithSecrets([], [...words, "--out", file("both.json")]);
  newTag = (JSON.parse(out) as { created: number }).created;
  copyFileSync(file("both.json"), file("zone-keys.json"));
  world.secrets.push(...secretsIn(file("both.json")));
  for (const region of [0, 1]) {
    expect((await roll(region, "start")).exitCode).toBe(0);
    expect((await roll(region, "next")).exitCode).toBe(0);
    await nothingWrong();
  }
  const early = await roll(0, "next");
  expect(early.exitCode).toBe(codes.StepTooEarly.exitCode);
  expect(early.err).toContain("ns9 (secondary)");
});

test("the new key at the secondary lets the roll go on", async () => {
  const key = required(
    keysIn("both.json").find(({ keyTag }) => keyTag === newTag),
    "the set holds both",
  );
  writeFileSync(join(copy.server.folder, "new.key"), key.privateKey, { mode: 0o600 });
  copy.run(
    `pdnsutil import-zone-key ${domain} new.key active ksk published`,
    `pdns_control purge '${domain}$'`,
  );
  await nothingWrong();
  for (const region of [0, 1]) await until(region, `the parent does not name key ${newTag} yet`);
  await nothingWrong();
});

test("nothing is bogus while the parent changes, the old key goes, and goes at the secondary last", async () => {
  await delegate(newTag);
  await nothingWrong();
  await until(0, "still publishes");
  await nothingWrong();
  await until(1, "ns9 (secondary)");
  await nothingWrong();
  const [old] = (await readKeys(copy.server.options, zone)).filter(
    ({ keyTag }) => keyTag === oldTag,
  );
  copy.run(`pdnsutil remove-zone-key ${domain} ${old?.id}`, `pdns_control purge '${domain}$'`);
  await nothingWrong();
  for (const region of [0, 1]) await until(region, "has taken over");
  for (const server of [...world.servers, copy.server]) {
    expect((await readKeys(server.options, zone)).map(({ keyTag }) => keyTag)).toEqual([newTag]);
  }
  await nothingWrong();
});

test("a change after the roll reaches the secondary, which signs it with the new key", async ({
  annotate,
}) => {
  const rrset = { name: `late.${zone}`, type: "A", ttlSeconds: 1, records: ["192.0.2.2"] };
  const [first] = world.servers;
  await writeRrsets(required(first, "there are two").options, zone, [{ rrset, account: "test" }]);
  copy.run(`pdns_control retrieve ${domain}`);
  const there = async (): Promise<boolean> =>
    (await readZoneFacts(copy.server.options, zone))?.rrsets.some(
      ({ name }) => name === rrset.name,
    ) === true;
  await expect.poll(there, polling).toBe(true);
  await nothingWrong();
  await annotate(`${asking.asked()} questions, none bogus`);
});

test("the recursor does look: with the old key's DS back at the parent, it answers with nothing", async () => {
  await asking.end();
  expect(asking.wrong).toEqual([]);
  await placeDs(oldDs);
  const rcode = async (): Promise<string> =>
    (await testDnsClient.query(recursor.dns, `shop.acme-prod.${domain}`, "A")).rcode;
  await expect.poll(rcode, polling).toBe("SERVFAIL");
});
