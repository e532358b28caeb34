import fc from "fast-check";
import { expect, test } from "vitest";
import { buildingBlocks, envTypes, providers, regions } from "./dimensions.ts";
import {
  applicationFqdn,
  composeClusterName,
  composeEnvironmentName,
  locationCode,
  parseClusterName,
  parseDnsLabel,
  parseEnvironmentName,
  parseFqdn,
  parseLocationCode,
  parseOrganizationName,
} from "./names.ts";

const allClusters = Object.entries(regions).flatMap(([provider, ofProvider]) =>
  Object.keys(ofProvider).flatMap((region) =>
    Object.keys(buildingBlocks).flatMap((block) =>
      Object.keys(envTypes).map((envType) => ({ provider, region, block, envType })),
    ),
  ),
);

test("every cluster of the tables composes, parses, and has a location code of its own", () => {
  const codes = new Set<string>();
  for (const cluster of allClusters) {
    expect(parseClusterName(composeClusterName(cluster))).toEqual({ ok: true, value: cluster });
    const code = locationCode(cluster);
    if (!code.ok) throw new Error(code.because);
    expect(parseLocationCode(code.value)).toEqual({ ok: true, value: cluster });
    codes.add(code.value);
  }
  expect(codes.size).toBe(allClusters.length);
});

test.each([
  ["hz-fsn-rtz-prod", "hfrp"],
  ["hz-hel-rtz-prod", "hlrp"],
  ["hz-nbg-mgt-dev", "hnmd"],
  ["hw-apse-rtz-prod", "wprp"],
  ["oci-dxb-rtz-prod", "oxrp"],
])("%s has the location code %s of the naming convention", (name, code) => {
  const cluster = parseClusterName(name);
  if (!cluster.ok) throw new Error(cluster.because);
  expect(locationCode(cluster.value)).toEqual({ ok: true, value: code });
});

test.each([
  ["hz-fsn-rtz", "3 part(s)"],
  ["xx-fsn-rtz-prod", "not a provider"],
  ["hz-FSN-rtz-prod", "not a region code"],
  ["hz-fsn-primary-prod", "not a building block"],
  ["hz-fsn-rtz-production", "not an environment type"],
  ["constructor-fsn-rtz-prod", "not a provider"],
  ["hz-fsn-toString-prod", "not a building block"],
])("the cluster name %s is refused: %s", (name, because) => {
  expect(parseClusterName(name)).toMatchObject({
    ok: false,
    because: expect.stringContaining(because),
  });
});

test("a region that the table does not know is a valid cluster but has no location code", () => {
  const cluster = parseClusterName("aws-euw-rtz-prod");
  if (!cluster.ok) throw new Error(cluster.because);
  expect(locationCode(cluster.value)).toMatchObject({
    ok: false,
    because: expect.stringContaining("no letter yet"),
  });
});

test.each([
  ["h", "not four"],
  ["xfrp", "provider"],
  ["hxrp", "region"],
  ["hfxp", "building block"],
  ["hfrx", "environment type"],
])("the location code %s is refused: %s", (code, because) => {
  expect(parseLocationCode(code)).toMatchObject({
    ok: false,
    because: expect.stringContaining(because),
  });
});

test.each(["ab", "Acme", "acme-", "system", "hz", "fsn", "kube-x", "prod", "a".repeat(33), ""])(
  "the Organization name %j is refused",
  (name) => {
    expect(parseOrganizationName(name).ok).toBe(false);
  },
);

test("an Environment is its Organization and its type", () => {
  expect(parseEnvironmentName("omantel-internal-prod")).toEqual({
    ok: true,
    value: { organization: "omantel-internal", envType: "prod" },
  });
  expect(composeEnvironmentName({ organization: "acme", envType: "dev" })).toBe("acme-dev");
  for (const wrong of ["acme", "acme-live", "-prod", "prod", "ACME-prod"]) {
    expect(parseEnvironmentName(wrong).ok, wrong).toBe(false);
  }
});

test("DNS labels and names keep the limits of RFC 1035 and RFC 1123", () => {
  expect(parseDnsLabel("a".repeat(63)).ok).toBe(true);
  for (const wrong of ["", "-a", "a-", "a_b", "A", "a".repeat(64), "a b", "ä"]) {
    expect(parseDnsLabel(wrong).ok, wrong).toBe(false);
  }
  expect(parseFqdn("shop").ok).toBe(false);
  expect(parseFqdn("shop.acme-prod.sovereign.test").ok).toBe(true);
  expect(parseFqdn("shop..test").ok).toBe(false);
});

test("a name of 300 characters is refused with its length", () => {
  expect(applicationFqdn("a".repeat(300), "acme-prod", "example.test")).toMatchObject({
    ok: false,
    because: expect.stringContaining("323 characters"),
  });
});

test("whatever is typed, a parser answers and never throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [
        parseClusterName,
        parseLocationCode,
        parseOrganizationName,
        parseEnvironmentName,
        parseFqdn,
      ]) {
        const parsed = parse(text);
        if (!parsed.ok) expect(parsed.because.length).toBeGreaterThan(0);
      }
    }),
  );
  expect(Object.keys(providers).length).toBe(7);
});
