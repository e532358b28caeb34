/**
 * dnsdist in front of two real name servers, configured as `sovereign dns proxy-config` prints it: one tells each client by the
 * PROXY protocol, one by EDNS Client Subnet with a cache. Answers by client, stickiness and health are what they are without.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { sovereignDnsSchema } from "../../src/core/resources/sovereign-dns.ts";
import { type GeoNetwork, writeMmdb } from "../../src/sandbox/mmdb-writer.ts";
import { documentsOf, domain, fsn, hel, placed, sovereignOf, zone } from "../catalogue.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type Backends, startBackends } from "./backends.ts";
import { askAll, askOne } from "./dns-client-query.ts";
import { type Dnsdist, startDnsdist } from "./dnsdist.ts";
import { freePort, type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";

const clusters = [fsn, hel] as const;
const polling = { timeout: 60_000, interval: 50 };
const ttlSeconds = 2;
/** Clients by the subnet that a resolver states, and by the network that they ask from. */
const network = randomLoopback().split(".").slice(0, 2).join(".");
const clients = {
  EU: { subnet: "203.0.113.0/24", source: `${network}.101` },
  NA: { subnet: "198.51.100.0/24", source: `${network}.102` },
} as const;
const places = { EU: [50, 10], NA: [39, -77] } as const;

let folder: string;
let backends: Backends;
const servers: PdnsServer[] = [];
const fronts: DnsEndpoint[] = [];
const proxies: Dnsdist[] = [];
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const at = <T>(list: readonly T[], index: number): T => required(list[index], "there are two");
const fqdn = (name: string): string => `${name}.acme-prod.${domain}`;
const address = (index: number): string => at(backends.list, index).ipv4;
const dns = (region: number, ...words: readonly string[]): Promise<Ran> =>
  runCli("dns", ...words, "--config", join(folder, `${clusters[region]}.yaml`));

function writeGeo(): string {
  const networks = (["EU", "NA"] as const).flatMap((place, index): readonly GeoNetwork[] =>
    [clients[place].subnet, `${clients[place].source}.0/24`, `${address(index)}/32`].map((one) => ({
      network: one,
      continent: place,
      latitude: places[place][0],
      longitude: places[place][1],
    })),
  );
  const file = join(folder, "geo.mmdb");
  writeFileSync(file, writeMmdb(networks, 1_700_000_000));
  return file;
}

function writeDocuments(): void {
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: backends.port };
  const base = sovereignOf();
  const regions = base.spec.regions.map((region, index) => ({
    ...region,
    loadBalancer: { ipv4: [address(index)], ipv6: [] },
    nameServers: region.nameServers.map((server) => ({
      ...server,
      ...at(fronts, index),
      apiUrl: at(servers, index).apiUrl,
    })),
  }));
  const dnsSpec = sovereignDnsSchema.parse({
    proxies: [
      { server: "ns1", backend: at(servers, 0).dns },
      { server: "ns2", backend: at(servers, 1).dns, client: "clientSubnet", cacheEntries: 10_000 },
    ],
  });
  const spec = { ...base.spec, ttl: `${ttlSeconds}s`, geoip: true, regions, dns: dnsSpec };
  const order = [
    { continents: ["EU" as const], regions: [fsn, hel] },
    { continents: ["NA" as const], regions: [hel, fsn] },
  ];
  const applications = [
    placed("geo", { placement: "active-active", geo: { order }, healthCheck }),
    placed("canary", {
      placement: "weighted-canary",
      weights: { [fsn]: 80, [hel]: 20 },
      healthCheck,
    }),
    placed("shop", { healthCheck }),
  ];
  mkdirSync(join(folder, "documents"));
  for (const { file, value } of documentsOf(applications, { ...base, spec })) {
    writeFileSync(join(folder, "documents", file), JSON.stringify(value));
  }
  for (const [index, cluster] of clusters.entries()) {
    writeFileSync(join(folder, `${cluster}.key`), at(servers, index).apiKey);
    const config = {
      cluster,
      source: { folder: "documents" },
      journal: `journal-${cluster}`,
      http: { address: "127.0.0.1", port: 0 },
      nameServerKeys: { [`ns${index + 1}`]: { file: `${cluster}.key` } },
    };
    writeFileSync(join(folder, `${cluster}.yaml`), JSON.stringify(config));
  }
}

