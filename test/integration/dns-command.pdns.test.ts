/** `sovereign dns plan|apply|why` as a person runs it, against two real PowerDNS servers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { documentsOf, fsn, hel, placed, sovereignOf, zone } from "../catalogue.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type Backends, startBackends } from "./backends.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

let folder: string;
let backends: Backends;
let servers: readonly PdnsServer[];
const keysUsed: string[] = [];

const applications = () => {
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: backends.port };
  return [
    placed("shop", { healthCheck }),
    placed("blog", { placement: "active-active", healthCheck }),
    placed("docs", { placement: "single-region", regions: [fsn] }),
  ];
};

/** Writes one folder of documents, and for each region its control configuration; gives the paths. */
function writeWorld(declared = applications()): Readonly<Record<string, string>> {
  const documents = join(folder, "documents");
  rmSync(documents, { recursive: true, force: true });
  mkdirSync(documents);
  const base = sovereignOf(
    Object.fromEntries(
      [fsn, hel].map((cluster, index) => {
        const backend = backends.list[index];
        return [cluster, { ipv4: [backend?.ipv4 ?? ""], ipv6: [backend?.ipv6 ?? ""] }];
      }),
    ),
  );
  const regions = base.spec.regions.map((region, index) => {
    const server = servers[index];
    const [spec] = region.nameServers;
    if (server === undefined || spec === undefined) throw new Error("a region has one server");
    const nameServers = [{ ...spec, ...server.dns, apiUrl: server.apiUrl }];
    return { ...region, nameServers };
  });
  const sovereign = { ...base, spec: { ...base.spec, regions } };
  for (const { file, value } of documentsOf(declared, sovereign)) {
    writeFileSync(join(documents, file), JSON.stringify(value));
  }
  const configs: [string, string][] = [fsn, hel].map((cluster, index) => {
    const name = `ns${index + 1}`;
    writeFileSync(join(folder, `${name}.key`), `${servers[index]?.apiKey}\n`);
    return [cluster, writeConfig(cluster, name)];
  });
  return Object.fromEntries(configs);
}

