import fc from "fast-check";
import { expect, test } from "vitest";
import {
  application,
  base,
  document,
  environment,
  problemsOf,
  reading,
  sovereign,
} from "../../../test/fixtures/documents.ts";
import type { Json } from "../kernel/json.ts";
import type { Application } from "./application.ts";
import { describeProblem } from "./document.ts";
import { recognise } from "./normalise.ts";
import { readCatalogue } from "./read.ts";

const platform = (spec: object = {}, more: object = {}): Json => ({
  apiVersion: "apps.openova.io/v1",
  kind: "Application",
  metadata: { name: "shop", namespace: "acme-prod" },
  spec: {
    blueprintRef: { name: "bp-shop", version: "1.0.0" },
    environmentRef: "acme-prod",
    placement: "active-hotstandby",
    regions: ["hz-hel-rtz-prod", "hz-fsn-rtz-prod"],
    ...spec,
  },
  ...more,
});

const specOf = (value: Json): Application["spec"] | undefined =>
  reading(document("x.yaml", value)).applications.find(
    ({ application: { metadata } }) => metadata.name === "shop",
  )?.application.spec;

test("an Application of the platform is the Application that ours would be", () => {
  const own = application("shop", {
    placement: "active-hotstandby",
    regions: ["hz-hel-rtz-prod", "hz-fsn-rtz-prod"],
  });
  expect(specOf(platform())).toEqual(specOf(own));
  expect(specOf(platform())).toBeDefined();
});

test.each<[string, object, object]>([
  ["port 443", { path: "/a", port: 443 }, { scheme: "https", port: 443, path: "/a" }],
  ["port 8443", { path: "/a", port: 8443 }, { scheme: "https", port: 8443, path: "/a" }],
  [
    "a port written as text",
    { path: "/a", port: "8080" },
    { scheme: "http", port: 8080, path: "/a" },
  ],
  ["another port", { path: "/a", port: 80 }, { scheme: "http", port: 80, path: "/a" }],
  ["no port", { path: "/a" }, { scheme: "https", path: "/a" }],
  [
    "interval and time limit",
    { path: "/a", intervalSeconds: 30, timeoutSeconds: 5 },
    { scheme: "https", path: "/a" },
  ],
])("a health check with %s is a probe", (_what, healthCheck, expected) => {
  expect(specOf(platform({ healthCheck }))?.healthCheck).toEqual(expected);
});

test("the namespace names the Environment when the Application does not", () => {
  expect(specOf(platform({ environmentRef: undefined }))?.environmentRef).toBe("acme-prod");
});

test("one region without a placement is single-region; of two, nobody guesses", () => {
  const one = platform({ placement: undefined, regions: ["hz-fsn-rtz-prod"] });
  expect(specOf(one)?.placement).toBe("single-region");
  const two = reading(document("x.yaml", platform({ placement: undefined })));
  expect(problemsOf(two)).toEqual(["FieldMissing x.yaml $.spec.placement"]);
});

test("what the platform needs before there are Environments is not ours", () => {
  const bootstrap = platform({ bootstrap: true, environmentRef: undefined, regions: undefined });
  const catalogue = reading(document("x.yaml", bootstrap));
  expect(problemsOf(catalogue)).toEqual([]);
  expect(catalogue.applications).toHaveLength(1);
});

test.each<[string, object, string, RegExp]>([
  [
    "a region code",
    { regions: ["fsn", "hel"] },
    "NameInvalid x.yaml $.spec.regions[0]",
    /such as hz-fsn-rtz-prod/,
  ],
  [
    "the name of a port",
    { healthCheck: { path: "/a", port: "http" } },
    "TypeWrong x.yaml $.spec.healthCheck.port",
    /a number/,
  ],
  [
    "a placement of Blueprints",
    { placement: "active-hot-standby" },
    "UnknownPlacement x.yaml $.spec.placement",
    /active-hotstandby/,
  ],
  [
    "a region that the Sovereign does not have",
    { regions: ["hz-fsn-rtz-prod", "hz-nbg-rtz-prod"] },
    "UnknownRegion x.yaml $.spec.regions[1]",
    /hz-hel-rtz-prod/,
  ],
])("%s is a problem at its place, with the expected form", (_what, spec, problem, words) => {
  const catalogue = reading(document("x.yaml", platform(spec)));
  expect(problemsOf(catalogue)).toContain(problem);
  expect(catalogue.problems.map(describeProblem).join()).toMatch(words);
});

