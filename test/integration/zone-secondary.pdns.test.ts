/** A declared secondary, configured as `sovereign dns secondary-config` prints it: a real AXFR with TSIG, signed answers. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readZoneFacts } from "../../src/adapters/powerdns/metadata.ts";
import { makeKey } from "../../src/cli/dns/zone-keys.ts";
import { type SigningKey, secretsOf, writeKeySet } from "../../src/core/dns/setup/key-set.ts";
import { domain, placed, zone } from "../catalogue.ts";
import { type Backends, startBackends } from "./backends.ts";
import { testDnsClient } from "./dns-query.ts";
import type { PdnsServer } from "./pdns-server.ts";
import { configureCopy, restartWith, startCopy, type ZoneCopy } from "./zone-copy.ts";
import { clusters, startZoneWorld, type ZoneWorld } from "./zone-world.ts";

let world: ZoneWorld;
let backends: Backends;
let copy: ZoneCopy;
let secondary: PdnsServer;
let key: SigningKey;
const [fsn, hel] = clusters;
const polling = { timeout: 60_000, interval: 100 };

const applications = () => {
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: backends.port };
  const long = { ...healthCheck, path: `/${"long-".repeat(90)}` };
  return [
    placed("shop", { healthCheck }),
    placed("blog", { placement: "active-active", healthCheck }),
    placed("docs", { placement: "single-region", regions: [fsn] }),
    placed("canary", {
      placement: "weighted-canary",
      weights: { [fsn]: 80, [hel]: 20 },
      healthCheck,
    }),
    placed("warm", { placement: "active-passive-warm", activeRegion: hel, healthCheck }),
    placed("port", {
      healthCheck: { tcp: { port: backends.port } } as unknown as typeof healthCheck,
    }),
    placed("long", { healthCheck: long }),
    placed("wide", { placement: "active-active", regions: [hel, fsn], healthCheck: long }),
  ];
};
const dnsSpec = () => ({
  dnssec: { denial: "nsec3" as const },
  secondaries: [{ name: "ns9", ...secondary.dns, tsigKey: "transfer" }],
});
const addresses = (): readonly string[] => backends.list.map(({ ipv4 }) => ipv4);

const answerOf = async (server: PdnsServer, name: string): Promise<readonly string[]> => {
  const { records } = await testDnsClient.query(server.dns, `${name}.acme-prod.${domain}`, "A");
  return records.map(({ data }) => data).sort();
};
const own = (): PdnsServer => {
  const [server] = world.servers;
  if (server === undefined) throw new Error("there are two servers");
  return server;
};

/** What was started, ended in reverse order, also when something after it failed to start. */
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

beforeAll(async () => {
  backends = await startBackends(2);
  stops.push(backends.stop);
  world = await startZoneWorld(2);
  stops.push(world.stop);
  copy = await startCopy(world);
  secondary = copy.server;
  stops.push(secondary.stop);
  key = makeKey();
  world.secrets.push(...secretsOf(key));
  writeFileSync(join(world.folder, "zone-keys.json"), writeKeySet([key]), { mode: 0o600 });
  world.declare({ dns: dnsSpec(), addresses: addresses(), applications: applications() });
});

test("init-zone opens transfers for the declared key only, and the second run has nothing to do", async () => {
  expect((await world.run(0, "dns", "init-zone")).exitCode).toBe(0);
  expect((await world.run(0, "dns", "init-zone")).out).toContain("nothing to do");
  const facts = await readZoneFacts(own().options, zone);
  expect(facts?.transferKeys).toEqual(["transfer."]);
  expect(facts?.metadata["ALSO-NOTIFY"]).toEqual([
    `${secondary.dns.address}:${secondary.dns.port}`,
  ]);
  expect((await world.run(1, "dns", "init-zone")).exitCode).toBe(0);
});

test("the printed configuration makes a secondary that transfers and signs", async () => {
  await configureCopy(world, copy, key.privateKey);
  const serial = async (): Promise<number> =>
    (await readZoneFacts(secondary.options, zone))?.rrsets.length ?? 0;
  await expect.poll(serial, polling).toBeGreaterThan(5);
  const facts = await readZoneFacts(secondary.options, zone);
  expect(facts?.metadata["PRESIGNED"]).toBeUndefined();
  expect(facts?.nsec3param).toBe("1 0 0 -");
  expect((await world.run(0, "dns", "ds")).out).toContain("all 3 servers publish the same keys");
});

