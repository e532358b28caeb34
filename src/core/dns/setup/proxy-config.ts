/**
 * The configuration of a dnsdist in front of a name server, explained line by line, and what the server needs beside it
 * (ADR 20). Lua, which every version reads; tried with dnsdist 1.7.3 in front of PowerDNS 4.7.3. No secret is in it.
 */
import { assert } from "../../kernel/assert.ts";
import { endpointText } from "./plan-transfers.ts";
import type { Proxied } from "./proxy.ts";

export type ProxyConfigFacts = Proxied & {
  /** Absolute, with the closing dot. */
  readonly zone: string;
  /** TTL of records that follow health: nothing is kept for longer. */
  readonly ttlSeconds: number;
};

export type ProxyConfig = {
  readonly dnsdistConf: string;
  /** Lines for the server's own pdns.conf. */
  readonly pdnsConf: string;
};

/** Prefix lengths of what a client counts by when a resolver says nothing of it. */
const prefixes = { ipv4: 24, ipv6: 56 } as const;

/** Both configurations. */
export function proxyConfig(facts: ProxyConfigFacts): ProxyConfig {
  const lines = [
    `-- dnsdist in front of ${facts.server}, written by \`sovereign dns proxy-config ${facts.server}\`.`,
    "-- From 2.1 on, name the file dnsdist.lua.",
    "",
    "-- Clients ask here.",
    `setLocal(${text(endpointText(facts.front.address, facts.front.port))})`,
    "-- Without this line only private networks are answered.",
    'setACL({"0.0.0.0/0", "::/0"})',
    "-- It asks nobody on the internet about itself.",
    'setSecurityPollSuffix("")',
    "",
    ...subnetLines(facts),
    ...serverLines(facts),
    "-- SERVFAIL in place of silence when the server is away: a resolver asks the next one at once.",
    "setServFailWhenNoServer(true)",
    "",
    "-- Transfers, NOTIFY and updates go to the server itself, with TSIG, and not through here.",
    "addAction(OrRule({",
    "  QTypeRule(DNSQType.AXFR), QTypeRule(DNSQType.IXFR),",
    "  OpcodeRule(DNSOpcode.Notify), OpcodeRule(DNSOpcode.Update),",
    "}), RCodeAction(DNSRCode.REFUSED))",
    "",
    ...cacheLines(facts),
  ];
  return { dnsdistConf: `${lines.join("\n")}\n`, pdnsConf: `${pdnsLines(facts).join("\n")}\n` };
}

function serverLines({ server, backend, source, client, zone }: ProxyConfigFacts) {
  const sees = {
    proxyProtocol: [
      "  -- The server sees the client's own address, and the subnet that a resolver states.",
      "  useProxyProtocol=true,",
    ],
    clientSubnet: [
      "  -- The server sees the client's network as EDNS Client Subnet.",
      "  useClientSubnet=true,",
    ],
    hidden: ["  -- The server takes all clients for one: no weights, no geo."],
  } as const;
  return [
    "newServer({",
    `  name=${text(server)}, address=${text(endpointText(backend.address, backend.port))},`,
    ...(client === "hidden" ? [] : [`  source=${text(source)},`]),
    ...sees[client],
    "  -- It is well when it answers for the zone.",
    `  checkName=${text(zone)}, checkType="SOA", mustResolve=true, checkInterval=1,`,
    "})",
  ];
}

function subnetLines({ client }: ProxyConfigFacts): readonly string[] {
  if (client !== "clientSubnet") return [];
  return [
    "-- What a resolver says about its client is kept; of a client of whom nothing is said, its network is told.",
    "setECSOverride(false)",
    `setECSSourcePrefixV4(${prefixes.ipv4})`,
    `setECSSourcePrefixV6(${prefixes.ipv6})`,
  ];
}

function cacheLines({ client, cacheEntries, ttlSeconds }: ProxyConfigFacts): readonly string[] {
  if (cacheEntries === undefined) {
    return [
      "-- No cache: it would give one client's answer to another, and the server answers Lua 28,000 times a second.",
    ];
  }
  assert(client === "clientSubnet", "a cache knows clients by their subnet only");
  return [
    "-- An answer is kept for its TTL and counted down, by client network (parseECS), and never beyond. A failure is not kept.",
    `cache = newPacketCache(${cacheEntries}, {`,
    `  maxTTL=${ttlSeconds}, maxNegativeTTL=${ttlSeconds}, temporaryFailureTTL=0, staleTTL=0,`,
    "  keepStaleData=false, dontAge=false, parseECS=true,",
    "})",
    'getPool(""):setCache(cache)',
    "setStaleCacheEntriesTTL(0)",
    "-- What explains an answer is asked of the server itself each time.",
    String.raw`addAction(RegexRule("^_why\\."), SetSkipCacheAction())`,
  ];
}

function pdnsLines({ backend, source, client }: ProxyConfigFacts): readonly string[] {
  return [
    `local-address=${backend.address}`,
    `local-port=${backend.port}`,
    ...(client === "proxyProtocol"
      ? [
          "# Questions from there carry the header; those without it are not answered.",
          `proxy-protocol-from=${source}`,
        ]
      : []),
    "# The subnet in a question counts as its client.",
    "edns-subnet-processing=yes",
    "# Nobody transfers by address: without the header every question comes from the proxy's.",
    "allow-axfr-ips=",
  ];
}

/** A Lua string of what can only be a name or an address. */
function text(value: string): string {
  assert(/^[A-Za-z0-9.:[\]_-]+$/.test(value), "names and addresses hold no quote");
  return `"${value}"`;
}