/** The printed configurations: of dnsdist, and the lines of pdns.conf. */
async function printed(region: number) {
  const { out, err } = await dns(region, "proxy-config", `ns${region + 1}`, "--output", "json");
  if (out === "") throw new Error(err);
  return JSON.parse(out) as { readonly dnsdistConf: string; readonly pdnsConf: string };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-proxied-"));
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  backends = await startBackends(2);
  stops.push(backends.stop);
  const geo = { launch: "gsqlite3,geoip", "geoip-database-files": `mmdb:${writeGeo()}` };
  for (const index of [0, 1]) {
    const front = randomLoopback();
    fronts.push({ address: front, port: await freePort(front) });
    const settings = {
      ...geo,
      "edns-subnet-processing": "yes",
      "allow-axfr-ips": "",
      ...(index === 0 ? { "proxy-protocol-from": front } : {}),
    };
    servers.push(await startPdnsServer([zone], `ns${index + 1}`, settings));
    stops.push(at(servers, index).stop);
  }
  writeDocuments();
  for (const region of [0, 1]) {
    const { exitCode, out, err } = await dns(region, "apply");
    // Nobody answers at the fronts yet.
    expect(out, err).toContain("changes made");
    expect(exitCode).not.toBe(0);
  }
  for (const region of [0, 1]) {
    const { dnsdistConf } = await printed(region);
    const proxy = await startDnsdist(dnsdistConf, at(fronts, region), fqdn("shop"));
    proxies.push(proxy);
    stops.push(proxy.stop);
  }
});

test("each server knows the health of every backend", async () => {
  const seen = async (): Promise<unknown> => {
    const texts = await Promise.all(
      servers.flatMap((server) =>
        ["geo", "canary", "shop"].map((name) =>
          askOne(server.dns, { name: `_why.${fqdn(name)}`, type: "TXT" }),
        ),
      ),
    );
    return texts.filter(({ data }) => !/^A \S+=up \S+=up/.test(data.join(" ")));
  };
  await expect.poll(seen, polling).toEqual([]);
});

test("what the server needs is printed beside it, and is what it has here", async () => {
  for (const region of [0, 1]) {
    const { pdnsConf } = await printed(region);
    const lines = pdnsConf.split("\n").filter((line) => /^[a-z]/.test(line));
    const { address: own, port } = at(servers, region).dns;
    expect(lines).toEqual([
      `local-address=${own}`,
      `local-port=${port}`,
      ...(region === 0 ? [`proxy-protocol-from=${at(fronts, 0).address}`] : []),
      "edns-subnet-processing=yes",
      "allow-axfr-ips=",
    ]);
  }
});

describe.each<[number, string]>([
  [0, "the PROXY protocol"],
  [1, "EDNS Client Subnet and a cache"],
])("through dnsdist %i with %s", (index) => {
  test("geo follows the subnet that a resolver states, and else where the question comes from", async () => {
    const front = at(fronts, index);
    // Asked in turn, so that a cache that mixes clients up would be seen.
    for (let round = 0; round < 3; round++) {
      for (const [home, place] of (["EU", "NA"] as const).entries()) {
        const { subnet, source } = clients[place];
        const question = { name: fqdn("geo"), type: "A" } as const;
        expect((await askOne(front, { ...question, subnet })).data).toEqual([address(home)]);
        expect((await askOne(front, question, `${source}.${round + 7}`)).data).toEqual([
          address(home),
        ]);
      }
    }
  });

  test("weights are sticky for each client's network, and the same as without a proxy", async () => {
    const questions = Array.from({ length: 1_000 }, (_, n) => ({
      name: fqdn("canary"),
      type: "A" as const,
      subnet: `10.${n >> 8}.${n & 255}.0/24`,
    }));
    const ask = async (server: DnsEndpoint) =>
      (await askAll(server, questions)).map(({ data }) => data);
    const first = await ask(at(fronts, index));
    expect(await ask(at(fronts, index))).toEqual(first);
    expect(await ask(at(servers, index).dns)).toEqual(first);
    const share = first.filter(([one]) => one === address(1)).length / first.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.25);
    // One client, several times, from its own address.
    const own = { name: fqdn("canary"), type: "A" } as const;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => askOne(at(fronts, index), own, `${clients.EU.source}.9`)),
    );
    expect(new Set(answers.map(({ data }) => data.join())).size).toBe(1);
  });

  test("a transfer through it is refused, and so is NOTIFY", () => {
    const { address: host, port } = at(fronts, index);
    const dig = (...words: readonly string[]): string =>
      spawnSync("dig", [`@${host}`, "-p", String(port), "+tries=1", zone, ...words], {
        encoding: "utf8",
      }).stdout;
    expect(dig("AXFR")).toContain("Transfer failed");
    expect(dig("AXFR")).not.toContain("ifurlup");
    expect(dig("SOA", "+opcode=notify")).toContain("REFUSED");
  });
});

