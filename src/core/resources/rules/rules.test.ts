import { expect, test } from "vitest";
import {
  application,
  document,
  environment,
  fqdns,
  organization,
  problemsOf,
  reading,
  sovereign,
  version,
  withRegion,
} from "../../../../test/fixtures/documents.ts";
import type { Json } from "../../kernel/json.ts";
import { describeProblem } from "../document.ts";

test.each<[string, Json, string, RegExp]>([
  [
    "a placement that does not exist",
    application("x", { placement: "active-actve" }),
    "UnknownPlacement $.spec.placement",
    /one of single-region.*did you mean "active-active"\?/,
  ],
  [
    "a region that is not the Sovereign's",
    application("x", { regions: ["hz-fns-rtz-prod", "hz-hel-rtz-prod"] }),
    "UnknownRegion $.spec.regions[0]",
    /did you mean "hz-fsn-rtz-prod"\?/,
  ],
  [
    "one region for active-active",
    application("x", { regions: ["hz-fsn-rtz-prod"] }),
    "TooFewRegions $.spec.regions",
    /found 1 region, expected at least 2 regions/,
  ],
  [
    "one region for active-hotstandby",
    application("x", { placement: "active-hotstandby", regions: ["hz-fsn-rtz-prod"] }),
    "TooFewRegions $.spec.regions",
    /at least 2/,
  ],
  [
    "two regions for single-region",
    application("x", { placement: "single-region" }),
    "TooManyRegions $.spec.regions",
    /exactly 1 region/,
  ],
  [
    "no region at all",
    application("x", { regions: [] }),
    "LengthOutOfRange $.spec.regions",
    /at least 1 entry/,
  ],
  [
    "a region twice",
    application("x", { regions: ["hz-fsn-rtz-prod", "hz-fsn-rtz-prod"] }),
    "DuplicateRegion $.spec.regions[1]",
    /regions\[0\] already/,
  ],
  [
    "a region that is no cluster name",
    application("x", { regions: ["Falkenstein", "hz-hel-rtz-prod"] }),
    "NameInvalid $.spec.regions[0]",
    /such as hz-fsn-rtz-prod/,
  ],
  [
    "an Environment that is not declared",
    application("x", { environmentRef: "acme-prd" }),
    "UnknownEnvironment $.spec.environmentRef",
    /did you mean "acme-prod"\?/,
  ],
  [
    "a health path with spaces",
    application("x", { healthCheck: { path: "/health z" } }),
    "PatternMismatch $.spec.healthCheck.path",
    /found "\/health z", expected a path .* without spaces/,
  ],
  [
    "a health path with a quote",
    application("x", { healthCheck: { path: "/h'..os.exit()..'" } }),
    "PatternMismatch $.spec.healthCheck.path",
    /quotes/,
  ],
  [
    "a probe host that is no name",
    application("x", { healthCheck: { host: "a b" } }),
    "NameInvalid $.spec.healthCheck.host",
    /DNS name/,
  ],
  [
    "a probe host with a label of 70 characters",
    application("x", { healthCheck: { host: `${"a".repeat(70)}.test` } }),
    "NameInvalid $.spec.healthCheck.host",
    /70 characters/,
  ],
  [
    "a name of 300 characters",
    application("a".repeat(300)),
    "NameInvalid $.metadata.name",
    /\(300 characters\), expected at most 63 characters/,
  ],
  [
    "a field that does not exist",
    application("x", { placment: 1 }),
    "FieldUnknown $.spec.placment",
    /did you mean "placement"\?/,
  ],
  [
    "a field of the wrong type",
    application("x", { regions: "hz-fsn-rtz-prod" }),
    "TypeWrong $.spec.regions",
    /found "hz-fsn-rtz-prod", expected a list/,
  ],
  [
    "a port that is not whole",
    application("x", { healthCheck: { port: 1.5 } }),
    "TypeWrong $.spec.healthCheck.port",
    /a whole number/,
  ],
  [
    "a port that is too large",
    application("x", { healthCheck: { port: 70_000 } }),
    "ValueOutOfRange $.spec.healthCheck.port",
    /at most 65535/,
  ],
  [
    "a missing field",
    {
      apiVersion: version,
      kind: "Application",
      metadata: { name: "x" },
      spec: { placement: "single-region", regions: ["hz-fsn-rtz-prod"] },
    },
    "FieldMissing $.spec.environmentRef",
    /found nothing, expected text \(Name of the Environment/,
  ],
  [
    "an unknown kind",
    { apiVersion: version, kind: "Aplication", metadata: { name: "x" } },
    "UnknownKind $.kind",
    /did you mean "Application"\?/,
  ],
  [
    "an unknown version of ours",
    { apiVersion: "sre.catalyst.openova.io/v9", kind: "Application" },
    "UnknownApiVersion $.apiVersion",
    /v1alpha1/,
  ],
  [
    "a misspelt group of ours",
    { apiVersion: "sre.catalyst.openova.oi/v1alpha1", kind: "Application" },
    "UnknownApiVersion $.apiVersion",
    /openova.io/,
  ],
  [
    "a version of the platform that there is not",
    { apiVersion: "apps.openova.io/v2", kind: "Application" },
    "UnknownApiVersion $.apiVersion",
    /v1alpha1/,
  ],
  ["a document without kind", { apiVersion: version }, "FieldMissing $.kind", /one of Sovereign/],
  [
    "a document without apiVersion",
    { kind: "Application" },
    "FieldMissing $.apiVersion",
    /v1alpha1/,
  ],
  ["a document that is a list", [1, 2, 3, 4], "TypeWrong $", /\[1, 2, 3, …\] \(4 entries\)/],
  [
    "an Organization with a reserved name",
    organization("prod"),
    "NameInvalid $.metadata.name",
    /reserved/,
  ],
  [
    "an Environment with a name of its own",
    environment("live"),
    "EnvironmentNameMismatch $.metadata.name",
    /"acme-prod", because a name is \{organizationRef\}-\{envType\}/,
  ],
  [
    "an Environment of nobody",
    environment("acne-prod", { organizationRef: "acne" }),
    "UnknownOrganization $.spec.organizationRef",
    /did you mean "acme"\?/,
  ],
])("%s is one problem, and the good documents come out", (_name, value, expected, words) => {
  const catalogue = reading(document("x.yaml", value, 10));
  const [reason, path] = expected.split(" ");
  expect(problemsOf(catalogue)).toEqual([`${reason} x.yaml ${path}`]);
  expect(catalogue.problems.map(describeProblem).join()).toMatch(words);
  expect(fqdns(catalogue)).toEqual(["good.acme-prod.sovereign.test"]);
});

const server = (more: object): Json =>
  withRegion({
    nameServers: [{ name: "ns2", address: "198.51.100.2", apiUrl: "http://a:1", ...more }],
  });

test.each<[string, Json, string]>([
  [
    "an IPv6 address in an IPv4 list",
    withRegion({ loadBalancer: { ipv4: ["2001:db8::1"] } }),
    "AddressInvalid $.spec.regions[1].loadBalancer.ipv4[0]",
  ],
  [
    "an IPv4 address in an IPv6 list",
    withRegion({ loadBalancer: { ipv6: ["203.0.113.9"] } }),
    "AddressInvalid $.spec.regions[1].loadBalancer.ipv6[0]",
  ],
  [
    "the same address in two regions",
    withRegion({ loadBalancer: { ipv6: ["2001:DB8:1:0::1"] } }),
    "DuplicateAddress $.spec.regions[1].loadBalancer.ipv6[0]",
  ],
  [
    "a region without an address",
    withRegion({ loadBalancer: {} }),
    "RegionWithoutAddress $.spec.regions[1].loadBalancer",
  ],
  [
    "a cluster of no known provider",
    withRegion({ cluster: "xx-hel-rtz-prod" }),
    "NameInvalid $.spec.regions[1].cluster",
  ],
  [
    "a cluster twice",
    withRegion({ cluster: "hz-fsn-rtz-prod" }),
    "DuplicateCluster $.spec.regions[1].cluster",
  ],
  [
    "a name server that has another's name",
    server({ name: "ns1" }),
    "DuplicateNameServer $.spec.regions[1].nameServers[0].name",
  ],
  [
    "a name server at another's address",
    server({ address: "198.51.100.1" }),
    "DuplicateNameServer $.spec.regions[1].nameServers[0].address",
  ],
  [
    "a name server with a host name for address",
    server({ address: "ns2.sovereign.test" }),
    "AddressInvalid $.spec.regions[1].nameServers[0].address",
  ],
  [
    "an API URL with credentials",
    server({ apiUrl: "http://u:p@h:1" }),
    "PatternMismatch $.spec.regions[1].nameServers[0].apiUrl",
  ],
  [
    "a domain with a label of 64 characters",
    sovereign({ domain: `${"a".repeat(64)}.test` }),
    "NameInvalid $.spec.domain",
  ],
  ["a domain that is a single label", sovereign({ domain: "test" }), "NameInvalid $.spec.domain"],
  ["a TTL of half a second", sovereign({ ttl: "500ms" }), "DurationOutOfRange $.spec.ttl"],
  ["a TTL of no time", sovereign({ ttl: "0s" }), "DurationOutOfRange $.spec.ttl"],
  ["a TTL that is a number", sovereign({ ttl: 5 }), "TypeWrong $.spec.ttl"],
])(
  "a Sovereign with %s is one problem and resolves nothing, without a flood",
  (_name, value, expected) => {
    const catalogue = reading(document("sovereign.yaml", value));
    const [reason, path] = expected.split(" ");
    expect(problemsOf(catalogue)).toEqual([`${reason} sovereign.yaml ${path}`]);
    expect(catalogue).toMatchObject({ sovereign: undefined, applications: [] });
    expect(catalogue.environments.length).toBe(1);
  },
);

test("credentials in a URL are refused without being repeated", () => {
  const catalogue = reading(document("sovereign.yaml", server({ apiUrl: "http://u:p@/ss@h:1" })));
  expect(JSON.stringify(catalogue)).not.toContain("p@/ss");
  expect(catalogue.problems.map(({ found }) => found)).toEqual(['"http://[redacted]@h:1"']);
});
