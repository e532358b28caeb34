import { describe, expect, test } from "vitest";
import {
  catalogueOf,
  documentsOf,
  fsn,
  hel,
  placed,
  sovereignOf,
} from "../../../../test/catalogue.ts";
import type { Json } from "../../kernel/json.ts";
import { readCatalogue } from "../read.ts";
import { ownServerRules } from "./own-server.ts";

const problemsOf = (dns: Json) => {
  const base = sovereignOf();
  const sovereign = { ...base, spec: { ...base.spec, dns } } as unknown as typeof base;
  const { problems } = readCatalogue(documentsOf([], sovereign), []);
  return problems.map(({ reason, path }) => `${reason} ${path}`);
};
const backend = { address: "127.0.0.1", port: 5300 };
const secondary = { name: "ns9", address: "192.0.2.9", tsigKey: "transfer" };

test.each([
  ["nothing at all", {}],
  [
    "a whole zone",
    { ttl: "10m", soa: {}, dnssec: {}, secondaries: [{ ...secondary, region: hel }] },
  ],
  ["a canonical record", { canonical: [{ label: "*", ipv4: ["192.0.2.7"] }] }],
  [
    "proxies in front of a name server and a secondary",
    {
      secondaries: [secondary],
      proxies: [
        { server: "ns1", backend: { address: "127.0.0.1", port: 5300 } },
        {
          server: "ns9",
          backend: { address: "::1" },
          source: "::1",
          client: "clientSubnet",
          cacheEntries: 9,
        },
        { server: "ns2", kind: "other", backend: { address: "::1" }, client: "hidden" },
      ],
    },
  ],
])("%s is right", (_, dns) => {
  expect(problemsOf(dns)).toEqual([]);
});

test.each([
  [
    "a proxy in front of nobody",
    { proxies: [{ server: "ns7", backend }] },
    "UnknownNameServer",
    "proxies[0].server",
  ],
  [
    "two proxies in front of one server",
    {
      proxies: [
        { server: "ns1", backend },
        { server: "ns1", backend },
      ],
    },
    "DuplicateProxy",
    "proxies[1].server",
  ],
  [
    "a backend without address",
    { proxies: [{ server: "ns1", backend: { address: "localhost" } }] },
    "AddressInvalid",
    "proxies[0].backend.address",
  ],
  [
    "a source that is none",
    { proxies: [{ server: "ns1", backend, source: "x" }] },
    "AddressInvalid",
    "proxies[0].source",
  ],
  [
    "a source of another family than the backend",
    { proxies: [{ server: "ns1", backend, source: "::1" }] },
    "AddressInvalid",
    "proxies[0].source",
  ],
  [
    "a proxy of another family than the backend, without a source",
    { proxies: [{ server: "ns1", backend: { address: "::1" } }] },
    "AddressInvalid",
    "proxies[0].backend.address",
  ],
  [
    "a cache that knows no client",
    { proxies: [{ server: "ns1", backend, cacheEntries: 9 }] },
    "CacheWithoutClient",
    "proxies[0].cacheEntries",
  ],
  ["half a second", { ttl: "500ms" }, "DurationOutOfRange", "ttl"],
  ["no time at all", { soa: { retry: "0s" } }, "DurationOutOfRange", "soa.retry"],
  [
    "a canonical record without address",
    { canonical: [{ label: "@" }] },
    "AddressInvalid",
    "canonical[0]",
  ],
  [
    "an address that is none",
    { canonical: [{ label: "@", ipv4: ["x"] }] },
    "AddressInvalid",
    "ipv4[0]",
  ],
  [
    "a label twice",
    {
      canonical: [
        { label: "@", ipv4: ["192.0.2.7"] },
        { label: "@", ipv4: ["192.0.2.8"] },
      ],
    },
    "DuplicateCanonicalRecord",
    "canonical[1].label",
  ],
  [
    "a secondary with a name server's name",
    { secondaries: [{ ...secondary, name: "ns1" }] },
    "DuplicateNameServer",
    "secondaries[0].name",
  ],
  [
    "a secondary with a name server's address",
    { secondaries: [{ ...secondary, address: "198.51.100.1" }] },
    "DuplicateNameServer",
    "secondaries[0].address",
  ],
  [
    "a secondary of a region that is not there",
    { secondaries: [{ ...secondary, region: "hz-sin-rtz-prod" }] },
    "UnknownRegion",
    "secondaries[0].region",
  ],
])("%s is refused with its field", (_, dns, reason, field) => {
  const [problem = ""] = problemsOf(dns);
  expect(problem).toContain(reason);
  expect(problem).toContain(field);
});

describe("a region whose only server is a secondary", () => {
  const base = sovereignOf();
  const regions = base.spec.regions.map((region) =>
    region.cluster === hel ? { ...region, nameServers: [] } : region,
  );
  const sovereign = { ...base, spec: { ...base.spec, regions } };
  const check = (placement: "active-passive-warm" | "active-hotstandby", from = sovereign) => {
    const { application } = placed("shop", { placement, regions: [fsn, hel] });
    const facts = { application, sovereign: from, environments: new Set<string>(), complete: true };
    return ownServerRules.flatMap((rule) => rule.check(facts));
  };

  test("can not host active-passive-warm, and is named", () => {
    expect(check("active-passive-warm")).toMatchObject([
      { path: ["spec", "regions", 1], found: expect.stringContaining(hel) },
    ]);
  });

  test("may host what follows health by itself, and any region with a server of its own may host all", () => {
    expect(check("active-hotstandby")).toEqual([]);
    expect(check("active-passive-warm", catalogueOf([]).sovereign)).toEqual([]);
  });
});

test.each([
  [
    "weights",
    { placement: "weighted-canary", weights: { [fsn]: 80, [hel]: 20 } },
    ["$.spec.weights"],
  ],
  ["geo", { placement: "active-active", geo: { byDistance: {} } }, ["$.spec.geo"]],
  ["health alone", { placement: "active-active" }, []],
] as const)("behind a proxy that hides its clients, %s", (_, spec, paths) => {
  const base = sovereignOf();
  const dns = { proxies: [{ server: "ns2", kind: "other", backend, client: "hidden" }] };
  const sovereign = { ...base, spec: { ...base.spec, geoip: true, dns } } as unknown as typeof base;
  const { problems } = readCatalogue(documentsOf([placed("shop", spec)], sovereign), []);
  expect(problems.map(({ path }) => path)).toEqual(paths);
  expect(problems.every(({ reason }) => reason === "ClientHidden")).toBe(true);
});
