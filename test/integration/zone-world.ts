/** A Sovereign of real, signing PowerDNS servers, one a region, with documents and configurations as a person has them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { PlacedApplication } from "../../src/core/resources/catalogue.ts";
import type { SovereignDns } from "../../src/core/resources/sovereign-dns.ts";
import { documentsOf, sovereignOf } from "../catalogue.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

export const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod", "hz-nbg-rtz-prod"] as const;

export type ZoneWorld = {
  readonly folder: string;
  readonly servers: readonly PdnsServer[];
  /** Writes the documents; `addresses` are those of the load balancers, one a region; `regions` are numbers, default all. */
  readonly declare: (declared: {
    readonly regions?: readonly number[];
    /** TTL of what follows health; default is five seconds. */
    readonly ttl?: string;
    readonly dns?: Partial<SovereignDns>;
    readonly addresses?: readonly string[];
    readonly applications?: readonly PlacedApplication[];
  }) => void;
  /** Runs the CLI for the region with that number. */
  readonly run: (region: number, ...words: readonly string[]) => Promise<Ran>;
  /** Text that must never be printed, logged or journalled. */
  readonly secrets: string[];
  readonly stop: () => Promise<void>;
};

export const settings = {
  "gsqlite3-dnssec": "yes",
  primary: "yes",
  "allow-axfr-ips": "",
  "only-notify": "",
};

/** Starts `count` servers and writes a control configuration for each. */
export async function startZoneWorld(count = 2): Promise<ZoneWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-zone-"));
  const servers: PdnsServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < count; index++) {
      servers.push(await startPdnsServer([], `ns${index + 1}`, settings));
    }
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const secrets = servers.map(({ apiKey }) => apiKey);
  const world = { folder, servers, secrets };
  for (const index of servers.keys()) writeConfig(world, index);
  return {
    ...world,
    declare: (declared) => declare(world, declared),
    run: (region, ...words) =>
      runWithSecrets(secrets, [...words, "--config", join(folder, `${clusters[region]}.yaml`)]),
    stop,
  };
}

type Base = Pick<ZoneWorld, "folder" | "servers" | "secrets">;

function writeConfig({ folder, servers }: Base, index: number): void {
  writeFileSync(join(folder, `ns${index + 1}.key`), `${servers[index]?.apiKey}\n`);
  const cluster = clusters[index] ?? "";
  const config = {
    cluster,
    source: { folder: "documents" },
    journal: `journal-${cluster}`,
    http: { address: "127.0.0.1", port: 0 },
    nameServerKeys: { [`ns${index + 1}`]: { file: `ns${index + 1}.key` } },
    zoneKeys: { file: "zone-keys.json" },
    tsigKeys: { transfer: { file: "transfer.tsig" } },
  };
  writeFileSync(join(folder, `${cluster}.yaml`), JSON.stringify(config));
}

function declare(
  { folder, servers }: Base,
  {
    regions: wanted,
    ttl,
    dns,
    addresses = [],
    applications = [],
  }: Parameters<ZoneWorld["declare"]>[0],
): void {
  const documents = join(folder, "documents");
  rmSync(documents, { recursive: true, force: true });
  mkdirSync(documents);
  const base = sovereignOf(
    Object.fromEntries(
      servers.map((_, index) => [
        clusters[index],
        { ipv4: [addresses[index] ?? `192.0.2.${index + 1}`] },
      ]),
    ),
  );
  const all = base.spec.regions.map((region, index) => {
    const server = servers[index];
    const [spec] = region.nameServers;
    if (server === undefined || spec === undefined) throw new Error("a region has one server");
    return { ...region, nameServers: [{ ...spec, ...server.dns, apiUrl: server.apiUrl }] };
  });
  const regions = all.filter((_, index) => wanted?.includes(index) ?? true);
  const more = ttl === undefined ? {} : { ttl };
  const spec = { ...base.spec, ...more, regions, ...(dns === undefined ? {} : { dns }) };
  const sovereign = { ...base, spec } as typeof base;
  for (const { file, value } of documentsOf(applications, sovereign)) {
    writeFileSync(join(documents, file), JSON.stringify(value));
  }
}

/** Runs the CLI in this process; no secret may come out of it. */
export async function runWithSecrets(
  secrets: readonly string[],
  words: readonly string[],
): Promise<Ran> {
  const ran = await runCli(...words);
  for (const secret of secrets) {
    expect(ran.out + ran.err, "no secret in any output").not.toContain(secret);
  }
  return ran;
}

/** The secret parts of a key set's file. */
export function secretsIn(path: string): readonly string[] {
  return [...readFileSync(path, "utf8").matchAll(/PrivateKey: ([^\\]+)/g)].map(
    ([, secret = ""]) => secret,
  );
}