test("verify and why ask through the proxies, also in the name of a subnet, and status names them", async () => {
  const verified = await dns(0, "verify");
  expect(verified.exitCode, verified.err).toBe(0);
  expect(verified.out).toContain("every server");
  expect(verified.out).toContain("PowerDNS 4.");
  const american = await dns(1, "verify", "--from", clients.NA.subnet);
  expect(american.exitCode).toBe(0);
  const { exitCode, out } = await dns(
    0,
    "why",
    "geo",
    "--from",
    clients.NA.subnet,
    "--output",
    "json",
  );
  expect(exitCode).toBe(0);
  expect(out).toContain(address(1));
  const status = await dns(0, "status");
  expect(status.out).toContain("behind dnsdist (proxyProtocol)");
  expect(status.out).toMatch(/enable-lua-record-updates\s+no/);
  expect(status.exitCode).toBe(0);
});

test("through a cache an answer about health is at most its TTL older than the server's own", async () => {
  const [cached, own] = [at(fronts, 1), at(servers, 1).dns];
  const question = { name: fqdn("shop"), type: "A" } as const;
  const aged = async (): Promise<number> => (await askOne(cached, question)).ttls[0] ?? ttlSeconds;
  await expect.poll(aged, polling).toBeLessThan(ttlSeconds);
  for (const [mode, wanted] of [
    ["failing", address(1)],
    ["up", address(0)],
  ] as const) {
    at(backends.list, 0).setMode(mode);
    const direct = async () => (await askOne(own, question)).data;
    await expect.poll(direct, polling).toEqual([wanted]);
    // From here on the server says so; whoever asks a TTL and a full second later must hear it.
    const dueAtMs = performance.now() + (ttlSeconds + 1) * 1_000;
    for (let late = 0; late < 20; ) {
      const isLate = performance.now() > dueAtMs;
      const { data, ttls } = await askOne(cached, question);
      expect(ttls[0]).toBeLessThanOrEqual(ttlSeconds);
      if (isLate) {
        expect(data).toEqual([wanted]);
        late += 1;
      } else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

test("when the server behind is away, the proxy says so and keeps no answer", async () => {
  await at(servers, 1).kill();
  const question = { name: fqdn("shop"), type: "A" } as const;
  const rcode = async (): Promise<string> => (await askOne(at(fronts, 1), question)).rcode;
  await expect.poll(rcode, polling).toBe("SERVFAIL");
  await at(servers, 1).start();
  await expect.poll(rcode, polling).toBe("NOERROR");
});

describe("a configuration that keeps answers without knowing clients", () => {
  let dangerous: Dnsdist;
  let front: DnsEndpoint;
  beforeAll(async () => {
    const { dnsdistConf } = await printed(0);
    const old = at(fronts, 0);
    front = { address: old.address, port: await freePort(old.address) };
    const local = `setLocal("${old.address}:${old.port}")`;
    expect(dnsdistConf).toContain(local);
    const cache = 'pc = newPacketCache(1000, {maxTTL=86400})\ngetPool(""):setCache(pc)\n';
    const text = dnsdistConf.replace(local, `setLocal("${front.address}:${front.port}")`) + cache;
    dangerous = await startDnsdist(text, front, fqdn("shop"));
    stops.push(dangerous.stop);
  });

  test("does give one client's answer to another", async () => {
    const question = { name: fqdn("geo"), type: "A" } as const;
    const ask = async (place: keyof typeof clients) =>
      (await askOne(front, question, `${clients[place].source}.7`)).data;
    const mixed = async (): Promise<boolean> =>
      (await ask("EU")).join() === (await ask("NA")).join();
    await expect.poll(mixed, polling).toBe(true);
  });

  test("is found by --check, and the printed one is not", async () => {
    const found = await dns(0, "proxy-config", "ns1", "--check", dangerous.file);
    expect(found.exitCode).toBe(codes.NameServerRefused.exitCode);
    expect(found.out).toContain("✗ CacheIgnoresClient");
    expect(found.out).toContain("✗ FailuresKept");
    const printedOne = await dns(0, "proxy-config", "ns1", "--check", at(proxies, 0).file);
    expect(printedOne.exitCode).toBe(0);
    expect(printedOne.out).toContain("nothing dangerous");
    const unknown = await dns(0, "proxy-config", "ns7");
    expect(unknown.exitCode).toBe(codes.NotFound.exitCode);
  });
});
