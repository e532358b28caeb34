/** What our reader refuses within one document, a real kube-apiserver refuses too, for the same reason (docs/guides/peers.md). */
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { celRules } from "../../src/core/resources/cel-rules.ts";
import { kinds } from "../../src/core/resources/normalise.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import { failoverVariations } from "./failover-variations.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import { filesBelow, root, startServerWithCrds } from "./server-with-crds.ts";
import { fsn, hel, kindOf, twoRegions, type Variation, varied } from "./variation.ts";

/** Examples that break a rule within one document, and what kubectl must say of each. */
const refused: Readonly<Record<string, string>> = {
  "active-region-elsewhere.yaml": "spec.activeRegion: Invalid value",
  "address-of-another-region.yaml": "an address of a load balancer stands in one region",
  "cluster-name.yaml": "spec.regions[1].cluster: Invalid value",
  "credentials-in-api-url.yaml": "spec.regions[0].nameServers[0].apiUrl in body should match",
  "environment-name.yaml": "the name is {organizationRef}-{envType}",
  "failover-group-lease-times.yaml": "so that two tries end before fencing",
  "failover-group-region-twice.yaml": "every region at most once",
  "failover-group-slow-stop.yaml": "every service stops within lease.fenceBudget",
  "failover-group-third-region.yaml": "a lease takes exactly two regions",
  "failover-group-unknown-service.yaml": "after names services of the group",
  "failover-group-window-empty.yaml": "a window ends after it begins",
  "health-path-with-spaces.yaml": "spec.healthCheck.path in body should match",
  "ipv6-address-in-ipv4-list.yaml":
    "spec.regions[1].loadBalancer.ipv4[0] in body must be of type ipv4",
  "missing-field.yaml": "spec.environmentRef: Required value",
  "name-of-300-characters.yaml": "metadata.name: Too long: may not be more than 63",
  "one-region-for-active-active.yaml": "this placement needs at least two regions",
  "region-twice.yaml": "every region at most once",
  "region-without-address.yaml":
    'spec.regions[1].loadBalancer: Invalid value: "object": at least one address of either family',
  "reserved-organization.yaml": "the name is a reserved word",
  "tcp-beside-path.yaml": "either tcp or scheme, host, port and path",
  "two-regions-for-single-region.yaml": "single-region has exactly one region",
  "unknown-field.yaml": 'unknown field "spec.healtCheck"',
  // The server has no such kind, and kubectl says so before it sends anything.
  "unknown-kind.yaml": 'no matches for kind "Aplication"',
  "unknown-placement.yaml": 'spec.placement: Unsupported value: "active-actve"',
  "weights-of-99.yaml": "weighted-canary has a weight for each region, together 100",
  "yaml-syntax.yaml": "error converting YAML to JSON",
};

/** Examples that only our reader can refuse, and why: a CRD sees one document and nothing beside it. */
const onlyOurs: Readonly<Record<string, string>> = {
  "duplicate-fqdn.yaml":
    "both are right; the second takes the first's place, or has a namespace of its own",
  "failover-group-approver-without-key.yaml": "keys of people are in the Sovereign",
  "failover-group-order-in-circle.yaml": "CEL can not follow an order of any length",
  "failover-group-unknown-application.yaml":
    "which Applications there are is said by other documents",
  "failover-group-unknown-person.yaml": "which people there are is said by the Sovereign",
  "failover-group-unknown-region.yaml": "which regions there are is said by the Sovereign",
  "failover-group-unknown-time-zone.yaml": "CEL does not know the names of time zones",
  "failover-group-unknown-witness.yaml": "which witnesses there are is said by the Sovereign",
  "failover-group-without-standby.yaml": "how an Application is placed is said by the Application",
  "failover-groups-overlap.yaml": "each is right by itself",
  "geo-without-geoip.yaml": "whether name servers run GeoIP is said by the Sovereign",
  "unknown-environment.yaml": "which Environments there are is said by other documents",
  "unknown-region.yaml": "which regions there are is said by the Sovereign",
};