function writeConfig(cluster: string, name: string, key = `${name}.key`): string {
  const path = join(folder, `${cluster}.yaml`);
  const config = {
    cluster,
    source: { folder: "documents" },
    journal: `journal-${cluster}`,
    http: { address: "127.0.0.1", port: 0 },
    nameServerKeys: { [name]: { file: key } },
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

async function sovereign(...words: readonly string[]): Promise<Ran> {
  const ran = await runCli(...words);
  for (const key of keysUsed) {
    expect(ran.out + ran.err, "no key in any output").not.toContain(key);
  }
  expect(stripVTControlCharacters(ran.out), "no colour without a terminal").toBe(ran.out);
  return ran;
}

const recordsOf = async (index: number): Promise<readonly string[]> => {
  const server = servers[index];
  if (server === undefined) throw new Error("there are two servers");
  const rrsets = await powerDnsNameServer(server.options).readZone(zone);
  return rrsets
    .filter(({ type }) => type !== "SOA" && type !== "NS")
    .map(({ name, type }) => `${name} ${type}`)
    .sort();
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-dns-command-"));
  backends = await startBackends(2);
  servers = await Promise.all([startPdnsServer([zone], "ns1"), startPdnsServer([zone], "ns2")]);
  keysUsed.push(...servers.map(({ apiKey }) => apiKey), "wrong-k3y-on-purpose");
});
afterAll(async () => {
  backends.stop();
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

describe("bad servers: one clear failure, nothing changed, no key shown", () => {
  beforeEach(() => void writeWorld());

  test("a wrong key", async () => {
    writeFileSync(join(folder, "wrong.key"), "wrong-k3y-on-purpose\n");
    const config = writeConfig(fsn, "ns1", "wrong.key");
    const before = await recordsOf(0);
    for (const command of ["plan", "apply"]) {
      const { exitCode, err } = await sovereign("dns", command, "--config", config);
      expect(exitCode).toBe(codes.NameServerUnauthorized.exitCode);
      expect(err).toContain(`ns1 of ${fsn} refuses the API key`);
    }
    expect(await recordsOf(0)).toEqual(before);
  });

  test("a key file that is missing", async () => {
    const config = writeConfig(fsn, "ns1", "missing.key");
    const { exitCode, err } = await sovereign("dns", "plan", "--config", config);
    expect(exitCode).toBe(codes.CredentialUnreadable.exitCode);
    expect(err).toContain(`the API key of ns1 of ${fsn}`);
  });

  test("a server that is away", async () => {
    await servers[1]?.kill();
    const { exitCode, err } = await sovereign(
      "dns",
      "plan",
      "--config",
      join(folder, `${hel}.yaml`),
    );
    await servers[1]?.start();
    expect(exitCode).toBe(codes.NameServerUnreachable.exitCode);
    expect(err).toContain(`ns2 of ${hel} can not be reached: ECONNREFUSED`);
  });

  test("a zone that is missing", async () => {
    const bare = await startPdnsServer([], "ns1");
    try {
      const [, second] = servers;
      const all = servers;
      servers = second === undefined ? [bare] : [bare, second];
      const { [fsn]: config = "" } = writeWorld();
      servers = all;
      const { exitCode, err } = await sovereign("dns", "apply", "--config", config);
      expect(exitCode).toBe(codes.ZoneMissing.exitCode);
      expect(err).toContain(`ns1 of ${fsn} does not hold the zone ${zone}`);
    } finally {
      await bare.stop();
    }
  });

  test("a region that is not declared", async () => {
    const config = writeConfig("hz-sin-rtz-prod", "ns1");
    const { exitCode, err } = await sovereign("dns", "plan", "--config", config);
    expect(exitCode).toBe(codes.ConfigInvalid.exitCode);
    expect(err).toContain(`${fsn}, ${hel}`);
  });
});

describe("from nothing to a name that is explained", () => {
  let config: Readonly<Record<string, string>>;
  const run = (command: string, cluster: string, ...more: readonly string[]): Promise<Ran> =>
    sovereign("dns", command, ...more, "--config", config[cluster] ?? "");
  beforeAll(() => {
    config = writeWorld();
  });

  test("plan shows what would come and changes nothing", async () => {
    const { exitCode, out } = await run("plan", fsn);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/\+ add\s+shop\.acme-prod\.sovereign\.test\s+LUA/);
    expect(out).toContain("6 changes to make");
    expect(await recordsOf(0)).toEqual([]);
  });

  test("apply writes the own region only, verifies, and the next plan is empty", async () => {
    const { exitCode, out } = await run("apply", fsn);
    expect(out).toContain("6 changes made");
    expect(out).toMatch(new RegExp(`✓ right\\s+ns1 of ${fsn}\\s+6 answers`));
    expect(out).toMatch(new RegExp(`✗ wrong\\s+ns2 of ${hel}`));
    expect(exitCode).toBe(0);
    expect(await recordsOf(0)).toHaveLength(6);
    expect(await recordsOf(1)).toEqual([]);
    expect((await run("plan", fsn)).out).toContain("✓ 6 as planned");
  });

  test("why ends with AnswerWrong while a server answers otherwise than planned", async () => {
    const { exitCode, out } = await run("why", fsn, "shop");
    expect(exitCode).toBe(codes.AnswerWrong.exitCode);
    expect(out).toContain("InPlan: the server answered NXDOMAIN");
  });

  test("why explains document, code, health and answer of every server", async () => {
    expect((await run("apply", hel)).exitCode).toBe(0);
    const text = async (): Promise<string> => (await run("why", fsn, "shop")).out;
    await expect.poll(text, { timeout: 60_000, interval: 200 }).toMatch(/(● up[\s\S]*){8}/);
    const { exitCode, out } = await run("why", fsn, "shop.acme-prod.sovereign.test.");
    expect(exitCode).toBe(0);
    expect(out).toContain("✓ every answer is in the plan");
    expect(out).toContain("document-3.yaml:1");
    expect(out).toContain(`FirstHealthy: ${fsn} is first in order and up`);
    expect(out).toContain("✓ as planned");
    expect(out).toContain("no API key is configured here");
  });

  test("why looks from one region, or in the name of a subnet, and refuses what is neither", async () => {
    const region = await run("why", fsn, "shop", "--from", "hel", "--output", "json");
    const servers = (JSON.parse(region.out) as { servers: { server: string }[] }).servers; // Our own output.
    expect(servers.map(({ server }) => server)).toEqual([`ns2 of ${hel}`]);
    const subnet = await run("why", fsn, "shop", "--from", "80.81.82.7/24");
    expect(subnet.exitCode).toBe(0);
    expect(subnet.out).toContain("asked in the name of clients in 80.81.82.0/24");
    const neither = await run("why", fsn, "shop", "--from", "Europe");
    expect(neither.exitCode).toBe(codes.UsageInvalid.exitCode);
    expect(neither.err).toContain('"Europe" is neither a subnet nor a region');
    expect(neither.err).toContain(hel);
  });

  test("why as JSON carries the whole trace", async () => {
    const { out } = await run("why", fsn, "acme-prod/blog", "--output", "json");
    const explained = JSON.parse(out) as { servers: { families: { verdict: object }[] }[] };
    expect(explained.servers[0]?.families[0]?.verdict).toMatchObject({
      kind: "allowed",
      trace: [
        { rule: "Answered", outcome: "passed" },
        { rule: "InPlan", outcome: "passed" },
        { rule: "FollowsHealth" },
        { rule: "StoredAsPlanned", outcome: "passed" },
      ],
    });
  });

  test("why follows a region that goes down", async () => {
    backends.list[0]?.setMode("failing");
    const text = async (): Promise<string> => (await run("why", fsn, "shop")).out;
    await expect
      .poll(text, { timeout: 60_000, interval: 200 })
      .toContain(`FirstHealthy: ${hel} is the first in order that is up`);
    backends.list[0]?.setMode("up");
  });

  test("a name that nobody declares is NotFound with the nearest one", async () => {
    const { exitCode, err } = await run("why", fsn, "shpo");
    expect(exitCode).toBe(codes.NotFound.exitCode);
    expect(err).toContain("Did you mean shop.acme-prod.sovereign.test?");
  });

  test("drift is named by why and mended by apply", async () => {
    const [server] = servers;
    if (server === undefined) throw new Error("there are two servers");
    await powerDnsNameServer(server.options).change(zone, [
      { kind: "delete", name: `blog.acme-prod.${zone}`, type: "LUA" },
    ]);
    const drifted = await run("why", fsn, "blog");
    expect(drifted.exitCode).toBe(codes.AnswerWrong.exitCode);
    expect(drifted.out).toContain("✗ drift");
    expect((await run("apply", fsn)).out).toContain("1 change made");
    expect((await run("why", fsn, "blog")).exitCode).toBe(0);
  });

  test("a name that belongs to somebody else ends plan and apply with RecordConflict", async () => {
    const [server] = servers;
    if (server === undefined) throw new Error("there are two servers");
    const name = `cart.acme-prod.${zone}`;
    const rrset = { name, type: "A", ttlSeconds: 60, records: ["192.0.2.9"] };
    await powerDnsNameServer(server.options).change(zone, [{ kind: "replace", rrset }]);
    config = writeWorld([...applications(), placed("cart"), placed("wiki")]);
    const planned = await run("plan", fsn);
    expect(planned.exitCode).toBe(codes.RecordConflict.exitCode);
    expect(planned.out).toContain("! conflict");
    expect((await run("apply", fsn)).exitCode).toBe(codes.RecordConflict.exitCode);
    expect(await recordsOf(0)).toContain(`wiki.acme-prod.${zone} LUA`);
    expect(await recordsOf(0)).not.toContain(`${name} LUA`);
  });

  test("a wrong document holds removals, is named, and the right ones go on", async () => {
    const bad = placed("bad", { regions: [fsn, "hz-sin-rtz-prod"] });
    config = writeWorld([placed("late"), bad]);
    const { exitCode, out, err } = await run("apply", fsn);
    expect(exitCode).toBe(codes.DocumentInvalid.exitCode);
    expect(err).toContain("hz-sin-rtz-prod");
    expect(out).toContain("removals are held");
    expect(await recordsOf(0)).toContain(`late.acme-prod.${zone} LUA`);
    expect(await recordsOf(0)).toContain(`shop.acme-prod.${zone} LUA`);
    const why = await run("why", fsn, "bad");
    expect(why.exitCode).toBe(codes.DocumentInvalid.exitCode);
    expect(why.err).toMatch(/document-4\.yaml:1 Application\/bad \$\.spec\.regions\[1\]/);
  });
});
