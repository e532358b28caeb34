/** `sovereign dns verify|lint|history` as a person runs them, against two real PowerDNS servers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { udpDnsClient } from "../../src/adapters/dns-client.ts";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { lintLua } from "../../src/control/lua-lint.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { documentsOf, fsn, hel, placed, sovereignOf, zone } from "../catalogue.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type Backends, startBackends } from "./backends.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const shop = "shop.acme-prod.sovereign.test";
let folder: string;
let backends: Backends;
let servers: readonly PdnsServer[];

function server(index: number): PdnsServer {
  const found = servers[index];
  if (found === undefined) throw new Error("there are two servers");
  return found;
}

function writeWorld(): void {
  const healthCheck = { scheme: "http" as const, path: "/healthz", port: backends.port };
  const applications = [
    placed("shop", { healthCheck }),
    placed("blog", { placement: "active-active", healthCheck }),
    placed("docs", { placement: "single-region", regions: [fsn] }),
  ];
  const addresses = [fsn, hel].map((cluster, index) => {
    const backend = backends.list[index];
    return [cluster, { ipv4: [backend?.ipv4 ?? ""], ipv6: [backend?.ipv6 ?? ""] }];
  });
  const base = sovereignOf(Object.fromEntries(addresses));
  const regions = base.spec.regions.map((region, index) => {
    const { dns, apiUrl } = server(index);
    const nameServers = region.nameServers.map((spec) => ({ ...spec, ...dns, apiUrl }));
    return { ...region, nameServers };
  });
  mkdirSync(join(folder, "documents"));
  for (const { file, value } of documentsOf(applications, {
    ...base,
    spec: { ...base.spec, regions },
  })) {
    writeFileSync(join(folder, "documents", file), JSON.stringify(value));
  }
  for (const [index, cluster] of [fsn, hel].entries()) {
    const name = `ns${index + 1}`;
    writeFileSync(join(folder, `${name}.key`), `${server(index).apiKey}\n`);
    const config = {
      cluster,
      source: { folder: "documents" },
      journal: `journal-${cluster}`,
      http: { address: "127.0.0.1", port: 0 },
      nameServerKeys: { [name]: { file: `${name}.key` } },
    };
    writeFileSync(join(folder, `${cluster}.yaml`), JSON.stringify(config));
  }
}

function dns(cluster: string, ...words: readonly string[]): Promise<Ran> {
  return runCli("dns", ...words, "--config", join(folder, `${cluster}.yaml`));
}

const namesOf = async (index: number): Promise<readonly string[]> =>
  (await powerDnsNameServer(server(index).options).readZone(zone)).map(({ name }) => name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sovereign-dns-verify-"));
  backends = await startBackends(2);
  servers = await Promise.all([
    startPdnsServer([zone], "ns1", { "edns-subnet-processing": "yes" }),
    startPdnsServer([zone], "ns2"),
  ]);
  writeWorld();
});
afterAll(async () => {
  backends.stop();
  await Promise.all(servers.map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

test("before anything is written, verify ends with AnswerWrong and names each", async () => {
  const { exitCode, out, err } = await dns(fsn, "verify");
  expect(exitCode).toBe(codes.AnswerWrong.exitCode);
  expect(out).toMatch(
    new RegExp(`✗ wrong\\s+A\\s+${shop}\\s+ns1 of ${fsn}\\s+the server answered NXDOMAIN`),
  );
  expect(err).toContain(`npx sovereign dns why`);
});

test("there is no history before something happened", async () => {
  expect((await dns(fsn, "history", "shop")).exitCode).toBe(codes.NotFound.exitCode);
});

test("when every server holds the plan, verify lists each answer once and ends with 0", async () => {
  await dns(fsn, "apply");
  await dns(hel, "apply");
  const { exitCode, out } = await dns(fsn, "verify");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/✓ right\s+AAAA\s+blog\.acme-prod\.sovereign\.test\s+every server/);
  expect(out).toContain("✓ 12 answers of 2 servers in the plan");
});

test("a question in the name of a subnet reaches the server as that subnet", async () => {
  const { exitCode, out } = await dns(
    fsn,
    "verify",
    "--from",
    "80.81.82.83/24",
    "--output",
    "json",
  );
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ from: "80.81.82.0/24", right: true });
  const code = 'TXT ";return bestwho:toString()"';
  const rrset = { name: `who.${zone}`, type: "LUA", ttlSeconds: 1, records: [code] };
  const api = powerDnsNameServer(server(0).options);
  await api.change(zone, [{ kind: "replace", rrset }]);
  const client = udpDnsClient({ timeoutMs: 10_000, ecs: "80.81.82.83/24" });
  const texts = async () =>
    (await client.query(server(0).dns, rrset.name, "TXT")).records.map(({ data }) => data);
  await expect.poll(texts, { timeout: 60_000 }).toEqual(["80.81.82.0"]);
  await api.change(zone, [{ kind: "delete", name: rrset.name, type: "LUA" }]);
  const wrong = await dns(fsn, "verify", "--from", "Europe");
  expect(wrong.exitCode).toBe(codes.UsageInvalid.exitCode);
});

test("a server that is away is named, and the others' answers are shown", async () => {
  await server(1).kill();
  const { exitCode, out } = await dns(fsn, "verify");
  await server(1).start();
  expect([codes.TimedOut.exitCode, codes.NameServerUnreachable.exitCode]).toContain(exitCode);
  expect(out).toContain(`✗ silent  ns2 of ${hel}`);
  expect(out).toContain(`ns1 of ${fsn}`);
});

test("lint runs each shape of code on the own server and leaves nothing behind", async () => {
  const before = await namesOf(0);
  const { exitCode, out } = await dns(fsn, "lint", "--server");
  expect(out).toMatch(new RegExp(`✓ runs\\s+ns1 of ${fsn}\\s+4 shapes of code`));
  expect(exitCode).toBe(0);
  expect(await namesOf(0)).toEqual(before);
});

test("code that the server can not run is found, and so is a function that it does not have", async () => {
  const before = await namesOf(0);
  const sample = { application: "acme-prod/shop", type: "A" as const, expected: ["192.0.2.1"] };
  const facts = {
    server: powerDnsNameServer(server(0).options),
    endpoint: server(0).dns,
    dns: udpDnsClient({ timeoutMs: 10_000 }),
    clock: systemClock,
    zone,
    id: "test",
    samples: [
      { ...sample, content: "A \";return {'192.0.2.1'}\"" },
      { ...sample, content: 'A ";return }"' },
      { ...sample, content: "A \";return '192.0.2.9'\"" },
      { ...sample, content: "A \"pickchashed({{1,'192.0.2.1'}})\"" },
    ],
  };
  const { findings, samples } = await lintLua(facts);
  expect(samples).toBe(4);
  expect(findings.map(({ reason }) => reason)).toEqual([
    "FunctionMissing",
    "CodeFails",
    "AnswerOutsidePlan",
  ]);
  expect(await namesOf(0)).toEqual(before);
});

test("a server that does not run LUA records is found", async () => {
  const off = await startPdnsServer([zone], "ns3", { "enable-lua-records": "no" });
  try {
    const { findings } = await lintLua({
      server: powerDnsNameServer(off.options),
      endpoint: off.dns,
      dns: udpDnsClient({ timeoutMs: 10_000 }),
      clock: systemClock,
      zone,
      id: "test",
      samples: [],
    });
    expect(findings).toMatchObject([{ reason: "LuaRecordsOff" }]);
  } finally {
    await off.stop();
  }
});

test("a check that is stopped in the middle leaves nothing behind", async () => {
  const before = await namesOf(0);
  const abort = new AbortController();
  const api = powerDnsNameServer(server(0).options);
  const stopping = {
    ...api,
    change: async (...args: Parameters<typeof api.change>) => {
      await api.change(...args);
      abort.abort();
    },
  };
  const stopped = lintLua(
    {
      server: stopping,
      endpoint: server(0).dns,
      dns: udpDnsClient({ timeoutMs: 10_000 }),
      clock: systemClock,
      zone,
      id: "stopped",
      samples: [],
    },
    abort.signal,
  );
  await expect(stopped).rejects.toMatchObject({ code: "Cancelled" });
  expect(await namesOf(0)).toEqual(before);
});

test("history tells when and why, and what was held at a moment", async () => {
  await powerDnsNameServer(server(0).options).change(zone, [
    { kind: "delete", name: `${shop}.`, type: "LUA" },
  ]);
  const between = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await dns(fsn, "apply");
  const { exitCode, out } = await dns(fsn, "history", shop);
  expect(exitCode).toBe(0);
  const lines = out.split("\n").filter((line) => line.includes("~ changed"));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(`+${shop} LUA (RecordMissing: there are no LUA records yet)`);
  const then = await dns(fsn, "history", "shop", "--at", between, "--output", "json");
  const { entries, held } = JSON.parse(then.out) as { entries: object[]; held: object[] };
  expect(entries).toHaveLength(1);
  expect(held).toMatchObject([
    { name: `${shop}.`, type: "LUA", server: `ns1 of ${fsn}` },
    { name: `_why.${shop}.`, type: "LUA" },
  ]);
  const early = await dns(fsn, "history", "shop", "--at", "2020-01-01T00:00:00Z");
  expect(early.out).toContain("no record was held");
});
