/** Placements × states × {A, AAAA} on a real pdns_server; the expectations come from this file's own table. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type HealthView, parseHealth } from "../../src/core/dns/health.ts";
import { type Backends, type Mode, startBackends } from "./backends.ts";
import { testDnsClient } from "./dns-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { domain, type RegionFacts, writeZone, zone, zoneOf } from "./placement-world.ts";

const limitMs = 60_000;
const samples = 30;
const types = ["A", "AAAA"] as const;
type Type = (typeof types)[number];

/** Backends by letter: a1, a2 and b1, b2 in two regions with two addresses each, c1 and d1 alone in theirs. */
const letters = ["a1", "a2", "b1", "b2", "c1", "d1"] as const;
type Letter = (typeof letters)[number];

const everything = "up up up up up up";
/** 503 and a cut connection both mean down. */
const states: readonly { name: string; modes: string; healthy: readonly Letter[] }[] = [
  { name: "all up", modes: everything, healthy: letters },
  {
    name: "one backend down",
    modes: "failing up up up cutting up",
    healthy: ["a2", "b1", "b2", "d1"],
  },
  {
    name: "region down",
    modes: "failing cutting up up failing up",
    healthy: ["b1", "b2", "d1"],
  },
  { name: "all down", modes: "failing cutting failing cutting failing cutting", healthy: [] },
  { name: "recovered", modes: everything, healthy: letters },
];

/** The oracle: which addresses are answered, by Application and state. Written by hand from the handbook's meaning. */
const oracle: Readonly<Record<string, Readonly<Record<string, readonly Letter[]>>>> = {
  // One region, a plain record: it does not follow health.
  single: {
    cold: ["a1", "a2"],
    "all up": ["a1", "a2"],
    "one backend down": ["a1", "a2"],
    "region down": ["a1", "a2"],
    "all down": ["a1", "a2"],
    recovered: ["a1", "a2"],
  },
  // Every healthy address; all of them when nothing is known.
  both: {
    cold: ["a1", "a2", "b1", "b2"],
    "all up": ["a1", "a2", "b1", "b2"],
    "one backend down": ["a2", "b1", "b2"],
    "region down": ["b1", "b2"],
    "all down": ["a1", "a2", "b1", "b2"],
    recovered: ["a1", "a2", "b1", "b2"],
  },
  // One address a region: the first healthy one, and back.
  standby: {
    cold: ["c1"],
    "all up": ["c1"],
    "one backend down": ["d1"],
    "region down": ["d1"],
    "all down": ["c1"],
    recovered: ["c1"],
  },
  // The same with the other region first in the fallback order: it answers when nothing is known.
  standbyback: {
    cold: ["d1"],
    "all up": ["c1"],
    "one backend down": ["d1"],
    "region down": ["d1"],
    "all down": ["d1"],
    recovered: ["c1"],
  },
  // Two addresses a region: the region stays while one of its addresses is healthy.
  standbytwo: {
    cold: ["a1", "a2"],
    "all up": ["a1", "a2"],
    "one backend down": ["a2"],
    "region down": ["b1", "b2"],
    "all down": ["a1", "a2"],
    recovered: ["a1", "a2"],
  },
};
/** Backends that an Application may ever answer with, and those that it probes. */
const planOf: Readonly<Record<string, readonly Letter[]>> = {
  single: ["a1", "a2"],
  both: ["a1", "a2", "b1", "b2"],
  standby: ["c1", "d1"],
  standbyback: ["c1", "d1"],
  standbytwo: ["a1", "a2", "b1", "b2"],
};
const names = Object.keys(oracle);
const fqdnOf = (name: string): string => `${name}.acme-prod.${domain}`;

