/** What our reader refuses within one document, a real kube-apiserver refuses too, for the same reason (docs/guides/peers.md). */
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import { celRules } from "../../src/core/resources/cel-rules.ts";
import { isSchema } from "../../src/core/resources/json-schema.ts";
import { kinds } from "../../src/core/resources/normalise.ts";
import { readCatalogue } from "../../src/core/resources/read.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import { examplesIn, filesBelow, root, startServerWithCrds } from "./server-with-crds.ts";

/** Examples that break a rule within one document, and what kubectl must say of each. */
const refused: Readonly<Record<string, string>> = {
  "active-region-elsewhere.yaml": "spec.activeRegion: Invalid value",
  "address-of-another-region.yaml": "an address of a load balancer stands in one region",
  "cluster-name.yaml": "spec.regions[1].cluster: Invalid value",
  "credentials-in-api-url.yaml": "spec.regions[0].nameServers[0].apiUrl in body should match",
  "environment-name.yaml": "the name is {organizationRef}-{envType}",
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
  "geo-without-geoip.yaml": "whether name servers run GeoIP is said by the Sovereign",
  "unknown-environment.yaml": "which Environments there are is said by other documents",
  "unknown-region.yaml": "which regions there are is said by the Sovereign",
};

const twoRegions = examplesIn("examples/two-regions");
const [fsn, hel] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];

type Variation = {
  readonly name: string;
  /** Put over an Application of active-active in both regions, or over the Sovereign. */
  readonly application?: JsonObject;
  readonly sovereign?: (regions: readonly JsonObject[]) => readonly Json[];
  readonly server: string;
  /** Reason that our reader gives. */
  readonly reader: string;
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
];

/** The document of a variation, with a file name of its own. */
function varied({ application, sovereign }: Variation): JsonObject {
  const kind = sovereign === undefined ? "Application" : "Sovereign";
  const base = twoRegions.find((example) => example.kind === kind)?.document.value;
  if (!isSchema(base) || !isSchema(base["spec"])) throw new Error(`no example of ${kind}`);
  if (sovereign !== undefined) {
    const regions = base["spec"]["regions"] as readonly JsonObject[]; // The example is right.
    return { ...base, spec: { ...base["spec"], regions: sovereign(regions) } };
  }
  const right = {
    environmentRef: "payments-prod",
    placement: "active-active",
    regions: [fsn, hel],
  };
  return { ...base, metadata: { name: "varied" }, spec: { ...right, ...application } };
}

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
        ({ kind }) => variation.sovereign === undefined || kind !== "Sovereign",
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
