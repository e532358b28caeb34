/** A real pdns_recursor that keeps answers as public resolvers do, and is told where the zones of a test lie. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { testDnsClient } from "./dns-query.ts";
import { freePort, randomLoopback } from "./pdns-server.ts";

export type ForwardingRecursor = {
  readonly dns: DnsEndpoint;
  /** SIGSTOP and SIGCONT: it takes questions and answers none. */
  hang(): void;
  goOn(): void;
  stop(): Promise<void>;
};

/** Starts it and waits until it answers. `settings` are added to, or take the place of, those here. */
export async function startForwardingRecursor(
  zones: Readonly<Record<string, DnsEndpoint>>,
  settings: Readonly<Record<string, string>> = {},
): Promise<ForwardingRecursor> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-recursor-"));
  const address = randomLoopback();
  const dns = { address, port: await freePort(address) };
  const all = {
    "local-address": dns.address,
    "local-port": String(dns.port),
    "allow-from": "127.0.0.0/8",
    "forward-zones": Object.entries(zones)
      .map(([name, at]) => `${name}=${at.address}:${at.port}`)
      .join(","),
    "dont-query": "0.0.0.0/0, ::/0",
    "security-poll-suffix": "",
    dnssec: "process-no-validate",
    "network-timeout": "500",
    "server-down-max-fails": "0",
    "non-resolving-ns-max-fails": "0",
    "dont-throttle-netmasks": "127.0.0.0/8",
    threads: "1",
    "socket-dir": folder,
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
    ...settings,
  };
  const text = Object.entries(all).map(([name, value]) => `${name}=${value}`);
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
    // Any answer says that it listens; what is not forwarded gets SERVFAIL.
    await testDnsClient.query(dns, "is-it-there.test", "A");
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    dns,
    hang: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    stop,
  };
}