/** Mistakes for which there is no example. */
const variations: readonly Variation[] = [
  {
    name: "geo of another placement",
    application: { placement: "active-hotstandby", geo: { byDistance: {} } },
    server: "geo belongs to active-active",
    reader: "FieldOfAnotherPlacement",
  },
  {
    name: "weights of another placement",
    application: { weights: { [fsn]: 50, [hel]: 50 } },
    server: "weights belongs to weighted-canary",
    reader: "FieldOfAnotherPlacement",
  },
  {
    name: "an active region of another placement",
    application: { activeRegion: fsn },
    server: "activeRegion belongs to active-passive-warm",
    reader: "FieldOfAnotherPlacement",
  },
  {
    name: "an active region elsewhere",
    application: { placement: "active-passive-warm", activeRegion: "hz-nbg-rtz-prod" },
    server: "activeRegion is one of the Application's regions",
    reader: "UnknownRegion",
  },
  {
    name: "a canary of three regions",
    application: {
      placement: "weighted-canary",
      regions: [fsn, hel, "hz-nbg-rtz-prod"],
      weights: { [fsn]: 50, [hel]: 30, "hz-nbg-rtz-prod": 20 },
    },
    server: "weighted-canary has exactly two regions",
    reader: "TooManyRegions",
  },
  {
    name: "a canary without weights",
    application: { placement: "weighted-canary" },
    server: "weighted-canary has a weight for each region, together 100",
    reader: "WeightsWrong",
  },
  {
    name: "weights of another region",
    application: { placement: "weighted-canary", weights: { [fsn]: 50, "hz-nbg-rtz-prod": 50 } },
    server: "weighted-canary has a weight for each region, together 100",
    reader: "WeightsWrong",
  },
  {
    name: "geo by nothing",
    application: { geo: {} },
    server: "exactly one of byDistance and order",
    reader: "NotExactlyOne",
  },
  {
    name: "geo by distance and by order",
    application: { geo: { byDistance: {}, order: [{ continents: ["EU"], regions: [fsn] }] } },
    server: "exactly one of byDistance and order",
    reader: "NotExactlyOne",
  },
  {
    name: "a continent in two entries",
    application: {
      geo: {
        order: [
          { continents: ["EU"], regions: [fsn] },
          { continents: ["NA", "EU"], regions: [hel] },
        ],
      },
    },
    server: "every continent in one entry only",
    reader: "DuplicateContinent",
  },
  {
    name: "geo in a region where the Application is not",
    application: { geo: { order: [{ continents: ["EU"], regions: ["hz-nbg-rtz-prod"] }] } },
    server: "geo names the Application's regions only",
    reader: "UnknownRegion",
  },
  {
    name: "a cluster twice",
    sovereign: (regions) => regions.map((region) => ({ ...region, cluster: fsn })),
    server: "every cluster at most once",
    reader: "DuplicateCluster",
  },
  {
    name: "an unknown provider",
    sovereign: ([first = {}, ...rest]) => [{ ...first, cluster: "xx-fsn-rtz-prod" }, ...rest],
    server: "a cluster name of known {provider}-{region}-{block}-{envType}",
    reader: "NameInvalid",
  },
  {
    name: "an address twice in one region",
    sovereign: ([first = {}, ...rest]) => [
      { ...first, loadBalancer: { ipv4: ["203.0.113.10", "203.0.113.10"] } },
      ...rest,
    ],
    server: "every address at most once",
    reader: "DuplicateAddress",
  },
  {
    name: "an IPv6 address of two regions",
    sovereign: (regions) =>
      regions.map((region) => ({ ...region, loadBalancer: { ipv6: ["2001:db8::1"] } })),
    server: "an address of a load balancer stands in one region",
    reader: "DuplicateAddress",
  },
  {
    name: "an IPv4 address among those of IPv6",
    sovereign: ([first = {}, ...rest]) => [
      { ...first, loadBalancer: { ipv6: ["203.0.113.10"] } },
      ...rest,
    ],
    server: "spec.regions[0].loadBalancer.ipv6[0] in body must be of type ipv6",
    reader: "AddressInvalid",
  },
  ...failoverVariations,
];

let server: KubeApiserver;
beforeAll(async () => {
  server = await startServerWithCrds();
  return () => server.stop();
});

const apply = (file: string, ...more: readonly string[]) =>
  server.kubectl(["apply", "--validate=strict", "-f", file, ...more]);

describe("an example of a mistake", () => {
  test("stands in exactly one of the two tables", () => {
    const files = filesBelow("examples/wrong").map((path) => basename(path));
    expect([...Object.keys(refused), ...Object.keys(onlyOurs)].sort()).toEqual(files);
  });

  test.each(Object.entries(refused))("%s is refused: %s", async (file, text) => {
    const result = await apply(join(root, "examples/wrong", file));
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ ok: false, stdout: "" });
  });

  test.each(Object.entries(onlyOurs))("%s is taken by the server, because %s", async (file) => {
    const result = await apply(join(root, "examples/wrong", file), "--dry-run=server");
    expect(result).toMatchObject({ ok: true, stderr: "" });
  });
});

describe("a mistake within one document", () => {
  test.each(variations.map((variation) => [variation.name, variation] as const))(
    "%s is refused by the server and by our reader",
    async (_, variation) => {
      const value = varied(variation);
      const result = await server.kubectl(
        ["apply", "--validate=strict", "-f", "-"],
        JSON.stringify(value),
      );
      expect(result.stderr).toContain(variation.server);
      expect(result.ok).toBe(false);
      const file = "varied.yaml";
      const beside = twoRegions.filter(
        ({ kind }) => kindOf(variation) !== "Sovereign" || kind !== "Sovereign",
      );
      const { problems } = readCatalogue(
        [...beside.map(({ document }) => document), { file, value, lineOf: () => 1 }],
        [],
      );
      const reasons = problems
        .filter((problem) => problem.file === file)
        .map(({ reason }) => reason);
      expect(reasons).toContain(variation.reader);
    },
  );

  test("is tried for every rule that the CRDs have", () => {
    const said = [...Object.values(refused), ...variations.map((variation) => variation.server)];
    const untried = kinds
      .flatMap((kind) => celRules[kind])
      .map((rule) => ("format" in rule ? `must be of type ${rule.format}` : rule.message))
      .filter((message) => !said.some((text) => text.includes(message) || message.includes(text)));
    expect(untried).toEqual([]);
  });
});
