import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sovereignOf, zone } from "../../../../test/catalogue.ts";
import { type SovereignDns, sovereignDnsSchema } from "../../resources/sovereign-dns.ts";
import { luaCalls } from "./lua-calls.ts";
import { backendOf, type Proxied, proxyOf } from "./proxy.ts";
import { proxyConfig } from "./proxy-config.ts";
import { lintProxy } from "./proxy-lint.ts";
import { secondaryConfig } from "./secondary-config.ts";
import { wantedZone } from "./wanted-zone.ts";

const sovereignWith = (dns: object) => {
  const base = sovereignOf();
  return { ...base, spec: { ...base.spec, dns: sovereignDnsSchema.parse(dns) } };
};
const backend = { address: "127.0.0.1", port: 5300 };
const proxied = (more: object = {}): Proxied => {
  const found = proxyOf(sovereignWith({ proxies: [{ server: "ns1", backend, ...more }] }), "ns1");
  if (found === undefined) throw new Error("it is declared");
  return found;
};
const configOf = (more: object = {}) => proxyConfig({ ...proxied(more), zone, ttlSeconds: 5 });
const reasons = (text: string): readonly string[] => lintProxy(text).map(({ reason }) => reason);

describe("what is printed", () => {
  test("nothing stands in front of a server of which nothing is said", () => {
    expect(proxyOf(sovereignOf(), "ns1")).toBeUndefined();
    expect(
      proxyOf(sovereignWith({ proxies: [{ server: "ns1", backend }] }), "ns2"),
    ).toBeUndefined();
  });

  test("by default the server is told each client in a header, and nothing is kept", () => {
    const { dnsdistConf, pdnsConf } = configOf();
    expect(dnsdistConf).toContain("useProxyProtocol=true");
    expect(luaCalls(dnsdistConf).map(({ name }) => name)).not.toContain("newPacketCache");
    expect(pdnsConf).toContain("proxy-protocol-from=198.51.100.1");
  });

  test("a cache keeps answers by network, for the TTL at most, and never what explains them", () => {
    const { dnsdistConf, pdnsConf } = configOf({ client: "clientSubnet", cacheEntries: 1_000 });
    const [cache] = luaCalls(dnsdistConf).filter(({ name }) => name === "newPacketCache");
    expect(Object.fromEntries(cache?.fields ?? [])).toEqual({
      maxTTL: "5",
      maxNegativeTTL: "5",
      temporaryFailureTTL: "0",
      staleTTL: "0",
      keepStaleData: "false",
      dontAge: "false",
      parseECS: "true",
    });
    expect(dnsdistConf).toContain("SetSkipCacheAction");
    expect(pdnsConf).not.toContain("proxy-protocol-from");
  });

  test.each([
    [{}, []],
    [{ backend: { address: "2001:db8::5", port: 53 }, source: "2001:db8::4" }, []],
    [{ client: "clientSubnet" }, []],
    [{ client: "clientSubnet", cacheEntries: 100_000 }, []],
    [{ client: "hidden" }, ["ClientHidden"]],
  ])("of what is printed for %j the check finds %j", (more, found) => {
    expect(reasons(configOf(more).dnsdistConf)).toEqual(found);
  });

  test("transfers and NOTIFY go past the proxies, on both sides", () => {
    const secondary = { name: "ns9", address: "192.0.2.9", tsigKey: "transfer" };
    const inner = { address: "192.0.2.10", port: 5300 };
    const sovereign = sovereignWith({
      secondaries: [secondary],
      proxies: [
        { server: "ns1", backend },
        { server: "ns9", backend: inner },
      ],
    });
    expect(wantedZone(sovereign, "ns1").secondaries).toMatchObject([inner]);
    expect(wantedZone(sovereign, "ns1").hosts.flatMap(({ records }) => records)).toContain(
      "192.0.2.9",
    );
    const [source] = sovereign.spec.regions[0]?.nameServers ?? [];
    if (source === undefined) throw new Error("there is a server");
    const from = { name: source.name, ...backendOf(sovereign, source) };
    const facts = { ...secondary, ...inner, zone, source: from, denial: undefined };
    expect(secondaryConfig(facts).commands[0]).toContain("127.0.0.1:5300");
  });
});

