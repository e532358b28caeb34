/** Placements whose answer depends on the client, on a real pdns_server with a GeoIP database of our own making. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseAnswer } from "../../src/core/dns/choice.ts";
import { type HealthView, parseHealth } from "../../src/core/dns/health.ts";
import { type AddressType, addressTypes } from "../../src/core/dns/idioms.ts";
import type { DesiredApplication, DesiredZone } from "../../src/core/dns/zone.ts";
import { type GeoNetwork, writeMmdb } from "../../src/sandbox/mmdb-writer.ts";
import { type Backends, type Mode, startBackends } from "./backends.ts";
import { askAll, askOne, type ClientAnswer } from "./dns-client-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import {
  type ApplicationFacts,
  fqdnOf,
  type Letter,
  letters,
  type RegionFacts,
  writeZone,
  zone,
  zoneOf,
} from "./placement-world.ts";

const limitMs = 60_000;
const fsn = "hz-fsn-rtz-prod";
const ash = "hz-ash-rtz-prod";

/** Clients by subnet; `source` clients ask from a loopback address of such a network instead. */
const network = randomLoopback().split(".").slice(0, 2).join(".");
const clients = {
  EU: { subnet: "203.0.113.0/24", source: `${network}.101.7` },
  NA: { subnet: "198.51.100.0/24", source: `${network}.102.7` },
  AS: { subnet: "192.0.2.0/25", source: `${network}.103.7` },
  nowhere: { subnet: "100.64.9.0/24", source: `${network}.104.7` },
} as const;
type Client = keyof typeof clients;
const places = {
  EU: { latitude: 50, longitude: 10 },
  NA: { latitude: 39, longitude: -77 },
  AS: { latitude: 35, longitude: 105 },
} as const;

const states: readonly { name: string; modes: string }[] = [
  { name: "all up", modes: "up up up up" },
  { name: "one backend down", modes: "failing up up up" },
  { name: "region down", modes: "failing cutting up up" },
  { name: "other region down", modes: "up up cutting failing" },
  { name: "all down", modes: "failing failing cutting cutting" },
  { name: "recovered", modes: "up up up up" },
];

/** Written by hand: who answers clients of these continents, by state. Clients of Asia and of nowhere have no rule. */
const home = { EU: "a1 a2", NA: "b1 b2", AS: "a1 a2", nowhere: "a1 a2" } as const;
const byState = (eu: string, na: string) => ({ EU: eu, NA: na, AS: eu, nowhere: eu });
const oracle: Readonly<Record<string, Readonly<Record<Client, string>>>> = {
  "all up": home,
  "one backend down": byState("a2", "b1 b2"),
  "region down": byState("b1 b2", "b1 b2"),
  "other region down": byState("a1 a2", "a1 a2"),
  "all down": home,
  recovered: home,
};

