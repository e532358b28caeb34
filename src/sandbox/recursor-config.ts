/** Configuration of a recursor, one of the sandbox's "public resolvers": TTLs are real, and the internet is never asked. */
import type { DnsEndpoint } from "../control/env.ts";
import type { SandboxLayout } from "./layout.ts";
import { lines } from "./powerdns-config.ts";

/** The text of `recursor.conf`; paths are relative to the recursor's folder, in which it is started. */
export function recursorConfig(layout: SandboxLayout, at: DnsEndpoint): string {
  const servers = layout.regions.map(({ nameServer: { dns } }) => `${dns.address}:${dns.port}`);
  const index = layout.resolvers.findIndex(({ address }) => address === at.address);
  // Each region answers for its own heartbeat.
  const heartbeats = layout.regions.map(({ cluster, ways, agent }) => {
    const { address, port } = ways.heartbeats[index] ?? agent.heartbeat;
    return `${cluster}.${layout.heartbeatZone}=${address}:${port}`;
  });
  return lines({
    "local-address": at.address,
    "local-port": String(at.port),
    "allow-from": "127.0.0.0/8",
    "forward-zones": [`${layout.domain}=${servers.join(";")}`, ...heartbeats].join(","),
    // Forwarded zones are exempt from it: whatever else is asked for fails here and leaves no packet.
    "dont-query": "0.0.0.0/0, ::/0",
    "security-poll-suffix": "",
    dnssec: "off",
    "qname-minimization": "no",
    "aggressive-nsec-cache-size": "0",
    // A name that was missing, or a server that failed, is asked again at once.
    "max-negative-ttl": "1",
    "packetcache-servfail-ttl": "1",
    // A dead name server costs one short wait, and is tried again as soon as it is the better one.
    "network-timeout": "500",
    "dont-throttle-netmasks": "127.0.0.0/8",
    "server-down-max-fails": "0",
    "non-resolving-ns-max-fails": "0",
    threads: "1",
    "socket-dir": ".",
    daemon: "no",
    "disable-syslog": "yes",
    "write-pid": "no",
    "statistics-interval": "0",
    loglevel: "4",
    quiet: "yes",
  });
}
