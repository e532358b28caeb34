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
const secondary = { name: "ns9", address: "192.0.2.9", tsigKey: "transfer" };

test.each([
  ["nothing at all", {}],
  [
    "a whole zone",
    { ttl: "10m", soa: {}, dnssec: {}, secondaries: [{ ...secondary, region: hel }] },
  ],
  ["a canonical record", { canonical: [{ label: "*", ipv4: ["192.0.2.7"] }] }],
])("%s is right", (_, dns) => {
  expect(problemsOf(dns)).toEqual([]);
});

test.each([
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