test("Organization and Environment of the platform are taken by slug and type", () => {
  const organization = {
    apiVersion: "orgs.openova.io/v1",
    kind: "Organization",
    metadata: { name: "acme-corporation" },
    spec: { slug: "acme", displayName: "Acme", tier: "org", owners: [{ email: "a@b.test" }] },
  };
  const staging = {
    apiVersion: "catalyst.openova.io/v1",
    kind: "Environment",
    metadata: { name: "acme-stg" },
    spec: { organizationRef: "acme", envType: "stg", placement: "single-region", regions: [] },
  };
  const catalogue = reading(
    document("organization.yaml", organization),
    document("staging.yaml", staging),
    document("x.yaml", platform({ environmentRef: "acme-stg" })),
  );
  expect(problemsOf(catalogue)).toEqual([]);
  expect(catalogue.applications.map(({ fqdn }) => fqdn)).toContain("shop.acme-stg.sovereign.test");
});

const bare = (fqdn: string): Json => ({
  apiVersion: "catalyst.openova.io/v1alpha1",
  kind: "Sovereign",
  metadata: { name: "test" },
  spec: { fqdn, bcpTopology: "active-active", regions: [{ code: "fsn" }] },
});

test("the platform's Sovereign is passed over beside ours of the same domain", () => {
  const catalogue = reading(document("platform.yaml", bare("Sovereign.test")));
  expect(problemsOf(catalogue)).toEqual([]);
  expect(catalogue.sovereign?.spec.regions).toHaveLength(2);
});

test.each([
  ["alone", [], ["SovereignIncomplete platform.yaml $.spec.fqdn"]],
  [
    "beside one of another domain",
    base.slice(0, 1),
    ["SovereignIncomplete platform.yaml $.spec.fqdn"],
  ],
])(
  "the platform's Sovereign %s is one problem that says what is missing",
  (_what, others, expected) => {
    const catalogue = readCatalogue([...others, document("platform.yaml", bare("other.test"))], []);
    expect(problemsOf(catalogue)).toEqual(expected);
    expect(catalogue.problems.map(describeProblem).join()).toMatch(
      /load balancers and name servers/,
    );
  },
);

test("the handbook's form of a Sovereign is still taken as ours", () => {
  const value = { ...(sovereign() as object), apiVersion: "catalyst.openova.io/v1alpha1" }; // It is a mapping.
  expect(problemsOf(reading(document("sovereign.yaml", value)))).toEqual([]);
});

test("any document in a form of the platform is read or refused, never more", () => {
  const forms = fc.constantFrom<[string, string]>(
    ["apps.openova.io/v1", "Application"],
    ["orgs.openova.io/v1", "Organization"],
    ["catalyst.openova.io/v1", "Environment"],
    ["catalyst.openova.io/v1alpha1", "Sovereign"],
  );
  const values = fc.oneof(
    fc.jsonValue(),
    fc.record({
      regions: fc.jsonValue(),
      healthCheck: fc.jsonValue(),
      fqdn: fc.jsonValue(),
      slug: fc.jsonValue(),
    }),
  );
  fc.assert(
    fc.property(forms, values, fc.jsonValue(), ([apiVersion, kind], spec, metadata) => {
      const value = { apiVersion, kind, spec, metadata } as Json; // Made of JSON values.
      const first = recognise(document("x.yaml", value));
      expect(recognise(document("x.yaml", value))).toMatchObject({ kind: first.kind });
      readCatalogue([document("environment.yaml", environment()), document("x.yaml", value)], []);
    }),
  );
});