const server = 'newServer({address="127.0.0.1:53", useClientSubnet=true})';
const acl = 'setACL({"0.0.0.0/0"})';
const noTransfers = "addAction(QTypeRule(DNSQType.AXFR), RCodeAction(DNSRCode.REFUSED))";
const safe = [acl, server, noTransfers].join("\n");
const cache = "newPacketCache(9, {parseECS=true, temporaryFailureTTL=0})";

describe("what is found", () => {
  test.each([
    ["an empty file", "", ["NoServer", "ClientsRefused"]],
    ["a YAML file", "backends:\n  - address: 127.0.0.1:53\n", ["NoServer", "ClientsRefused"]],
    ["a safe one", `${safe}\n${cache}`, []],
    [
      "a cache that knows no client",
      `${acl}\nnewServer{address="127.0.0.1", useProxyProtocol=true}\n${cache}`,
      ["CacheIgnoresClient"],
    ],
    [
      "a server without its clients",
      `${acl}\nnewServer("127.0.0.1")\n${noTransfers}`,
      ["ClientHidden"],
    ],
    [
      "a cache without subnets",
      `${safe}\nnewPacketCache(9, {temporaryFailureTTL=0})`,
      ["CacheWithoutSubnet"],
    ],
    ["stale answers", `${safe}\nsetStaleCacheEntriesTTL(60)`, ["StaleAnswers"]],
    [
      "kept stale data",
      `${safe}\nnewPacketCache(9, {parseECS=true, temporaryFailureTTL=0, keepStaleData=true})`,
      ["StaleAnswers"],
    ],
    ["failures kept by default", `${safe}\nnewPacketCache(9, {parseECS=true})`, ["FailuresKept"]],
    [
      "failures kept in the old writing",
      `${safe}\nnewPacketCache(9, 86400, 0, 60, 60, true)`,
      ["CacheWithoutSubnet", "FailuresKept", "TtlNotCounted"],
    ],
    [
      "a TTL that does not count down",
      `${safe}\nnewPacketCache(9, {parseECS=true, temporaryFailureTTL=0, dontAge=true})`,
      ["TtlNotCounted"],
    ],
    [
      "a raised TTL",
      `${safe}\naddResponseAction(AllRule(), SetMinTTLResponseAction(300))`,
      ["TtlRaised"],
    ],
    ["an overridden subnet", `${safe}\nsetECSOverride(true)`, ["SubnetOverridden"]],
    [
      "a dropped subnet",
      `${safe}\naddAction(AllRule(), SetDisableECSAction())`,
      ["SubnetOverridden"],
    ],
    [
      "a wide subnet",
      `${safe}\nsetECSSourcePrefixV4(8)\nsetECSSourcePrefixV6(56)`,
      ["SubnetTooWide"],
    ],
    ["no ACL", `${server}\n${noTransfers}`, ["ClientsRefused"]],
    ["open transfers", `${acl}\n${server}`, ["TransfersThrough"]],
    ["a part elsewhere", `${safe}\nincludeDirectory("/etc/dnsdist/conf.d")`, ["PartsElsewhere"]],
    [
      "what only stands in a comment",
      `${safe}\n-- setECSOverride(true)\n--[[ setStaleCacheEntriesTTL(9) ]]`,
      [],
    ],
    ["what only stands in a string", `${safe}\nlocal x = "setECSOverride(true)"`, []],
  ])("%s", (_, text, expected) => {
    expect(reasons(text)).toEqual(expected);
  });

  test("each finding names its line", () => {
    expect(lintProxy(`${safe}\n\nsetECSOverride(true)`)).toMatchObject([{ line: 5 }]);
  });

  test("no text makes the check fail, and no blank or comment changes what it finds", () => {
    const piece = fc.constantFrom(
      ..."(){}[],;=\"'\\ \n",
      "--",
      "--[[",
      "]]",
      "newServer",
      "x",
      "9",
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        lintProxy(pieces.join(""));
      }),
    );
    const { dnsdistConf } = configOf({ client: "clientSubnet", cacheEntries: 9 });
    const noise = fc.array(fc.constantFrom("\n", " ", "-- x(true)\n", "--[[ newServer() ]]"));
    fc.assert(
      fc.property(noise, (words) => {
        expect(reasons(dnsdistConf.replaceAll(", ", `, ${words.join("")}`))).toEqual([]);
      }),
    );
  });

  test("a declared cache of a Sovereign has the type that its schema gives", () => {
    const dns: SovereignDns = sovereignDnsSchema.parse({});
    expect(dns.proxies).toBeUndefined();
  });
});
