/** `sovereign dns init-zone`, `ds` and `keys create` as a person runs them, against two real PowerDNS servers. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importKey, readKeys } from "../../src/adapters/powerdns/dnssec.ts";
import { readZoneFacts, writeRrsets } from "../../src/adapters/powerdns/metadata.ts";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { makeKey } from "../../src/cli/dns/zone-keys.ts";
import { secretsOf } from "../../src/core/dns/setup/key-set.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { placed, zone } from "../catalogue.ts";
import type { PdnsServer } from "./pdns-server.ts";
import { runWithSecrets, secretsIn, startZoneWorld, type ZoneWorld } from "./zone-world.ts";

let world: ZoneWorld;
const server = (index: number): PdnsServer => {
  const found = world.servers[index];
  if (found === undefined) throw new Error("there are two servers");
  return found;
};
const keyFile = (): string => join(world.folder, "zone-keys.json");
const recordsAt = async (index: number, name: string, type: string): Promise<readonly string[]> => {
  const facts = await readZoneFacts(server(index).options, zone);
  const found = facts?.rrsets.find((rrset) => rrset.name === name && rrset.type === type);
  return [...(found?.records ?? [])].sort();
};

/** What was started, ended in reverse order, also when something after it failed to start. */
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

beforeAll(async () => {
  world = await startZoneWorld(2);
  stops.push(world.stop);
});

test("a key set is made once, for its owner only, and never shown or overwritten", async () => {
  const { exitCode, out } = await runWithSecrets([], ["dns", "keys", "create", "--out", keyFile()]);
  expect(exitCode).toBe(0);
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  const secrets = secretsIn(keyFile());
  expect(secrets).toHaveLength(1);
  expect(out).not.toContain(secrets[0]);
  world.secrets.push(...secrets);
  const before = readFileSync(keyFile(), "utf8");
  const again = await runWithSecrets(world.secrets, ["dns", "keys", "create", "--out", keyFile()]);
  expect(again.exitCode).toBe(codes.ConfigInvalid.exitCode);
  expect(readFileSync(keyFile(), "utf8")).toBe(before);
});

test("a dry run says every step with its reason and makes none", async () => {
  world.declare({ dns: { dnssec: { denial: "nsec3" } } });
  const { exitCode, out } = await world.run(0, "dns", "init-zone", "--dry-run");
  expect(exitCode).toBe(0);
  expect(out).toContain("+ create");
  expect(out).toMatch(/\+ import\s+key \d+\s+the server does not hold key/);
  expect(out).toContain("steps to make");
  expect(await readZoneFacts(server(0).options, zone)).toBeUndefined();
});

test("the zone is made with SOA, NS, addresses, canonical records, key and NSEC3", async () => {
  const { exitCode, out, err } = await world.run(0, "dns", "init-zone");
  expect(err).not.toContain("error");
  expect(exitCode).toBe(0);
  expect(out).toContain("steps made");
  expect(await recordsAt(0, zone, "NS")).toEqual([`ns1.${zone}`, `ns2.${zone}`]);
  expect(await recordsAt(0, `ns2.${zone}`, "A")).toEqual([server(1).dns.address]);
  for (const label of ["", "*.", "console.", "api.", "gitea.", "harbor."]) {
    expect(await recordsAt(0, `${label}${zone}`, "A"), label).toEqual(["192.0.2.1", "192.0.2.2"]);
  }
  const facts = await readZoneFacts(server(0).options, zone);
  expect(facts).toMatchObject({ nsec3param: "1 0 0 -", nsec3narrow: false, rectifies: true });
  expect(facts?.keys).toMatchObject([{ active: true, published: true, algorithm: 13 }]);
});

test("a second run has nothing to do and changes nothing", async () => {
  const before = await readZoneFacts(server(0).options, zone);
  for (const format of ["text", "json"]) {
    const { exitCode, out } = await world.run(0, "--output", format, "dns", "init-zone");
    expect(exitCode).toBe(0);
    expect(out).toContain(format === "text" ? "nothing to do" : '"steps": []');
  }
  expect(await readZoneFacts(server(0).options, zone)).toEqual(before);
});

test("the other region imports the same key, and ds finds all servers alike", async () => {
  expect((await world.run(0, "dns", "ds")).exitCode).toBe(codes.KeySetDiffers.exitCode);
  expect((await world.run(1, "dns", "init-zone")).exitCode).toBe(0);
  const [first, second] = await Promise.all(
    [0, 1].map((index) => readKeys(server(index).options, zone)),
  );
  expect(first?.map(({ dnskey }) => dnskey)).toEqual(second?.map(({ dnskey }) => dnskey));
  const { exitCode, out } = await world.run(0, "dns", "ds");
  expect(exitCode).toBe(0);
  expect(out).toMatch(new RegExp(`${zone} IN DS ${first?.[0]?.keyTag} 13 2 [0-9a-f]{64}`));
  expect(out).toContain("all 2 servers publish the same keys");
});

