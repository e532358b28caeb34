import fc from "fast-check";
import { expect, test } from "vitest";
import { document } from "../../../test/fixtures/documents.ts";
import { fsn, hel, nbg, readingGuarded } from "../../../test/fixtures/failover.ts";
import type { Json } from "../kernel/json.ts";
import { describeProblem } from "./document.ts";
import { recognise } from "./normalise.ts";

const file = "continuum.yaml";
const continuum = (spec: object = {}, more: object = {}): Json => ({
  apiVersion: "dr.openova.io/v1",
  kind: "Continuum",
  metadata: { name: "shop", namespace: "acme-prod" },
  spec: {
    applicationRef: "shop",
    primaryRegion: fsn,
    hotStandbyRegions: [hel],
    leaseClient: { kind: "cloudflare-kv" },
    ...spec,
  },
  ...more,
});
const reading = (value: Json) => readingGuarded(document(file, value));
const lease = (config: object) => ({ leaseClient: { kind: "cloudflare-kv", config } });

test("a Continuum is a failover group of one Application that people move", () => {
  const { problems, failoverGroups } = reading(
    continuum({
      ...lease({ ttlSeconds: 60, renewSeconds: 20, kvNamespaceId: "x", accountId: "y" }),
      rto: "5m",
      rpo: "1m",
      luaRecord: { selector: "ifurlup", healthCheck: { url: "https://x.test" } },
    }),
  );
  expect(problems).toEqual([]);
  expect(failoverGroups).toMatchObject([
    {
      origin: { file },
      group: {
        metadata: { name: "acme-prod-shop" },
        spec: {
          regions: [fsn, hel],
          covers: { applications: [{ environmentRef: "acme-prod", name: "shop" }] },
          mode: "manual",
          lease: { ttl: "60s", renewEvery: "20s", rpcTimeout: "3s" },
          services: [{ name: "database", kind: "cloudnativepg", mayLose: "nothing" }],
          objectives: { rto: "5m", rpo: "1m" },
        },
      },
    },
  ]);
});

test.each<[string, object, object]>([
  ["autoFailover is the mode automatic", { autoFailover: true }, { mode: "automatic" }],
  ["stateless has no services", { switchover: { mechanism: "stateless" } }, { services: [] }],
])("%s", (_, spec, expected) => {
  expect(reading(continuum(spec)).failoverGroups).toMatchObject([{ group: { spec: expected } }]);
});

test.each<[string, Json, string, RegExp]>([
  [
    "a third region",
    continuum({ hotStandbyRegions: [hel, nbg] }),
    "TooManyRegions $.spec.hotStandbyRegions",
    /3 regions, expected exactly 2/,
  ],
  [
    "a lease of DNS resolvers alone",
    continuum({ leaseClient: { kind: "dns-quorum", config: { resolvers: ["8.8.8.8"] } } }),
    "NotRepresentable $.spec.leaseClient.kind",
    /DNS resolvers alone can not grant a lease/,
  ],
  [
    "an answer of every region",
    continuum({ luaRecord: { selector: "pickclosest" } }),
    "NotRepresentable $.spec.luaRecord.selector",
    /placed active-active/,
  ],
  [
    "a Raft store",
    continuum({ switchover: { mechanism: "raft-transition" } }),
    "NotRepresentable $.spec.switchover.mechanism",
    /its own procedure/,
  ],
  [
    "a switchover that is asked for",
    continuum({ switchover: { requested: true, targetRegion: hel } }),
    "NotRepresentable $.spec.switchover.requested",
    /asked of the region's agent/,
  ],
  [
    "a field that we do not know",
    continuum({ leaseClient: { kind: "cloudflare-kv", config: { graceSeconds: 5 } } }),
    "FieldUnknown $.spec.leaseClient.config.graceSeconds",
    /one of kvNamespaceId/,
  ],
  [
    "half seconds",
    continuum(lease({ ttlSeconds: 7.5 })),
    "TypeWrong $.spec.leaseClient.config.ttlSeconds",
    /found 7\.5, expected whole seconds/,
  ],
  [
    "a lease of ten minutes",
    continuum(lease({ ttlSeconds: 600 })),
    "LeaseTimesDoNotFit $.spec.leaseClient.config.ttlSeconds",
    /ttl 600 s is not from 5 s to 300 s/,
  ],
  [
    "renewals at half of the lease",
    continuum(lease({ ttlSeconds: 30, renewSeconds: 15 })),
    "LeaseTimesDoNotFit $.spec.leaseClient.config.renewSeconds",
    /renewEvery of at most 13\.94 s/,
  ],
  [
    "a region of five parts",
    continuum({ primaryRegion: "hw-me-east-215-a-rtz-prod" }),
    "NameInvalid $.spec.primaryRegion",
    /such as hz-fsn-rtz-prod/,
  ],
  [
    "a region that is not the Sovereign's",
    continuum({ hotStandbyRegions: ["hz-sin-rtz-prod"] }),
    "UnknownRegion $.spec.hotStandbyRegions[0]",
    /found "hz-sin-rtz-prod"/,
  ],
  [
    "an Application that is not there",
    continuum({ applicationRef: "shpo" }),
    "UnknownApplication $.spec.applicationRef",
    /did you mean "acme-prod\/shop"\?/,
  ],
  ["an objective of no unit", continuum({ rto: "60" }), "PatternMismatch $.spec.rto", /a duration/],
  [
    "no namespace",
    continuum({}, { metadata: { name: "shop" } }),
    "FieldMissing $.metadata.namespace",
    /names the Application's Environment/,
  ],
  [
    "another version",
    continuum({}, { apiVersion: "dr.openova.io/v2" }),
    "UnknownApiVersion $.apiVersion",
    /dr\.openova\.io\/v1/,
  ],
])(
  "%s is a problem at its place in the Continuum, and no group is made",
  (_, value, problem, words) => {
    const { problems, failoverGroups } = reading(value);
    expect(problems.map(({ reason, path }) => `${reason} ${path}`)).toEqual([problem]);
    const [text = ""] = problems.map(describeProblem);
    expect(text).toMatch(words);
    expect(text).toMatch(/Continuum\/shop/);
    expect(failoverGroups).toEqual([]);
  },
);

test("all that can not be kept is said at once", () => {
  const { problems } = reading(
    continuum({
      leaseClient: { kind: "dns-quorum" },
      switchover: { mechanism: "raft-transition" },
    }),
  );
  expect(problems).toHaveLength(2);
});

test("any document that says it is a Continuum is read or refused, never more", () => {
  const values = fc.record(
    {
      applicationRef: fc.jsonValue(),
      primaryRegion: fc.jsonValue(),
      hotStandbyRegions: fc.jsonValue(),
      leaseClient: fc.oneof(
        fc.jsonValue(),
        fc.record({ kind: fc.jsonValue(), config: fc.jsonValue() }),
      ),
      switchover: fc.jsonValue(),
      autoFailover: fc.jsonValue(),
      rto: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), values), fc.jsonValue(), (spec, metadata) => {
      const value = { apiVersion: "dr.openova.io/v1", kind: "Continuum", spec, metadata } as Json; // Made of JSON values.
      expect(["FailoverGroup", "wrong"]).toContain(recognise(document(file, value)).kind);
      reading(value);
    }),
  );
});
