/** The files of a region: configurations, the API key, the name server's database; made once or written anew. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import { agentConfig, type RecordPlace, recordPlaces, watchdogConfig } from "./agent-config.ts";
import { controlConfig } from "./control-config.ts";
import { geoFile, sandboxNetworks } from "./geo.ts";
import type { SandboxKeys } from "./keys.ts";
import { kubeApiConfig } from "./kube-config.ts";
import type { RegionLayout, SandboxLayout } from "./layout.ts";
import { writeMmdb } from "./mmdb-writer.ts";
import { powerDnsConfig } from "./powerdns-config.ts";
import { exists, writePrivate } from "./private-file.ts";
import type { ProgramName } from "./programs.ts";
import { programOutput } from "./run-program.ts";
import type { SandboxSettings } from "./settings.ts";

/** What a region's files and processes are made of. */
export type RegionParts = {
  readonly layout: SandboxLayout;
  readonly region: RegionLayout;
  readonly keys: SandboxKeys;
  readonly path: (name: ProgramName) => string;
  /** Where the region's PostgreSQL has its data. */
  readonly dataFolder: string;
};

/** Configuration of the watchdog; outside of its own folder, so that its agent takes it as it is. */
export function watchdogFile(region: RegionLayout): string {
  return join(region.folder, "watchdog.json");
}

/** Configuration of the API server, in the region's folder. */
export const kubeApiFile = "kube-api.json";

/** An agent that has begun with its disk alone would forget what it promised, were it asked for a second place all at once. */
async function placesOf({ agent, folder }: RegionLayout): Promise<readonly RecordPlace[]> {
  const hasBegun = await exists(join(agent.folder, "record", "record.json"));
  const before = await readFile(join(folder, "agent.yaml"), "utf8").catch(() => ""); // There is none yet.
  return hasBegun && !before.includes("apiServer") ? ["disk"] : recordPlaces;
}

/** File of the API key; only its owner may read it. */
export function apiKeyFile(region: RegionLayout): string {
  return join(region.folder, "api-key");
}

/** Writes a region's files; the API key and the database stay as they are once they exist. */
export async function prepareRegion(parts: RegionParts, settings: SandboxSettings): Promise<void> {
  const { layout, region, path } = parts;
  const at = (name: string): string => join(region.folder, name);
  await mkdir(region.folder, { recursive: true, mode: 0o700 });
  const apiKey = await keepApiKey(apiKeyFile(region));
  const { probeIntervalMs } = settings;
  await writePrivate(
    at("pdns.conf"),
    powerDnsConfig({ region, domain: layout.domain, probeIntervalMs, apiKey }),
  );
  // Without a true date, so that the same sandbox has the same bytes.
  await writeFile(at(geoFile), writeMmdb(sandboxNetworks(layout, settings.base), 1));
  await writeFile(at("control.yaml"), controlConfig(layout, region));
  await mkdir(region.agent.folder, { recursive: true, mode: 0o700 });
  await writePrivate(at("agent.yaml"), agentConfig(parts, await placesOf(region)));
  await writePrivate(at(kubeApiFile), kubeApiConfig(parts));
  await writePrivate(watchdogFile(region), watchdogConfig(parts));
  await rm(at("pdns.controlsocket"), { force: true });
  if (!(await exists(at("pdns.sqlite3")))) {
    const schema = await readFile(path("pdns sqlite3 schema"), "utf8");
    await rm(at("pdns.sqlite3.new"), { force: true });
    await programOutput(path("sqlite3"), ["-bail", at("pdns.sqlite3.new")], { input: schema });
    await chmod(at("pdns.sqlite3.new"), 0o600);
    await rename(at("pdns.sqlite3.new"), at("pdns.sqlite3"));
  }
}

async function keepApiKey(file: string): Promise<string> {
  const known = await readFile(file, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return "";
    throw new Failure("CredentialUnreadable", "The API key can not be read.", { where: file });
  });
  if (/^[0-9a-f]{48}$/.test(known.trim())) return known.trim();
  const made = randomBytes(24).toString("hex");
  await writePrivate(file, `${made}\n`);
  return made;
}