test("a change reaches the secondary by NOTIFY, and codes beyond 255 bytes answer there too", async () => {
  expect((await world.run(0, "dns", "apply")).out).toContain("changes made");
  const there = async (): Promise<boolean> =>
    (await readZoneFacts(secondary.options, zone))?.rrsets.some(
      ({ name, records }) => name === `wide.acme-prod.${zone}` && (records[0]?.length ?? 0) > 255,
    ) === true;
  await expect.poll(there, polling).toBe(true);
});

describe("answers of the secondary equal those of the server it follows", () => {
  const [first, second] = [0, 1].map((index) => () => addresses()[index] ?? "");
  const both = () => [...addresses()].sort();
  const cases = [
    { state: "both regions up", modes: ["up", "up"], hot: first, active: both },
    { state: "the first region down", modes: ["failing", "up"], hot: second, active: second },
    { state: "both regions down", modes: ["failing", "failing"], hot: first, active: both },
  ] as const;

  test.each(cases)("$state", async ({ modes, hot, active }) => {
    for (const [index, mode] of modes.entries()) backends.list[index]?.setMode(mode);
    const wanted = {
      shop: [hot?.() ?? ""],
      long: [hot?.() ?? ""],
      blog: [active?.() ?? ""].flat(),
      wide: [active?.() ?? ""].flat(),
      docs: [first?.() ?? ""],
      warm: [second?.() ?? ""],
      // A connection is accepted in every state of these backends.
      port: [first?.() ?? ""],
    };
    for (const [name, expected] of Object.entries(wanted)) {
      for (const server of [own(), secondary]) {
        await expect.poll(() => answerOf(server, name), polling).toEqual(expected);
      }
    }
    // The same client is weighed alike by both.
    const alike = async (): Promise<boolean> => {
      const [one, other] = [await answerOf(own(), "canary"), await answerOf(secondary, "canary")];
      return one.length === 1 && one.join() === other.join();
    };
    await expect.poll(alike, polling).toBe(true);
  });
});

test("both sign what Lua answers, and delv validates it from both", async () => {
  const { out } = await world.run(0, "--output", "json", "dns", "ds");
  const [ds = ""] = (JSON.parse(out) as { ds: string[] }).ds;
  const [tag, algorithm, digest, hash] = ds.split(" IN DS ")[1]?.split(" ") ?? [];
  const anchors = join(world.folder, "anchors");
  writeFileSync(
    anchors,
    `trust-anchors { ${zone} static-ds ${tag} ${algorithm} ${digest} "${hash}"; };\n`,
  );
  for (const { dns } of [own(), secondary]) {
    for (const name of ["shop", "wide", "docs"]) {
      const words = [`@${dns.address}`, "-p", String(dns.port), "-a", anchors, `+root=${domain}`];
      const { stdout } = spawnSync("delv", [...words, `${name}.acme-prod.${domain}`, "A"], {
        encoding: "utf8",
      });
      expect(stdout).toContain("; fully validated");
    }
  }
});

test("a transfer without TSIG is refused by both", () => {
  for (const { dns } of [own(), secondary]) {
    const words = [`@${dns.address}`, "-p", String(dns.port), zone, "AXFR", "-b", dns.address];
    const { stdout } = spawnSync("dig", words, { encoding: "utf8" });
    expect(stdout).toContain("Transfer failed");
    expect(stdout).not.toContain("ifurlup");
  }
});

test("a secondary that is no longer declared loses its transfer", async () => {
  world.declare({ dns: { dnssec: { denial: "nsec3" } }, addresses: addresses() });
  const { out } = await world.run(0, "dns", "init-zone");
  expect(out).toContain("- close");
  const facts = await readZoneFacts(own().options, zone);
  expect(facts?.transferKeys).toEqual([]);
  expect(facts?.metadata["ALSO-NOTIFY"]).toBeUndefined();
});

test("what only the server's own configuration can mend is told", async () => {
  await restartWith(own(), ["allow-axfr-ips=127.0.0.0/8", "primary=no"]);
  world.declare({ dns: dnsSpec(), addresses: addresses() });
  const { out } = await world.run(0, "dns", "init-zone");
  expect(out).toContain("without primary=yes in its pdns.conf");
  expect(out).toContain("! open");
  expect(out).toContain("allow-axfr-ips=127.0.0.0/8");
});
