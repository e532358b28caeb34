/**
 * A signed Sovereign that grows by a region and shrinks again: its own list of regions changes, with name servers, NS, keys
 * and records. A validating recursor that alternates between the servers asks all the time, and never sees bogus.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readZoneFacts } from "../../src/adapters/powerdns/metadata.ts";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { placed, zone } from "../catalogue.ts";
import { testDnsClient } from "./dns-query.ts";
import { type PdnsServer, randomLoopback } from "./pdns-server.ts";
import { type Recursor, startValidatingRecursor } from "./validating-recursor.ts";
import { type Asking, startAsking } from "./zone-asking.ts";
import { startRelay } from "./zone-relay.ts";
import {
  clusters,
  runWithSecrets,
  secretsIn,
  startZoneWorld,
  type ZoneWorld,
} from "./zone-world.ts";

let world: ZoneWorld;
let recursor: Recursor;
let asking: Asking;
let ds = "";
/** Those that the recursor asks in turn; it knows of a change when a resolver would, by the NS. */
const asked: DnsEndpoint[] = [];
const domain = zone.slice(0, -1);
const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const server = (index: number): PdnsServer => required(world.servers[index], "there are three");

/** Each Application in all regions: with one it would be a plain record, with several it is Lua. */
function declare(regions: readonly number[]): void {
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: 9 };
  const all = { regions: regions.map((index) => clusters[index] ?? ""), healthCheck };
  const grows = regions.length > 1 ? ("active-active" as const) : ("single-region" as const);
  world.declare({
    regions,
    ttl: "1s",
    addresses: [...addresses],
    dns: { ttl: "1s", dnssec: { denial: "nsec3" } },
    applications: [
      placed("shop", { ...all, placement: grows }),
      placed("blog", { ...all, placement: grows }),
    ],
  });
}

async function initAndApply(regions: readonly number[]): Promise<void> {
  for (const region of regions) {
    const { exitCode, err } = await world.run(region, "dns", "init-zone");
    expect(exitCode, err).toBe(0);
    const applied = await world.run(region, "dns", "apply");
    // 11: the other regions' servers are not there yet.
    expect([0, 11], applied.err).toContain(applied.exitCode);
  }
}

const nameServersAt = async (index: number): Promise<readonly string[]> => {
  const { records } = await testDnsClient.query(server(index).dns, domain, "NS");
  return records.map(({ data }) => data).sort();
};

async function nothingWrong(): Promise<void> {
  await asking.more(150);
  expect(asking.wrong).toEqual([]);
}

beforeAll(async () => {
  world = await startZoneWorld(3);
  stops.push(world.stop);
  const keys = join(world.folder, "zone-keys.json");
  await runWithSecrets([], ["dns", "keys", "create", "--out", keys]);
  world.secrets.push(...secretsIn(keys));
  declare([0]);
  await initAndApply([0]);
  const { out } = await world.run(0, "--output", "json", "dns", "ds");
  ds = (JSON.parse(out) as { ds: string[] }).ds[0]?.split(" IN DS ")[1] ?? "";
  asked.push(server(0).dns);
  const relay = await startRelay(randomLoopback(), asked);
  stops.push(relay.stop);
  recursor = await startValidatingRecursor(zone, ds, relay);
  stops.push(() => recursor.stop());
  asking = startAsking({
    recursor: recursor.dns,
    names: [`shop.acme-prod.${domain}`, `blog.acme-prod.${domain}`],
    wildcard: domain,
    planned: addresses,
  });
  stops.push(() => asking.end());
});

test.each([
  ["a second region comes, and plain records become Lua", [0], [0, 1]],
  ["a third region comes", [0, 1], [0, 1, 2]],
  ["the second region goes", [0, 1, 2], [0, 2]],
  ["the third region goes, and records are plain again", [0, 2], [0]],
])("%s, and nothing is bogus, empty or outside the plan", async (_, before, after) => {
  const comes = after.filter((index) => !before.includes(index));
  const goes = before.filter((index) => !after.includes(index));
  // Whoever goes is no longer asked before its data is no longer kept up: resolvers follow the NS.
  declare(after);
  // First the new server, so that nobody hears of it before it can sign.
  await initAndApply(comes);
  await nothingWrong();
  await initAndApply(after.filter((index) => !comes.includes(index)));
  for (const index of comes) asked.push(server(index).dns);
  await nothingWrong();
  for (const index of goes) asked.splice(asked.indexOf(server(index).dns), 1);
  await nothingWrong();
  const names = after.map((index) => `ns${index + 1}.${domain}`).sort();
  for (const index of after) {
    expect((await nameServersAt(index)).map((name) => name.replace(/\.$/, ""))).toEqual(names);
    const facts = await readZoneFacts(server(index).options, zone);
    expect(facts?.keys).toMatchObject([{ active: true, published: true }]);
  }
  expect((await world.run(after[0] ?? 0, "dns", "ds")).out).toContain("publish the same keys");
});

test("in the end there are only the addresses of the region that is left, and the recursor did validate", async ({
  annotate,
}) => {
  for (const name of ["shop", "blog"]) {
    // The recursor keeps what it heard for a TTL, and not longer.
    const heard = async (): Promise<readonly string[]> =>
      (await testDnsClient.query(recursor.dns, `${name}.acme-prod.${domain}`, "A")).records
        .filter(({ type }) => type === "A")
        .map(({ data }) => data);
    await expect.poll(heard, { timeout: 60_000 }).toEqual([addresses[0]]);
  }
  asking.allow([addresses[0]]);
  await nothingWrong();
  await asking.end();
  expect(asking.wrong).toEqual([]);
  await annotate(`${asking.asked()} questions`);
  const other = ds.replace(/[0-9a-f]{64}$/, (hash) => [...hash].reverse().join(""));
  await expect(startValidatingRecursor(zone, other, server(0).dns)).rejects.toThrow("SERVFAIL");
});
