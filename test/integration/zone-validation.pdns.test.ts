/** Two real servers with one key set: whoever validates never sees a bogus answer, also while regions come and go. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { placed, zone } from "../catalogue.ts";
import { testDnsClient } from "./dns-query.ts";
import { randomLoopback } from "./pdns-server.ts";
import { type Recursor, startValidatingRecursor } from "./validating-recursor.ts";
import { type Relay, startRelay } from "./zone-relay.ts";
import { clusters, runWithSecrets, startZoneWorld, type ZoneWorld } from "./zone-world.ts";

let world: ZoneWorld;
let relay: Relay;
let recursor: Recursor;
let ds = "";
const [fsn, hel] = clusters;
const domain = zone.slice(0, -1);
const planned = ["192.0.2.1", "192.0.2.2"];

/** `shop` in one region is a plain record, in two it is LUA. */
function declare(regions: readonly string[], denial: "nsec3" | "nsec" = "nsec3"): void {
  const both = regions.length > 1;
  world.declare({
    dns: { dnssec: { denial } },
    applications: [
      placed("shop", {
        placement: both ? "active-active" : "single-region",
        regions: [...regions],
        healthCheck: { scheme: "http", path: "/healthz", port: 9 },
      }),
      placed("blog", { healthCheck: { scheme: "http", path: "/healthz", port: 9 } }),
    ],
  });
}

async function apply(): Promise<void> {
  for (const region of [0, 1]) {
    const { exitCode, err } = await world.run(region, "dns", "apply");
    // The other region may lag: 11 says that the answers of this one's servers are not there yet.
    expect([0, 11], err).toContain(exitCode);
  }
}

/** What was started, ended in reverse order, also when something after it failed to start. */
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

beforeAll(async () => {
  world = await startZoneWorld(2);
  stops.push(world.stop);
  await runWithSecrets(
    [],
    ["dns", "keys", "create", "--out", join(world.folder, "zone-keys.json")],
  );
  declare([fsn]);
  for (const region of [0, 1]) {
    expect((await world.run(region, "dns", "init-zone")).exitCode).toBe(0);
  }
  await apply();
  const { out } = await world.run(0, "--output", "json", "dns", "ds");
  ds = (JSON.parse(out) as { ds: string[] }).ds[0]?.split(" IN DS ")[1] ?? "";
  relay = await startRelay(
    randomLoopback(),
    world.servers.map((server) => server.dns),
  );
  stops.push(relay.stop);
  recursor = await startValidatingRecursor(zone, ds, relay);
  stops.push(recursor.stop);
});

/** Asks until `during` is done and at least `least` questions were asked; counts what is wrong. */
async function askWhile(during: () => Promise<void>, least: number): Promise<number> {
  let running = true;
  const work = during().finally(() => {
    running = false;
  });
  let asked = 0;
  const wrong: string[] = [];
  const ask = async (name: string, type: string): Promise<void> => {
    const { rcode, records } = await testDnsClient.query(recursor.dns, name, type);
    asked++;
    const addresses = records.filter((record) => record.type === "A").map(({ data }) => data);
    const outside = addresses.filter((address) => !planned.includes(address));
    const empty = type === "A" && addresses.length === 0;
    if (rcode !== "NOERROR" || outside.length > 0 || empty) {
      wrong.push(`${type} ${name}: ${rcode} ${addresses.join(",")}`);
    }
  };
  for (let round = 0; running || asked < least; round++) {
    const shop = `shop.acme-prod.${domain}`;
    const blog = `blog.acme-prod.${domain}`;
    // Names nobody asked before, so that no cache stands between: they are answered by the wildcard.
    await Promise.all([
      ask(shop, "A"),
      ask(blog, "A"),
      ask(shop, "AAAA"),
      ask(`anything-${round}-${Math.random().toString(36).slice(2)}.${domain}`, "A"),
    ]);
  }
  await work;
  expect(wrong).toEqual([]);
  return asked;
}

test("delv validates Lua, plain, wildcard and absent names from both servers", async () => {
  declare([fsn, hel]);
  await apply();
  const [tag, algorithm, digest, hash] = ds.split(" ");
  const anchors = join(world.folder, "anchors");
  const anchor = `${zone} static-ds ${tag} ${algorithm} ${digest} "${hash}"`;
  writeFileSync(anchors, `trust-anchors { ${anchor}; };\n`);
  const cases = [
    [`shop.acme-prod.${domain}`, "A", "; fully validated"],
    [`blog.acme-prod.${domain}`, "A", "; fully validated"],
    [`blog.acme-prod.${domain}`, "AAAA", "; negative response, fully validated"],
    [`_why.blog.acme-prod.${domain}`, "TXT", "; fully validated"],
    [`console.${domain}`, "A", "; fully validated"],
    [`whatever.${domain}`, "A", "; fully validated"],
    [`missing.acme-prod.${domain}`, "A", "; negative response, fully validated"],
    [domain, "DNSKEY", "; fully validated"],
  ] as const;
  for (const { dns } of world.servers) {
    for (const [name, type, expected] of cases) {
      const words = [`@${dns.address}`, "-p", String(dns.port), "-a", anchors, `+root=${domain}`];
      const { stdout, stderr } = spawnSync("delv", [...words, name, type], { encoding: "utf8" });
      expect(stdout + stderr, `${type} ${name}`).toContain(expected);
    }
  }
});

test("a server with another key set would be seen: the recursor does refuse what is bogus", async () => {
  const other = ds.replace(/[0-9a-f]{64}$/, (hash) => [...hash].reverse().join(""));
  await expect(startValidatingRecursor(zone, other, relay)).rejects.toThrow("SERVFAIL");
});

test("300 questions to servers in turn are never bogus, empty or outside the plan", async () => {
  const before = [...relay.counts];
  const asked = await askWhile(() => Promise.resolve(), 300);
  expect(asked).toBeGreaterThanOrEqual(300);
  const [first = 0, second = 0] = relay.counts.map((count, index) => count - (before[index] ?? 0));
  expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
  expect(first).toBeGreaterThan(30);
});

test("nor while a region goes and comes, in which records turn from Lua to plain and back", async () => {
  const asked = await askWhile(async () => {
    for (const regions of [[fsn], [fsn, hel], [hel], [hel, fsn]]) {
      declare(regions);
      await apply();
    }
  }, 200);
  expect(asked).toBeGreaterThanOrEqual(200);
});

test("nor while the zone turns from NSEC3 to NSEC and back, one server after the other", async () => {
  await askWhile(async () => {
    for (const denial of ["nsec", "nsec3"] as const) {
      declare([fsn, hel], denial);
      for (const region of [0, 1]) await world.run(region, "dns", "init-zone");
    }
  }, 200);
});
