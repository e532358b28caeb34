/** What `spec.dns.proxies` of a Sovereign must fulfil, and what no Application may ask of a server that can not see clients. */

import { parseIpv4, parseIpv6 } from "../../dns/address.ts";
import { didYouMean } from "../../names/nearest.ts";
import type { Finding } from "../problem.ts";
import type { Sovereign } from "../sovereign.ts";
import type { ProxySpec, SovereignDns } from "../sovereign-dns.ts";
import type { ApplicationFacts } from "./application.ts";
import { type DocumentRule, repeats } from "./rule.ts";

type ProxyRule = {
  readonly reason: string;
  readonly check: (dns: SovereignDns, sovereign: Sovereign) => readonly Finding[];
};

/** One rule over each proxy with the server that it stands in front of, when that one is declared. */
function each(
  reason: string,
  check: (proxy: ProxySpec, server: { readonly address: string } | undefined) => readonly Finding[],
): ProxyRule {
  return {
    reason,
    check: (dns, sovereign) =>
      (dns.proxies ?? []).flatMap((proxy, p) => {
        const server = serversOf(dns, sovereign).find(({ name }) => name === proxy.server);
        return check(proxy, server).map((finding) => ({
          ...finding,
          path: ["spec", "dns", "proxies", p, ...finding.path],
        }));
      }),
  };
}

export const proxyRules: readonly ProxyRule[] = [
  {
    reason: "UnknownNameServer",
    check: (dns, sovereign) => {
      const names = serversOf(dns, sovereign).map(({ name }) => name);
      return (dns.proxies ?? []).flatMap(({ server }, p) =>
        names.includes(server)
          ? []
          : [
              {
                path: ["spec", "dns", "proxies", p, "server"],
                expected: `a name server or secondary that is declared (${names.join(", ")})${didYouMean(server, names)}`,
              },
            ],
      );
    },
  },
  {
    reason: "DuplicateProxy",
    check: ({ proxies = [] }) =>
      repeats(proxies.map(({ server }) => server)).map(({ index, first }) => ({
        path: ["spec", "dns", "proxies", index, "server"],
        expected: `one proxy for each server; proxies[${first}] stands in front of this one`,
      })),
  },
  each("AddressInvalid", (proxy, server) => checkAddresses(proxy, server)),
  each("CacheWithoutClient", ({ cacheEntries, client }) =>
    cacheEntries === undefined || client === "clientSubnet"
      ? []
      : [
          {
            path: ["cacheEntries"],
            expected: `no cache with client: ${client}, because the proxy would give one client's answer to another; client: clientSubnet keeps answers by network`,
          },
        ],
  ),
];

function serversOf({ secondaries }: SovereignDns, { spec }: Sovereign) {
  return [...spec.regions.flatMap(({ nameServers }) => nameServers), ...secondaries];
}

const parseAddress = (text: string) => (text.includes(":") ? parseIpv6(text) : parseIpv4(text));

function checkAddresses(
  { backend, source, client }: ProxySpec,
  server: { readonly address: string } | undefined,
): readonly Finding[] {
  const path = ["backend", "address"];
  const backendAddress = parseAddress(backend.address);
  if (!backendAddress.ok) {
    return [{ path, expected: `an IP address: ${backendAddress.because}` }];
  }
  const from = source ?? server?.address;
  if (from === undefined || client === "hidden") return [];
  const fromAddress = parseAddress(from);
  if (!fromAddress.ok) {
    // The server's own address is judged where it stands.
    return source === undefined
      ? []
      : [{ path: ["source"], expected: `an IP address: ${fromAddress.because}` }];
  }
  const sameFamily = fromAddress.value.includes(":") === backendAddress.value.includes(":");
  if (sameFamily) return [];
  return [
    {
      path: source === undefined ? path : ["source"],
      found: `${from} and ${backend.address}`,
      expected: "source and backend of one family; state a `source` of the backend's family",
    },
  ];
}

/** Behind a proxy that hides its clients, all of them are one: weights would be all or nothing, and geo the proxy's place. */
export const hiddenClientRule: DocumentRule<ApplicationFacts> = {
  reason: "ClientHidden",
  check: ({ application: { spec }, sovereign }) => {
    const hiding = sovereign?.spec.dns?.proxies?.find(({ client }) => client === "hidden");
    if (hiding === undefined) return [];
    const because = `: the proxy in front of ${hiding.server} hides its clients (spec.dns.proxies of the Sovereign), so that all of them would get one answer`;
    return (["geo", "weights"] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => ({ path: ["spec", field], expected: `no ${field}${because}` }));
  },
};
