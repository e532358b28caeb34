/** A real pdns_recursor that validates one zone from a trust anchor and keeps nothing longer than a second. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { randomLoopback } from "./pdns-server.ts";

export type Recursor = { readonly dns: DnsEndpoint; readonly stop: () => Promise<void> };

/** Starts it; `ds` is DS data, `source` answers for the zone, and `children` for zones that it delegates to by DS. */
export async function startValidatingRecursor(
  zone: string,
  ds: string,
  source: DnsEndpoint,
  children: Readonly<Record<string, DnsEndpoint>> = {},
): Promise<Recursor> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-recursor-"));
  const dns = { address: randomLoopback(), port: 20_000 + Math.floor(Math.random() * 20_000) };
  writeFileSync(join(folder, "anchors.lua"), `addTA('${zone}', "${ds}")\n`);
  const settings = {
    "local-address": dns.address,
    "local-port": String(dns.port),
    "allow-from": "127.0.0.0/8",
    "forward-zones": Object.entries({ [zone]: source, ...children })
      .map(([name, { address, port }]) => `${name}=${address}:${port}`)
      .join(","),
    "dont-query": "0.0.0.0/0, ::/0",
    "lua-config-file": join(folder, "anchors.lua"),
    dnssec: "validate",
    "dnssec-log-bogus": "yes",
    "max-cache-ttl": "1",
    "max-negative-ttl": "1",
    "packetcache-ttl": "1",
    "packetcache-servfail-ttl": "0",
    "qname-minimization": "no",
    "server-down-max-fails": "0",
    "security-poll-suffix": "",
    "socket-dir": folder,
    threads: "1",
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
  };
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(folder, "recursor.conf"), `${text.join("\n")}\n`);
  const child = spawn("pdns_recursor", [`--config-dir=${folder}`], { stdio: "ignore" });
  const clean = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await ended;
    process.removeListener("exit", clean);
    clean();
  };
  try {
    await untilItValidates(dns, zone);
    return { dns, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
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
