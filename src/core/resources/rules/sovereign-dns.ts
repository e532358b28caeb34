/** What `spec.dns` of a Sovereign must fulfil beyond its shape. */
import { parseIpv4, parseIpv6 } from "../../dns/address.ts";
import { parseDurationMs } from "../../kernel/duration.ts";
import type { JsonPath } from "../document.ts";
import type { Finding } from "../problem.ts";
import type { Sovereign } from "../sovereign.ts";
import type { SovereignDns } from "../sovereign-dns.ts";
import { proxyRules } from "./proxies.ts";
import { type DocumentRule, repeats } from "./rule.ts";
import { parseAddress } from "./sovereign.ts";

const longestSeconds = 2_147_483_647;

/** One rule over `spec.dns`; nothing is wrong with what is not declared. */
function about(
  reason: string,
  check: (dns: SovereignDns, sovereign: Sovereign) => readonly Finding[],
): DocumentRule<Sovereign> {
  return {
    reason,
    check: (sovereign) =>
      sovereign.spec.dns === undefined ? [] : check(sovereign.spec.dns, sovereign),
  };
}

export const sovereignDnsRules: readonly DocumentRule<Sovereign>[] = [
  about("DurationOutOfRange", checkDurations),
  about("AddressInvalid", checkAddresses),
  about("DuplicateCanonicalRecord", ({ canonical }) =>
    repeats(canonical.map(({ label }) => label)).map(({ index, first }) => ({
      path: ["spec", "dns", "canonical", index, "label"],
      expected: `each label once; canonical[${first}] has this one`,
    })),
  ),
  about("DuplicateNameServer", checkNames),
  ...proxyRules.map(({ reason, check }) => about(reason, check)),
  about("UnknownRegion", ({ secondaries }, { spec }) =>
    secondaries.flatMap(({ region }, s) =>
      region === undefined || spec.regions.some(({ cluster }) => cluster === region)
        ? []
        : [
            {
              path: ["spec", "dns", "secondaries", s, "region"],
              expected: `a region of the Sovereign (${spec.regions.map(({ cluster }) => cluster).join(", ")})`,
            },
          ],
    ),
  ),
];

function checkDurations({ ttl, soa }: SovereignDns): readonly Finding[] {
  const durations: readonly (readonly [JsonPath, string])[] = [
    [["spec", "dns", "ttl"], ttl],
    ...(soa === undefined
      ? []
      : (["refresh", "retry", "expire", "negativeTtl"] as const).map(
          (field) => [["spec", "dns", "soa", field], soa[field]] as const,
        )),
  ];
  return durations.flatMap(([path, text]) => {
    const ms = parseDurationMs(text) ?? 0;
    const good = ms >= 1_000 && ms % 1_000 === 0 && ms / 1_000 <= longestSeconds;
    return good ? [] : [{ path, expected: "whole seconds, 1s or more" }];
  });
}

function checkAddresses({ canonical, secondaries }: SovereignDns): readonly Finding[] {
  const lists = canonical.flatMap(({ ipv4, ipv6 }, c) => {
    const path = ["spec", "dns", "canonical", c];
    const none = { path, found: "no address", expected: "at least one address in ipv4 or ipv6" };
    return [
      ...(ipv4.length + ipv6.length === 0 ? [none] : []),
      ...ipv4.flatMap((text, a) => refusal([...path, "ipv4", a], parseIpv4(text))),
      ...ipv6.flatMap((text, a) => refusal([...path, "ipv6", a], parseIpv6(text))),
    ];
  });
  return [
    ...lists,
    ...secondaries.flatMap(({ address }, s) =>
      refusal(["spec", "dns", "secondaries", s, "address"], parseAddress(address)),
    ),
  ];
}

function refusal(path: JsonPath, parsed: ReturnType<typeof parseAddress>): readonly Finding[] {
  return parsed.ok ? [] : [{ path, expected: `an IP address: ${parsed.because}` }];
}

/** Name servers and secondaries share one space of names, and none answers where another one does. */
function checkNames({ secondaries }: SovereignDns, { spec }: Sovereign): readonly Finding[] {
  const own = spec.regions.flatMap(({ nameServers }) => nameServers);
  const all = [...own, ...secondaries];
  const of = (keys: readonly string[], field: string, expected: string): readonly Finding[] =>
    repeats(keys).flatMap(({ index }) =>
      index < own.length
        ? []
        : [{ path: ["spec", "dns", "secondaries", index - own.length, field], expected }],
    );
  return [
    ...of(
      all.map(({ name }) => name),
      "name",
      "a name of its own; another name server has this one",
    ),
    ...of(
      all.map(({ address, port }) => `${address} port ${port}`),
      "address",
      "an address and port of its own; another name server has these",
    ),
  ];
}
