/** What a Sovereign must fulfil beyond its shape. */
import { parseIpv4, parseIpv6 } from "../../dns/address.ts";
import { type Parsed, parseClusterName, parseFqdn } from "../../names/names.ts";
import type { JsonPath } from "../document.ts";
import type { Finding } from "../problem.ts";
import type { Sovereign } from "../sovereign.ts";
import { type DocumentRule, repeats } from "./rule.ts";
import { ttlFindings } from "./ttl.ts";

type Family = "ipv4" | "ipv6";
const families = ["ipv4", "ipv6"] as const;

export const sovereignRules: readonly DocumentRule<Sovereign>[] = [
  {
    reason: "NameInvalid",
    code: "NameInvalid",
    check: ({ spec }) => refusal(["spec", "domain"], "a DNS name", parseFqdn(spec.domain)),
  },
  { reason: "DurationOutOfRange", check: checkTtls },
  {
    reason: "NameInvalid",
    code: "NameInvalid",
    check: ({ spec }) =>
      spec.regions.flatMap(({ cluster }, r) =>
        refusal(["spec", "regions", r, "cluster"], "a cluster name", parseClusterName(cluster)),
      ),
  },
  {
    // Distinct cluster names have distinct location codes: names.test.ts proves it for the whole table.
    reason: "DuplicateCluster",
    check: ({ spec }) =>
      repeats(spec.regions.map(({ cluster }) => cluster)).map(({ index, first }) => ({
        path: ["spec", "regions", index, "cluster"],
        expected: `a cluster of its own; regions[${first}] has this one`,
      })),
  },
  {
    reason: "AddressInvalid",
    check: (sovereign) => [
      ...addressesOf(sovereign).flatMap(({ path, family, text }) =>
        refusal(path, wordsOf[family], parseOf[family](text)),
      ),
      ...nameServersOf(sovereign).flatMap(({ path, address }) =>
        refusal([...path, "address"], "an IP address", parseAddress(address)),
      ),
    ],
  },
  { reason: "DuplicateAddress", check: checkDuplicateAddresses },
  {
    reason: "RegionWithoutAddress",
    check: ({ spec }) =>
      spec.regions.flatMap(({ loadBalancer }, r) =>
        loadBalancer.ipv4.length + loadBalancer.ipv6.length > 0
          ? []
          : [
              {
                path: ["spec", "regions", r, "loadBalancer"],
                found: "no address",
                expected: "at least one address in ipv4 or ipv6",
              },
            ],
      ),
  },
  { reason: "DuplicateNameServer", check: checkDuplicateNameServers },
];

const parseOf: Readonly<Record<Family, (text: string) => Parsed<string>>> = {
  ipv4: parseIpv4,
  ipv6: parseIpv6,
};
const wordsOf: Readonly<Record<Family, string>> = {
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
};

/** The canonical writing of an address of either family. */
export function parseAddress(text: string): Parsed<string> {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The Sovereign with all its addresses in canonical writing; those that are none stay as they are. */
export function withCanonicalAddresses(sovereign: Sovereign): Sovereign {
  const written = (parsed: Parsed<string>, text: string): string =>
    parsed.ok ? parsed.value : text;
  const regions = sovereign.spec.regions.map((region) => ({
    ...region,
    loadBalancer: {
      ipv4: region.loadBalancer.ipv4.map((text) => written(parseIpv4(text), text)),
      ipv6: region.loadBalancer.ipv6.map((text) => written(parseIpv6(text), text)),
    },
    nameServers: region.nameServers.map((server) => ({
      ...server,
      address: written(parseAddress(server.address), server.address),
    })),
  }));
  return { ...sovereign, spec: { ...sovereign.spec, regions } };
}

function refusal(path: JsonPath, expected: string, parsed: Parsed<unknown>): readonly Finding[] {
  return parsed.ok ? [] : [{ path, expected: `${expected}: ${parsed.because}` }];
}

function checkTtls({ spec }: Sovereign): readonly Finding[] {
  return [
    ...ttlFindings(["spec", "ttl"], spec.ttl),
    ...Object.entries(spec.ttls ?? {}).flatMap(([placement, ttl]) =>
      ttlFindings(["spec", "ttls", placement], ttl),
    ),
  ];
}

function addressesOf(
  sovereign: Sovereign,
): readonly { path: JsonPath; family: Family; text: string; region: number }[] {
  return sovereign.spec.regions.flatMap(({ loadBalancer }, region) =>
    families.flatMap((family) =>
      loadBalancer[family].map((text, a) => ({
        path: ["spec", "regions", region, "loadBalancer", family, a],
        family,
        text,
        region,
      })),
    ),
  );
}

function checkDuplicateAddresses(sovereign: Sovereign): readonly Finding[] {
  const addresses = addressesOf(sovereign);
  const keys = addresses.map(({ family, text }) => {
    const parsed = parseOf[family](text);
    return parsed.ok ? parsed.value : text;
  });
  return repeats(keys).flatMap(({ index, first }) => {
    const [again, before] = [addresses[index], addresses[first]];
    if (again === undefined || before === undefined) return [];
    const other = sovereign.spec.regions[before.region]?.cluster ?? "";
    return [{ path: again.path, expected: `an address of its own; ${other} has this one` }];
  });
}

function nameServersOf(
  sovereign: Sovereign,
): readonly { path: JsonPath; name: string; address: string; port: number }[] {
  return sovereign.spec.regions.flatMap(({ nameServers }, r) =>
    nameServers.map(({ name, address, port }, s) => ({
      path: ["spec", "regions", r, "nameServers", s],
      name,
      address,
      port,
    })),
  );
}

function checkDuplicateNameServers(sovereign: Sovereign): readonly Finding[] {
  const servers = nameServersOf(sovereign);
  const endpoints = servers.map(({ address, port }) => {
    const parsed = parseAddress(address);
    return `${parsed.ok ? parsed.value : address} port ${port}`;
  });
  const nameOf = (index: number): string => servers[index]?.name ?? "";
  const pathOf = (index: number): JsonPath => servers[index]?.path ?? [];
  return [
    ...repeats(servers.map(({ name }) => name)).map(({ index }) => ({
      path: [...pathOf(index), "name"],
      expected: "a name of its own; another name server has this one",
    })),
    ...repeats(endpoints).map(({ index, first }) => ({
      path: [...pathOf(index), "address"],
      found: endpoints[index] ?? "",
      expected: `an address and port of its own; ${nameOf(first)} has these`,
    })),
  ];
}