/** 3,000 client networks. */
const subnets = Array.from({ length: 3_000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`);

describe("answers by client on a real name server", () => {
  let backends: Backends;
  let pdns: PdnsServer;
  let folder: string;
  let regions: readonly RegionFacts[];
  let desired: DesiredZone;

  const address = (type: AddressType, letter: Letter): string => {
    const backend = backends.list[letters.indexOf(letter)];
    return (type === "A" ? backend?.ipv4 : backend?.ipv6) ?? "";
  };
  const addresses = (type: AddressType, words: string): readonly string[] =>
    words
      .split(" ")
      .map((letter) => address(type, letter as Letter)) // The tables hold letters only.
      .sort();
  const applicationOf = (name: string): DesiredApplication => {
    const found = desired.applications.find(({ fqdn }) => fqdn === fqdnOf(name));
    if (found === undefined) throw new Error(`${name} is declared`);
    return found;
  };
  const health = async (name: string, subnet?: string): Promise<HealthView> => {
    const question = {
      name: `_why.${fqdnOf(name)}`,
      type: "TXT",
      ...(subnet === undefined ? {} : { subnet }),
    } as const;
    const { rcode, data } = await askOne(pdns.dns, question);
    const records = data.map((text) => ({
      name: question.name,
      type: "TXT",
      ttlSeconds: 5,
      data: text,
    }));
    return parseHealth({ rcode, records });
  };
  const setState = async (modes: string): Promise<void> => {
    for (const [index, mode] of modes.split(" ").entries()) {
      backends.list[index]?.setMode(mode as Mode); // The tables hold modes only.
    }
    const wanted = modes.split(" ").map((mode) => (mode === "up" ? "up" : "not-up"));
    for (const { fqdn } of desired.applications) {
      const name = fqdn.split(".")[0] ?? "";
      const seen = async (): Promise<unknown> => {
        const view = await health(name);
        return addressTypes.map((type) =>
          letters.map((one) => view[type].get(canonical(type, one))),
        );
      };
      await expect.poll(seen, { timeout: limitMs, interval: 50 }).toEqual([wanted, wanted]);
    }
  };
  /** The backend's address as the product writes it. */
  const canonical = (type: AddressType, letter: Letter): string => address(type, letter);

  beforeAll(async () => {
    backends = await startBackends(4);
    const placeOf = (place: keyof typeof places, networks: readonly string[]): GeoNetwork[] =>
      networks.map((one) => ({ network: one, continent: place, ...places[place] }));
    const of = (region: string): string[] =>
      letters.filter((one) => one.startsWith(region)).map((one) => `${address("A", one)}/32`);
    const clientNetworks = (place: keyof typeof places): string[] => [
      clients[place].subnet,
      `${clients[place].source}/32`,
    ];
    const networks = [
      ...placeOf("EU", [...clientNetworks("EU"), ...of("a")]),
      ...placeOf("NA", [...clientNetworks("NA"), ...of("b")]),
      ...placeOf("AS", clientNetworks("AS")),
    ];
    folder = mkdtempSync(join(tmpdir(), "sovereign-geo-"));
    writeFileSync(join(folder, "geo.mmdb"), writeMmdb(networks, 1_700_000_000));
    pdns = await startPdnsServer([zone], "ns1", {
      launch: "gsqlite3,geoip",
      "geoip-database-files": `mmdb:${folder}/geo.mmdb`,
      "edns-subnet-processing": "yes",
    });
    regions = [fsn, ash].map((cluster, index) => ({
      cluster,
      ipv4: addresses("A", index === 0 ? "a1 a2" : "b1 b2"),
      ipv6: addresses("AAAA", index === 0 ? "a1 a2" : "b1 b2"),
    }));
    desired = zoneOf(regions, applications(), { sovereign: { geoip: true } });
    expect(await writeZone(pdns, desired)).toBe(6);
    expect(await writeZone(pdns, desired)).toBe(0);
  });
  afterAll(async () => {
    backends.stop();
    await pdns.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const applications = (canary: Partial<ApplicationFacts> = {}): readonly ApplicationFacts[] => {
    const common = { regions: [fsn, ash], healthCheck: { scheme: "http", port: backends.port } };
    const order = [
      { continents: ["AF", "EU"], regions: [fsn] },
      { continents: ["NA", "SA"], regions: [ash, fsn] },
    ];
    return [
      { ...common, name: "order", placement: "active-active", geo: { order } },
      { ...common, name: "near", placement: "active-active", geo: { byDistance: {} } },
      {
        ...common,
        name: "canary",
        placement: "weighted-canary",
        weights: { [fsn]: 80, [ash]: 20 },
        ...canary,
      },
    ];
  };
  const expectExplained = async (
    name: string,
    type: AddressType,
    client: Client,
  ): Promise<void> => {
    const { subnet } = clients[client];
    const view = await health(name, subnet);
    const choice = chooseAnswer(applicationOf(name), type, view);
    const { data } = await askOne(pdns.dns, { name: fqdnOf(name), type, subnet });
    const right = (choice.alternatives ?? [choice.addresses ?? []]).map((one) => [...one].sort());
    expect(right, `${name} ${type} ${client}`).toContainEqual(data);
  };

  describe.each(states)("$name", ({ name: state, modes }) => {
    test("every name's health is seen", () => setState(modes), limitMs);

    test.each(Object.keys(clients) as Client[])(
      "a client of %s gets its continent's region, by subnet and by source, A and AAAA",
      async (client) => {
        const { subnet, source } = clients[client];
        for (const type of addressTypes) {
          const wanted = addresses(type, oracle[state]?.[client] ?? "");
          const question = { name: fqdnOf("order"), type };
          const bySubnet = await askOne(pdns.dns, { ...question, subnet });
          const bySource = await askOne(pdns.dns, question, source);
          expect([bySubnet.data, bySource.data]).toEqual([wanted, wanted]);
          await expectExplained("order", type, client);
        }
      },
    );

    test.each(["EU", "NA", "AS"] as const)(
      "a client of %s gets one address of the nearest region that is up, by subnet and by source, A and AAAA",
      async (client) => {
        const { subnet, source } = clients[client];
        for (const type of addressTypes) {
          const allowed = addresses(type, oracle[state]?.[client] ?? "");
          for (const [more, from] of [
            [{ subnet }, undefined],
            [{}, source],
          ] as const) {
            const { data } = await askOne(pdns.dns, { name: fqdnOf("near"), type, ...more }, from);
            expect(data).toHaveLength(1);
            expect(allowed).toContain(data[0] ?? "");
          }
          await expectExplained("near", type, client);
        }
      },
    );

    test("the canary is explained", async () => {
      for (const type of addressTypes) await expectExplained("canary", type, "EU");
    });
  });

  test("the server says where it believes a client to be, and when it does not know", async () => {
    const seen = async (client: Client): Promise<unknown> =>
      (await health("order", clients[client].subnet)).continent;
    expect([await seen("EU"), await seen("NA"), await seen("nowhere")]).toEqual(["eu", "na", "--"]);
    const choice = chooseAnswer(
      applicationOf("order"),
      "A",
      await health("order", clients.nowhere.subnet),
    );
    expect(choice.because).toContain("the server does not know where the client is");
  });

  /** Which region answers each subnet, `a` or `b`; an answer that is not exactly one region's fails. */
  const shares = async (type: AddressType): Promise<readonly string[]> => {
    const questions = subnets.map((subnet) => ({ name: fqdnOf("canary"), type, subnet }));
    const answers = await askAll(pdns.dns, questions);
    return answers.map((answer) => regionOf(type, answer));
  };
  const regionOf = (type: AddressType, { data }: ClientAnswer): string => {
    const first = letters.find((one) => address(type, one) === (data[0] ?? ""));
    return first?.slice(0, 1) ?? `outside: ${data.join()}`;
  };
  const rewrite = async (canary: Partial<ApplicationFacts>): Promise<void> => {
    desired = zoneOf(regions, applications(canary), { sovereign: { geoip: true } });
    await writeZone(pdns, desired);
  };
  const count = (all: readonly string[], one: string): number =>
    all.filter((x) => x === one).length;

  test("a canary shares clients by weight, each stays where it is, and a ramp moves the difference", async () => {
    await setState("up up up up");
    const before = await shares("A");
    expect(new Set(before)).toEqual(new Set(["a", "b"]));
    expect(Math.abs((100 * count(before, "b")) / subnets.length - 20)).toBeLessThanOrEqual(3);
    expect(await shares("A")).toEqual(before);
    expect(await shares("AAAA")).toEqual(before);

    await rewrite({ regions: [ash, fsn] });
    expect(await shares("A")).toEqual(before);

    await rewrite({ weights: { [fsn]: 90, [ash]: 10 } });
    const ramped = await shares("A");
    expect(Math.abs((100 * count(ramped, "b")) / subnets.length - 10)).toBeLessThanOrEqual(3);
    const moved = subnets.map((_, index) => `${before[index]}${ramped[index]}`);
    expect(count(moved, "ab")).toBe(0);
    expect(count(moved, "ba")).toBe(count(before, "b") - count(ramped, "b"));

    await rewrite({ weights: { [fsn]: 100, [ash]: 0 } });
    expect(new Set(await shares("A"))).toEqual(new Set(["a"]));
    await rewrite({});
    expect(await shares("A")).toEqual(before);
  });

  test("a canary that loses a region sends everybody to the other; with none up it goes by weight", async () => {
    const before = await shares("A");
    await setState("failing failing up up");
    expect(new Set(await shares("A"))).toEqual(new Set(["b"]));
    await setState("up up failing cutting");
    expect(new Set(await shares("A"))).toEqual(new Set(["a"]));
    await setState("failing cutting failing cutting");
    expect(await shares("A")).toEqual(before);
    await setState("up up up up");
    expect(await shares("A")).toEqual(before);
  });

  test("a canary of 0 % takes over when the other region is down", async () => {
    await rewrite({ weights: { [fsn]: 100, [ash]: 0 } });
    await setState("failing cutting up up");
    expect(new Set(await shares("A"))).toEqual(new Set(["b"]));
  });
});

test("without the GeoIP backend a server does not know where anybody is, and says so", async () => {
  const backends = await startBackends(2);
  const pdns = await startPdnsServer([zone], "ns1", { "edns-subnet-processing": "yes" });
  try {
    const regions = [fsn, ash].map((cluster, index) => ({
      cluster,
      ipv4: [backends.list[index]?.ipv4 ?? ""],
      ipv6: [],
    }));
    const healthCheck = { scheme: "http", port: backends.port };
    const order = [{ continents: ["NA"], regions: [ash] }];
    const facts = { name: "order", placement: "active-active", regions: [fsn, ash], healthCheck };
    const desired = zoneOf(regions, [{ ...facts, geo: { order } }], { sovereign: { geoip: true } });
    await writeZone(pdns, desired);
    const why = await askOne(pdns.dns, { name: `_why.${fqdnOf("order")}`, type: "TXT" });
    const records = why.data.map((data) => ({ name: "", type: "TXT", ttlSeconds: 5, data }));
    const [application] = desired.applications;
    if (application === undefined) throw new Error("it is declared");
    const choice = chooseAnswer(application, "A", parseHealth({ rcode: "NOERROR", records }));
    expect(choice.because).toContain("the GeoIP backend is not launched");
  } finally {
    backends.stop();
    await pdns.stop();
  }
});
