/** What a PowerDNS server tells of itself through its API: its version and its settings, without those that are secret. */
import type { Signal } from "../../control/env.ts";
import type { ServerFacts } from "../../core/dns/setup/server-features.ts";
import { parseServerVersion } from "../../core/dns/setup/server-version.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readSettings } from "./metadata.ts";
import type { PowerDnsOptions } from "./rest.ts";
import { serverVersion } from "./zones.ts";

export type NamedServerFacts = ServerFacts & {
  /** As the server writes it. */
  readonly versionText: string;
};

const secretNames = /key|password|secret|hash/i;

/** Version and settings; a server that does not tell its settings is asked for its version only. */
export async function readServerFacts(
  options: PowerDnsOptions,
  signal?: Signal,
): Promise<NamedServerFacts> {
  const versionText = await serverVersion(options, signal);
  const settings = await settingsOf(options, signal);
  return { versionText, version: parseServerVersion(versionText), settings };
}

async function settingsOf(
  options: PowerDnsOptions,
  signal: Signal | undefined,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const all = await readSettings(options, signal);
    return new Map([...all].filter(([name]) => !secretNames.test(name)));
  } catch (thrown) {
    const { code } = Failure.from(thrown, options.id);
    // Whoever stands in front of the API may keep /config to itself.
    const refused = code === "NameServerRefused" || code === "ZoneMissing";
    if (refused || code === "NameServerUnauthorized") return undefined;
    throw thrown;
  }
}