test("canonical records stay somebody else's to catalyst-dns, and changed ones are kept", async () => {
  const name = `console.${zone}`;
  const there = await powerDnsNameServer(server(0).options).readZone(zone);
  const console_ = there.find((rrset) => rrset.name === name);
  expect(console_?.foreignAccounts).toEqual(["pool-domain-manager"]);
  expect(console_?.ownership).toBeUndefined();
  const rrset = { name, type: "A", ttlSeconds: 60, records: ["198.51.100.77"] };
  await writeRrsets(server(0).options, zone, [{ rrset, account: "somebody" }]);
  const { exitCode, out } = await world.run(0, "dns", "init-zone");
  expect(exitCode).toBe(0);
  expect(out).toContain("= kept  console.sovereign.test A");
  expect(out).toContain("nothing to do");
  expect(await recordsAt(0, name, "A")).toEqual(["198.51.100.77"]);
});

test("an IPv4-mapped address is written as PowerDNS takes it", async () => {
  const name = `mapped.${zone}`;
  const rrset = { name, type: "AAAA", ttlSeconds: 60, records: ["::ffff:192.0.2.9"] };
  await writeRrsets(server(0).options, zone, [{ rrset, account: "somebody" }]);
  expect(await recordsAt(0, name, "AAAA")).toEqual(["::ffff:192.0.2.9"]);
});

test("catalyst-dns writes beside all of it and removes none of it", async () => {
  world.declare({ dns: { dnssec: { denial: "nsec3" } }, applications: [placed("shop")] });
  expect((await world.run(0, "dns", "apply")).out).toContain("changes made");
  world.declare({ dns: { dnssec: { denial: "nsec3" } } });
  await world.run(0, "dns", "apply");
  expect(await recordsAt(0, `*.${zone}`, "A")).toHaveLength(2);
  expect(await recordsAt(0, zone, "NS")).toHaveLength(2);
});

test("a declared SOA is mended, an undeclared one stays; NSEC can be declared instead", async () => {
  const soa = { refresh: "2m", retry: "1m", expire: "1d", negativeTtl: "10s" };
  world.declare({ dns: { soa, dnssec: { denial: "nsec" } } });
  const { out } = await world.run(0, "dns", "init-zone");
  expect(out).toContain("the SOA is not the one that is declared");
  expect(out).toContain("NSEC is declared");
  expect((await recordsAt(0, zone, "SOA"))[0]).toMatch(/ 120 60 86400 10$/);
  expect((await readZoneFacts(server(0).options, zone))?.nsec3param).toBe("");
  world.declare({ dns: { dnssec: { denial: "nsec3" } } });
  expect((await world.run(0, "dns", "init-zone")).exitCode).toBe(0);
  expect((await recordsAt(0, zone, "SOA"))[0]).toMatch(/ 120 60 86400 10$/);
});

test("a server with a key that is not in the set is refused, named, and left as it is", async () => {
  const stranger = makeKey();
  world.secrets.push(...secretsOf(stranger));
  await importKey(server(1).options, zone, stranger);
  const compared = await world.run(0, "dns", "ds");
  expect(compared.exitCode).toBe(codes.KeySetDiffers.exitCode);
  expect(compared.err).toContain("ns2 of hz-hel-rtz-prod");
  expect(compared.err).toContain(String(stranger.keyTag));
  const { exitCode, out } = await world.run(1, "dns", "init-zone");
  expect(exitCode).toBe(codes.KeySetDiffers.exitCode);
  expect(out).toContain(`signs with ${stranger.keyTag}`);
  expect(await readKeys(server(1).options, zone)).toHaveLength(2);
});

test("a key set whose halves do not belong together never signs anything", async () => {
  const [one, other] = [makeKey(), makeKey()];
  const mixed = { ...one, privateKey: other.privateKey };
  await expect(importKey(server(0).options, zone, mixed)).rejects.toMatchObject({
    code: "CredentialUnreadable",
  });
  expect(await readKeys(server(0).options, zone)).toHaveLength(1);
});

test.each([
  ["no JSON", "x"],
  ["no keys", '{"format":"sovereign-zone-keys/v1","keys":[]}'],
])("a key set with %s is refused without being quoted", async (_, text) => {
  const right = readFileSync(keyFile(), "utf8");
  writeFileSync(keyFile(), text);
  const { exitCode, err } = await world.run(0, "dns", "init-zone");
  writeFileSync(keyFile(), right);
  expect(exitCode).toBe(codes.CredentialUnreadable.exitCode);
  expect(err).toContain("the key set can not be used");
});

test("no private key is in any journal or in any server's log", () => {
  const texts = readdirSync(world.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes("journal-"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  expect(texts.join("")).toContain("dns.zoneSetUp");
  for (const secret of world.secrets) {
    expect(texts.join("")).not.toContain(secret);
    for (const { log } of world.servers) expect(log()).not.toContain(secret);
  }
});
