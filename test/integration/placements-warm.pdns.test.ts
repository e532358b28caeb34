/** A static record that only its document moves, and TTLs by placement, on a real pdns_server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseHealth } from "../../src/core/dns/health.ts";
import { type Backends, type Mode, startBackends } from "./backends.ts";
import { askOne } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import {
  type ApplicationFacts,
  domain,
  type RegionFacts,
  writeZone,
  zone,
  zoneOf,
} from "./placement-world.ts";

const limitMs = 60_000;
const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";
const both = [fsn, hel];
const fqdnOf = (name: string): string => `${name}.acme-prod.${domain}`;

describe("active-passive-warm on a real name server", () => {
  let backends: Backends;
  let pdns: PdnsServer;
  let regions: readonly RegionFacts[];

  const write = (facts: Partial<ApplicationFacts>): Promise<number> => {
    const healthCheck = { scheme: "http", port: backends.port };
    const warm = { name: "warm", placement: "active-passive-warm", regions: both, healthCheck };
    return writeZone(pdns, zoneOf(regions, [{ ...warm, ...facts }]));
  };
  const ipv4Of = (region: number): readonly string[] => [...(regions[region]?.ipv4 ?? [])].sort();
  const ask = async (): Promise<readonly string[]> =>
    (await askOne(pdns.dns, { name: fqdnOf("warm"), type: "A" })).data;
  const setModes = (modes: string): void => {
    for (const [index, mode] of modes.split(" ").entries()) {
      backends.list[index]?.setMode(mode as Mode); // The tables hold modes only.
    }
  };

  beforeAll(async () => {
    backends = await startBackends(4);
    pdns = await startPdnsServer([zone]);
    regions = both.map((cluster, index) => {
      const mine = backends.list.slice(index * 2, index * 2 + 2);
      return { cluster, ipv4: mine.map((one) => one.ipv4), ipv6: mine.map((one) => one.ipv6) };
    });
    expect(await write({})).toBe(3);
    expect(await write({})).toBe(0);
  });
  afterAll(async () => {
    backends.stop();
    await pdns.stop();
  });

  test.each([
    ["all is up", "up up up up"],
    ["its region is down", "failing cutting up up"],
    ["the other region is down", "up up failing cutting"],
    ["everything is down", "failing failing cutting cutting"],
    ["everything is up again", "up up up up"],
  ])("the first region answers while %s, and _why tells the health of all", async (_, modes) => {
    setModes(modes);
    const wanted = modes.split(" ").map((mode) => (mode === "up" ? "up" : "not-up"));
    const seen = async (): Promise<unknown> => {
      expect(await ask()).toEqual(ipv4Of(0));
      const why = await askOne(pdns.dns, { name: `_why.${fqdnOf("warm")}`, type: "TXT" });
      const records = why.data.map((data) => ({ name: "", type: "TXT", ttlSeconds: 5, data }));
      const { A, AAAA } = parseHealth({ rcode: why.rcode, records });
      return [[...A.values()], [...AAAA.values()]];
    };
    await expect.poll(seen, { timeout: limitMs, interval: 50 }).toEqual([wanted, wanted]);
    for (let sample = 0; sample < 20; sample++) expect(await ask()).toEqual(ipv4Of(0));
  });

  test("another activeRegion moves it in one step: old or new, never between and never empty, and new for good once it is written", async () => {
    const stop = new AbortController();
    const answers = new Set<string>();
    const wrong: string[] = [];
    /** What is answered from the moment at which the change is done; undefined while one is being made. */
    let settled: string | undefined;
    const asking = (async () => {
      while (!stop.signal.aborted) {
        const before = settled;
        const answer = (await ask()).join();
        answers.add(answer);
        if (before !== undefined && before === settled && answer !== before) wrong.push(answer);
      }
    })();
    const moves: readonly (readonly [Partial<ApplicationFacts>, number])[] = Array.from(
      { length: 30 },
      (_, turn) => (turn % 2 === 0 ? [{ activeRegion: hel }, 1] : [{ activeRegion: fsn }, 0]),
    );
    for (const [facts, region] of moves) {
      settled = undefined;
      // A and AAAA; the record that explains stays.
      expect(await write(facts)).toBe(2);
      settled = ipv4Of(region).join();
      for (let sample = 0; sample < 20; sample++) expect((await ask()).join()).toBe(settled);
    }
    settled = undefined;
    for (let turn = 0; turn < 5; turn++) {
      await write({ placement: "active-hotstandby" });
      await write({ activeRegion: fsn });
    }
    stop.abort();
    await asking;
    expect(wrong).toEqual([]);
    const allowed = [ipv4Of(0).join(), ipv4Of(1).join(), ...ipv4Of(0), ...ipv4Of(1)];
    expect([...answers].filter((answer) => !allowed.includes(answer))).toEqual([]);
  });
});

test("each placement has the TTL that the Sovereign gives it, and an Application's own wins", async () => {
  const pdns = await startPdnsServer([zone]);
  try {
    const regions = both.map((cluster, index) => ({
      cluster,
      ipv4: [`127.0.0.${index + 9}`],
      ipv6: [],
    }));
    const common = { regions: both, healthCheck: { tcp: { port: 9 } } };
    const applications: readonly ApplicationFacts[] = [
      { ...common, name: "single", placement: "single-region", regions: [fsn] },
      { ...common, name: "both", placement: "active-active" },
      { ...common, name: "warm", placement: "active-passive-warm" },
      { ...common, name: "own", placement: "active-passive-warm", ttl: "2m" },
      {
        ...common,
        name: "canary",
        placement: "weighted-canary",
        weights: { [fsn]: 50, [hel]: 50 },
      },
    ];
    const ttls = { "single-region": "5m", "active-passive-warm": "1m", "weighted-canary": "20s" };
    await writeZone(pdns, zoneOf(regions, applications, { sovereign: { ttl: "7s", ttls } }));
    const seen = async (name: string): Promise<readonly number[]> =>
      (await askOne(pdns.dns, { name: fqdnOf(name), type: "A" })).ttls;
    expect(await seen("single")).toEqual([300]);
    expect(new Set(await seen("both"))).toEqual(new Set([7]));
    expect(await seen("warm")).toEqual([60]);
    expect(await seen("own")).toEqual([120]);
    expect(await seen("canary")).toEqual([20]);
  } finally {
    await pdns.stop();
  }
});
