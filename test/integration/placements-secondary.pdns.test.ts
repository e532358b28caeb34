/** Every placement's code on an AXFR secondary: it arrives whole and gives the answers that the written server gives. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeMmdb } from "../../src/sandbox/mmdb-writer.ts";
import { startBackends } from "./backends.ts";
import { askAll } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { type ApplicationFacts, domain, writeZone, zone, zoneOf } from "./placement-world.ts";

const limitMs = 60_000;
const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
const [fsn, hel] = clusters;
const fqdnOf = (name: string): string => `${name}.acme-prod.${domain}`;
const europe = { subnet: "203.0.113.0/24", continent: "EU" as const, latitude: 50, longitude: 10 };
const america = {
  subnet: "198.51.100.0/24",
  continent: "NA" as const,
  latitude: 40,
  longitude: -75,
};

/** Makes `secondary` a secondary of `source` for the zone, by PowerDNS's own API, and fetches it. */
async function follow(source: PdnsServer, secondary: PdnsServer): Promise<void> {
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${secondary.apiUrl}/api/v1/servers/localhost${path}`, {
      method,
      headers: { "x-api-key": secondary.apiKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  };
  const { address, port } = source.dns;
  await call("POST", "/zones", { name: zone, kind: "Secondary", masters: [`${address}:${port}`] });
  await call("PUT", `/zones/${zone}/axfr-retrieve`);
}

test("an AXFR secondary gives the answers of the server that is written, for every placement", async () => {
  const backends = await startBackends(4);
  const folder = mkdtempSync(join(tmpdir(), "sovereign-geo-"));
  const networks = [europe, america].map(({ subnet, ...place }) => ({ network: subnet, ...place }));
  const places = backends.list.map(({ ipv4 }, index) => ({
    network: `${ipv4}/32`,
    ...(index < 2 ? europe : america),
  }));
  writeFileSync(join(folder, "geo.mmdb"), writeMmdb([...networks, ...places], 1));
  const settings = {
    launch: "gsqlite3,geoip",
    "geoip-database-files": `mmdb:${folder}/geo.mmdb`,
    "edns-subnet-processing": "yes",
  };
  const servers: PdnsServer[] = [];
  try {
    const source = await startPdnsServer([zone], "ns1", { ...settings, primary: "yes" });
    servers.push(source);
    const secondary = await startPdnsServer([], "ns2", { ...settings, secondary: "yes" });
    servers.push(secondary);
    const regions = clusters.map((cluster, index) => {
      const mine = backends.list.slice(index * 2, index * 2 + 2);
      return { cluster, ipv4: mine.map((one) => one.ipv4), ipv6: mine.map((one) => one.ipv6) };
    });
    // A long path makes several chunks of every code.
    const path = `/${"check,it ".replace(" ", "=").repeat(40)}`;
    const common = {
      regions: clusters,
      healthCheck: { scheme: "http", port: backends.port, path },
    };
    const order = [
      { continents: ["EU", "AF"], regions: [fsn] },
      { continents: ["NA", "SA", "OC"], regions: [hel, fsn] },
    ];
    const applications: readonly ApplicationFacts[] = [
      { ...common, name: "both", placement: "active-active" },
      { ...common, name: "standby", placement: "active-hotstandby" },
      { ...common, name: "order", placement: "active-active", geo: { order } },
      {
        ...common,
        name: "canary",
        placement: "weighted-canary",
        weights: { [fsn]: 70, [hel]: 30 },
      },
      { ...common, name: "warm", placement: "active-passive-warm" },
      { ...common, name: "near", placement: "active-active", geo: { byDistance: {} } },
      {
        ...common,
        name: "tcp",
        placement: "active-hotstandby",
        healthCheck: { tcp: { port: backends.port } },
      },
    ];
    await writeZone(source, zoneOf(regions, applications, { sovereign: { geoip: true } }));
    await follow(source, secondary);
    // By distance one of two equally near addresses is answered, at random.
    const names = applications.map(({ name }) => name).filter((name) => name !== "near");
    const subnets = [europe.subnet, america.subnet, "10.1.2.0/24", "10.3.4.0/24", "10.5.6.0/24"];
    const questions = names.flatMap((name) =>
      subnets.flatMap((subnet) =>
        (["A", "AAAA"] as const).map((type) => ({ name: fqdnOf(name), type, subnet })),
      ),
    );
    const near = { name: fqdnOf("near"), type: "A", subnet: america.subnet } as const;
    const why = names.map((name) => ({ name: `_why.${fqdnOf(name)}`, type: "TXT" as const }));
    for (const mode of ["up", "failing", "up"] as const) {
      backends.list[0]?.setMode(mode);
      backends.list[1]?.setMode(mode);
      const all = [...questions, ...why];
      const settled = async (): Promise<boolean> => {
        const [one, two] = await Promise.all(servers.map(({ dns }) => askAll(dns, why)));
        const text = JSON.stringify([one, two]);
        const isSeen = mode === "up" ? !text.includes("not-up") : text.includes("not-up");
        return isSeen && text.includes("=up") && JSON.stringify(one) === JSON.stringify(two);
      };
      await expect.poll(settled, { timeout: limitMs, interval: 100 }).toBe(true);
      const [written, transferred] = await Promise.all(servers.map(({ dns }) => askAll(dns, all)));
      expect(transferred).toEqual(written);
      expect(written?.every(({ rcode, data }) => rcode === "NOERROR" && data.length > 0)).toBe(
        true,
      );
      for (const { dns } of servers) {
        const [answer] = await askAll(dns, [near]);
        expect(regions[1]?.ipv4).toContain(answer?.data[0]);
      }
    }
  } finally {
    backends.stop();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