/** An IPv4-mapped address with its dotted quad, as the backends are called. */
function dotted(address: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `::ffff:${h >> 8}.${h & 255}.${l >> 8}.${l & 255}`;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("placements on a real name server", () => {
  let backends: Backends;
  let pdns: PdnsServer;
  const outside: string[] = [];

  const address = (type: Type, letter: Letter): string => {
    const backend = backends.list[letters.indexOf(letter)];
    return (type === "A" ? backend?.ipv4 : backend?.ipv6) ?? "";
  };
  const addresses = (type: Type, of: readonly Letter[]): readonly string[] =>
    of.map((letter) => address(type, letter)).sort();
  /** One answer; whatever is not in the plan is remembered and fails the last test. */
  const answer = async (name: string, type: Type): Promise<readonly string[]> => {
    const { rcode, records } = await testDnsClient.query(pdns.dns, fqdnOf(name), type);
    const answered = records.map(({ data }) => dotted(data)).sort();
    const allowed = addresses(type, planOf[name] ?? []);
    if (rcode !== "NOERROR" || answered.length === 0) outside.push(`${name} ${type}: ${rcode}`);
    outside.push(...answered.filter((one) => !allowed.includes(one)));
    return answered;
  };
  const health = async (name: string): Promise<HealthView> =>
    parseHealth(await testDnsClient.query(pdns.dns, `_why.${fqdnOf(name)}`, "TXT"));
  const expectAnswers = async (name: string, type: Type, state: string): Promise<void> => {
    const wanted = addresses(type, oracle[name]?.[state] ?? []);
    await expect.poll(() => answer(name, type), { timeout: limitMs, interval: 50 }).toEqual(wanted);
    for (let sample = 0; sample < samples; sample++) {
      expect(await answer(name, type)).toEqual(wanted);
    }
  };

  beforeAll(async () => {
    backends = await startBackends(6);
    pdns = await startPdnsServer([zone]);
    const region = (cluster: string, of: readonly Letter[]): RegionFacts => ({
      cluster,
      ipv4: addresses("A", of),
      ipv6: addresses("AAAA", of),
    });
    const regions = [
      region("hz-fsn-rtz-prod", ["a1", "a2"]),
      region("hz-hel-rtz-prod", ["b1", "b2"]),
      region("hz-nbg-rtz-prod", ["c1"]),
      region("hz-ash-rtz-prod", ["d1"]),
    ];
    const healthCheck = { scheme: "http", port: backends.port };
    const two = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];
    const one = ["hz-nbg-rtz-prod", "hz-ash-rtz-prod"];
    const fallbackOrders = new Map([["acme-prod/standbyback", ["hz-ash-rtz-prod"]]]);
    const applications = [
      { name: "single", placement: "single-region", regions: two.slice(0, 1), healthCheck },
      { name: "both", placement: "active-active", regions: two, healthCheck },
      { name: "standby", placement: "active-hotstandby", regions: one, healthCheck },
      { name: "standbyback", placement: "active-hotstandby", regions: one, healthCheck },
      { name: "standbytwo", placement: "active-hotstandby", regions: two, healthCheck },
    ];
    const desired = zoneOf(regions, applications, { fallbackOrders });
    expect(await writeZone(pdns, desired)).toBe(10);
    expect(await writeZone(pdns, desired)).toBe(0);
  });
  afterAll(async () => {
    backends.stop();
    await pdns.stop();
  });

  test.each(names.flatMap((name) => types.map((type) => [name, type] as const)))(
    "%s answers %s from the first question on, cold",
    async (name, type) => {
      expect(await answer(name, type)).toEqual(addresses(type, oracle[name]?.["cold"] ?? []));
    },
  );

  describe.each(states)("$name", ({ name: state, modes, healthy }) => {
    beforeAll(() => {
      for (const [index, mode] of modes.split(" ").entries()) {
        backends.list[index]?.setMode(mode as Mode); // The table above holds modes only.
      }
    });

    test.each(names)("%s answers what the table says, A and AAAA", async (name) => {
      for (const type of types) await expectAnswers(name, type, state);
    });

    test.each(names.filter((name) => name !== "single"))(
      "%s explains the health of each backend",
      async (name) => {
        for (const type of types) {
          const wanted = (planOf[name] ?? [])
            .map((letter) => [address(type, letter), healthy.includes(letter) ? "up" : "not-up"])
            .sort();
          const seen = async (): Promise<unknown> => [...(await health(name))[type]].sort();
          await expect.poll(seen, { timeout: limitMs, interval: 50 }).toEqual(wanted);
        }
      },
    );
  });

  test.each([
    ["standby", "d1"],
    ["standbytwo", "b1"],
    ["standbytwo", "b2"],
  ] as const)(
    "the standby of %s at %s is probed while it does not answer",
    async (name, letter) => {
      const requests = (): number =>
        backends.list[letters.indexOf(letter)]?.requestsFor(fqdnOf(name)) ?? 0;
      const before = requests();
      const probes = async (): Promise<number> => {
        expect(await answer(name, "A")).not.toContain(address("A", letter));
        return requests() - before;
      };
      await expect.poll(probes, { timeout: limitMs, interval: 100 }).toBeGreaterThan(3);
    },
  );

  test("one region for another and back changes the record in one step, never outside both plans", async () => {
    const healthCheck = { scheme: "http", port: backends.port };
    const regions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"].map((cluster, index) => ({
      cluster,
      ipv4: addresses("A", index === 0 ? ["a1", "a2"] : ["b1", "b2"]),
      ipv6: [],
    }));
    const both = regions.map(({ cluster }) => cluster);
    const plain = zoneOf(regions, [
      { name: "both", placement: "single-region", regions: both.slice(0, 1), healthCheck },
    ]);
    const lua = zoneOf(regions, [
      { name: "both", placement: "active-active", regions: both, healthCheck },
    ]);
    const written = new AbortController();
    const asking = (async () => {
      while (!written.signal.aborted) await answer("both", "A");
    })();
    for (let turn = 0; turn < 5; turn++) {
      await writeZone(pdns, plain);
      await pause(50);
      await writeZone(pdns, lua);
      await pause(50);
    }
    written.abort();
    await asking;
  });

  test("no address outside the plan and no empty answer was ever given", () => {
    expect(outside).toEqual([]);
  });
});

