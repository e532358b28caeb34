/** Configuration of a region's PowerDNS (facts of PowerDNS §9): LUA records, its own database, no system file. */
import { geoFile } from "./geo.ts";
import type { RegionLayout } from "./layout.ts";

export type PowerDnsSettings = {
  readonly region: RegionLayout;
  readonly domain: string;
  readonly probeIntervalMs: number;
  readonly apiKey: string;
};

/**
 * The text of `pdns.conf`; it holds the API key, so its file is for its owner only.
 * Paths are relative to the region's folder, in which the server is started.
 */
export function powerDnsConfig(settings: PowerDnsSettings): string {
  const { dns, api } = settings.region.nameServer;
  return lines({
    launch: "gsqlite3,geoip",
    "gsqlite3-database": "./pdns.sqlite3",
    "geoip-database-files": `mmdb:./${geoFile}`,
    // A resolver may say for which client's subnet it asks.
    "edns-subnet-processing": "yes",
    "local-address": dns.address,
    "local-port": String(dns.port),
    "socket-dir": ".",
    guardian: "no",
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
    "enable-lua-records": "shared",
    "lua-health-checks-interval": String(Math.round(settings.probeIntervalMs / 1_000)),
    // What changed must not be remembered as it was, nor a name that did not exist as missing.
    "cache-ttl": "1",
    "default-soa-content": `ns1.${settings.domain} hostmaster.@ 0 60 30 3600 1`,
    "negquery-cache-ttl": "1",
    "query-cache-ttl": "1",
    api: "yes",
    "api-key": settings.apiKey,
    webserver: "yes",
    "webserver-address": api.address,
    "webserver-port": String(api.port),
    "webserver-allow-from": "127.0.0.0/8",
    "webserver-loglevel": "none",
    // 6 shows when a probe changes its mind and why a record could not be computed.
    loglevel: "6",
    "security-poll-suffix": "",
    "version-string": "anonymous",
  });
}

/** One `key=value` a line, as PowerDNS reads it. */
export function lines(settings: Readonly<Record<string, string>>): string {
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n")}\n`;
}
