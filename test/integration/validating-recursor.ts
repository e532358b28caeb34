/** A real pdns_recursor that validates one zone from a trust anchor and keeps nothing longer than a second. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { freePort, randomLoopback } from "./pdns-server.ts";
import { startRecursorProcess } from "./recursor-process.ts";

export type Recursor = { readonly dns: DnsEndpoint; readonly stop: () => Promise<void> };

/** Starts it; `ds` is DS data, `source` answers for the zone, and `children` for zones that it delegates to by DS. */
export async function startValidatingRecursor(
  zone: string,
  ds: string,
  source: DnsEndpoint,
  children: Readonly<Record<string, DnsEndpoint>> = {},
): Promise<Recursor> {
  const address = randomLoopback();
  const dns = { address, port: await freePort(address) };
  const settings = {
    dnssec: "validate",
    "dnssec-log-bogus": "yes",
    "max-cache-ttl": "1",
    "max-negative-ttl": "1",
    "packetcache-ttl": "1",
    "packetcache-servfail-ttl": "0",
    "qname-minimization": "no",
  };
  const zones = { [zone]: source, ...children };
  const lua = `addTA('${zone}', "${ds}")\n`;
  const { stop } = await startRecursorProcess({ dns, zones, settings, lua }, () =>
    untilItValidates(dns, zone),
  );
  return { dns, stop };
}

const startTries = 100;

/** It answers before it has read its anchors, and then without validation: only the AD flag says that it works. */
async function untilItValidates(dns: DnsEndpoint, zone: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const words = [`@${dns.address}`, "-p", String(dns.port), zone, "SOA", "+dnssec", "+tries=1"];
    // Not spawnSync: the relay between recursor and servers may run in this process.
    const { stdout } = await promisify(execFile)("dig", words).catch(() => ({ stdout: "" }));
    if (/flags:[^;]* ad[ ;]/.test(stdout)) return;
    if (stdout.includes("status: SERVFAIL")) throw new Error(`SERVFAIL: ${zone} is bogus`);
    if (attempt === startTries) throw new Error(`the recursor does not validate ${zone}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