describe("long names and paths", () => {
  test("a probe with the longest path is one literal after another, and works", async () => {
    const backends = await startBackends(2);
    const pdns = await startPdnsServer([zone]);
    try {
      const regions = backends.list.map(({ ipv4, ipv6 }, index) => ({
        cluster: index === 0 ? "hz-fsn-rtz-prod" : "hz-hel-rtz-prod",
        ipv4: [ipv4],
        ipv6: [ipv6],
      }));
      const name = "a".repeat(63);
      const path = `/${"--;,()&=".repeat(63)}`;
      const healthCheck = { scheme: "http", port: backends.port, path };
      const clusters = regions.map(({ cluster }) => cluster);
      const applications = [
        { name, placement: "active-hotstandby", regions: clusters, healthCheck },
      ];
      await writeZone(pdns, zoneOf(regions, applications));
      const seen = async (): Promise<unknown> => {
        const why = await testDnsClient.query(pdns.dns, `_why.${fqdnOf(name)}`, "TXT");
        const { A, AAAA } = parseHealth(why);
        return [...A.values(), ...AAAA.values()];
      };
      await expect
        .poll(seen, { timeout: limitMs, interval: 100 })
        .toEqual(["up", "up", "up", "up"]);
      const { records } = await testDnsClient.query(pdns.dns, fqdnOf(name), "A");
      expect(records.map(({ data }) => data)).toEqual([backends.list[0]?.ipv4]);
    } finally {
      backends.stop();
      await pdns.stop();
    }
  });
});

describe("the default probe", () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });

  test("is HTTPS on /healthz and does not mind a self-signed certificate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sovereign-tls-"));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    const keyFile = join(folder, "key.pem");
    const certFile = join(folder, "cert.pem");
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
      ].concat([
        "-keyout",
        keyFile,
        "-out",
        certFile,
        "-days",
        "1",
        "-subj",
        "/CN=elsewhere.example",
      ]),
      { stdio: "ignore" },
    );
    const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
    const backends = await startBackends(2, tls);
    cleanUps.push(backends.stop);
    const pdns = await startPdnsServer([zone]);
    cleanUps.push(pdns.stop);
    const regions = backends.list.map(({ ipv4 }, index) => ({
      cluster: index === 0 ? "hz-fsn-rtz-prod" : "hz-hel-rtz-prod",
      ipv4: [ipv4],
      ipv6: [],
    }));
    const clusters = regions.map(({ cluster }) => cluster);
    const healthCheck = { port: backends.port };
    await writeZone(
      pdns,
      zoneOf(regions, [
        { name: "shop", placement: "active-hotstandby", regions: clusters, healthCheck },
      ]),
    );
    const seen = async (): Promise<unknown> => {
      const why = await testDnsClient.query(pdns.dns, `_why.${fqdnOf("shop")}`, "TXT");
      return [...parseHealth(why).A.values()];
    };
    await expect.poll(seen, { timeout: limitMs, interval: 100 }).toEqual(["up", "up"]);
    expect(backends.list[0]?.requestsFor(fqdnOf("shop"))).toBeGreaterThan(0);
  });
});
