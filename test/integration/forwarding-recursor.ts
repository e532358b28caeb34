/** A real pdns_recursor that keeps answers as public resolvers do, and is told where the zones of a test lie. */
import type { DnsEndpoint } from "../../src/control/env.ts";
import { testDnsClient } from "./dns-query.ts";
import { freePort, randomLoopback } from "./pdns-server.ts";
import { startRecursorProcess } from "./recursor-process.ts";

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
  const address = randomLoopback();
  const dns = { address, port: await freePort(address) };
  const forwarding = {
    dnssec: "process-no-validate",
    "network-timeout": "500",
    "non-resolving-ns-max-fails": "0",
    "dont-throttle-netmasks": "127.0.0.0/8",
    ...settings,
  };
  const { child, stop } = await startRecursorProcess({ dns, zones, settings: forwarding }, () =>
    // Any answer says that it listens; what is not forwarded gets SERVFAIL.
    testDnsClient.query(dns, "is-it-there.test", "A"),
  );
  return {
    dns,
    hang: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    stop,
  };
}
