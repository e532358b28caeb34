import fc from "fast-check";
import { expect, test } from "vitest";
import {
  application,
  base,
  document,
  environment,
  fqdns,
  organization,
  problemsOf,
  reading,
  region,
  sovereign,
  withRegion,
} from "../../../test/fixtures/documents.ts";
import type { Json } from "../kernel/json.ts";
import { describeProblem } from "./document.ts";
import { readCatalogue } from "./read.ts";

test("no Sovereign, and two of them, are problems; neither of two is taken", () => {
  const none = readCatalogue(base.slice(1), []);
  expect(problemsOf(none)).toEqual(["SovereignMissing . $"]);
  const two = reading(document("second.yaml", sovereign()));
  expect(problemsOf(two)).toEqual([
    "DuplicateSovereign second.yaml $.metadata.name",
    "DuplicateSovereign sovereign.yaml $.metadata.name",
  ]);
  expect(two.sovereign).toBeUndefined();
});

test("two Applications of one FQDN are both told of the other, and neither is placed", () => {
  const catalogue = reading(
    document("a.yaml", application()),
    document("b.yaml", application(), 7),
  );
  expect(catalogue.problems.map(describeProblem)).toEqual([
    "a.yaml:3 Application/shop $.metadata.name: found shop.acme-prod.sovereign.test, expected a name of its own; also declared at b.yaml:9",
    "b.yaml:9 Application/shop $.metadata.name: found shop.acme-prod.sovereign.test, expected a name of its own; also declared at a.yaml:3",
  ]);
  expect(fqdns(catalogue)).toEqual(["good.acme-prod.sovereign.test"]);
});

test("Applications of one name in two Environments are two Applications", () => {
  const catalogue = reading(
    document("dev.yaml", environment("acme-dev", { envType: "dev" })),
    document("a.yaml", application("shop")),
    document("b.yaml", application("shop", { environmentRef: "acme-dev" })),
  );
  expect(problemsOf(catalogue)).toEqual([]);
  expect(fqdns(catalogue)).toEqual([
    "good.acme-prod.sovereign.test",
    "shop.acme-dev.sovereign.test",
    "shop.acme-prod.sovereign.test",
  ]);
});

test("an Environment that is wrong is its own problem, not one of each of its Applications", () => {
  const catalogue = reading(document("environment.yaml", environment("acme-prod", { size: 3 })));
  expect(problemsOf(catalogue)).toEqual(["FieldUnknown environment.yaml $.spec.size"]);
  expect(fqdns(catalogue)).toEqual([]);
});

test("while a file can not be read, what is not found is not called unknown: it may stand there", () => {
  const syntax = {
    code: "DocumentInvalid",
    reason: "YamlSyntax",
    file: "broken.yaml",
    line: 1,
    document: "file",
    path: "$",
    found: "a bracket",
    expected: "YAML 1.2",
  } as const;
  const lonely = [document("x.yaml", application("x")), document("e.yaml", environment())];
  for (const documents of [lonely, [...base.slice(0, 1), ...lonely.slice(0, 1)]]) {
    const catalogue = readCatalogue(documents, [syntax]);
    expect(problemsOf(catalogue)).toEqual(["YamlSyntax broken.yaml $"]);
    expect(fqdns(catalogue)).toEqual([]);
  }
});

test("a hot standby needs an address family that all its regions have; active-active does not", () => {
  const mixed = document(
    "sovereign.yaml",
    sovereign({
      regions: [
        region("hz-fsn-rtz-prod", 1, { loadBalancer: { ipv4: ["203.0.113.1"] } }),
        region("hz-hel-rtz-prod", 2, { loadBalancer: { ipv6: ["2001:db8::1"] } }),
      ],
    }),
  );
  const catalogue = reading(
    mixed,
    document("x.yaml", application("x", { placement: "active-hotstandby" })),
  );
  expect(problemsOf(catalogue)).toEqual(["NoCommonFamily x.yaml $.spec.regions"]);
  expect(fqdns(catalogue)).toEqual(["good.acme-prod.sovereign.test"]);
});

test("a FQDN of more than 253 characters is refused with its length", () => {
  const domain = `${Array(4).fill("a".repeat(60)).join(".")}.te`;
  const catalogue = reading(document("sovereign.yaml", sovereign({ domain })));
  expect(problemsOf(catalogue)).toEqual(["NameInvalid good.yaml $.metadata.name"]);
  expect(catalogue.problems[0]).toMatchObject({
    code: "NameInvalid",
    expected: expect.stringContaining("261 characters, more than the 253"),
  });
});

test("documents in the handbook's form are taken, those of others are left alone", () => {
  const others = ["v1", "apps/v1", "argoproj.io/v1alpha1", "helm.toolkit.fluxcd.io/v2"];
  const catalogue = reading(
    document("x.yaml", application("x", {}, { apiVersion: "catalyst.openova.io/v1alpha1" })),
    document("y.yaml", application("y", {}, { status: { phase: "Ready" } })),
    document("runbook.yaml", { apiVersion: "catalyst.openova.io/v1alpha1", kind: "Runbook" }),
    ...others.map((apiVersion) =>
      document(`${apiVersion}.yaml`, { apiVersion, kind: "Application" }),
    ),
  );
  expect(problemsOf(catalogue)).toEqual([]);
  expect(catalogue.applications.map(({ application: { metadata } }) => metadata.name)).toEqual([
    "good",
    "x",
    "y",
  ]);
});

test("addresses come out in canonical writing and defaults are filled in", () => {
  const { sovereign: read, applications } = reading(
    document("sovereign.yaml", withRegion({ loadBalancer: { ipv6: ["2001:0DB8:0::7"] } })),
  );
  expect(read?.spec.regions[1]?.loadBalancer).toEqual({ ipv4: [], ipv6: ["2001:db8::7"] });
  expect(read?.spec.regions[1]?.nameServers[0]?.port).toBe(53);
  expect(applications[0]?.application.spec.healthCheck).toEqual({
    scheme: "https",
    path: "/healthz",
  });
});

test("a document with very many mistakes lists some and counts the rest", () => {
  const labels = Object.fromEntries(
    Array.from({ length: 500 }, (_, label) => [`l${label}`, label]),
  );
  const value = application("x", {}, { metadata: { name: "x", labels } });
  const { problems } = reading(document("x.yaml", value));
  expect(problems.length).toBe(21);
  expect(problems.find(({ reason }) => reason === "MoreProblems")?.found).toBe("480 more problems");
});

/** JSON that looks like documents often enough to reach every rule. */
const anyDocument = (): fc.Arbitrary<Json> => {
  const word = fc.constantFrom(
    "acme",
    "acme-prod",
    "shop",
    "prod",
    "hz-fsn-rtz-prod",
    "__proto__",
    "constructor",
    "active-active",
    "",
  );
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>; // It makes JSON.
  const mutated = fc
    .tuple(
      fc.constantFrom(sovereign(), organization(), environment(), application()),
      fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.oneof(json, word)), { maxLength: 4 }),
    )
    .map(([value, changes]) => {
      const copy = JSON.parse(JSON.stringify(value)) as Json;
      for (const [at, below, replacement] of changes) {
        let here: unknown = copy;
        for (const step of [at, below, at]) {
          if (here === null || typeof here !== "object") break;
          const key = Object.keys(here)[step];
          if (key === undefined) break;
          const next: unknown = Reflect.get(here, key);
          if (next === null || typeof next !== "object") Reflect.set(here, key, replacement);
          here = next;
        }
      }
      return copy;
    });
  return fc.oneof(
    json,
    mutated,
    fc.dictionary(fc.oneof(word, fc.string()), json) as fc.Arbitrary<Json>,
  );
};

test("whatever the documents are, reading them answers, and their order does not matter", () => {
  fc.assert(
    fc.property(
      fc.array(anyDocument(), { maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (values, dice) => {
        const documents = [
          ...base,
          ...values.map((value, index) => document(`f${index}.yaml`, value)),
        ];
        const keyed = documents.map((one) => ({ one, key: dice.next().value ?? 0 }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
        const catalogue = readCatalogue(documents, []);
        expect(readCatalogue(shuffled, [])).toEqual(catalogue);
        for (const problem of catalogue.problems) {
          expect(describeProblem(problem).length).toBeLessThan(2_000);
          expect(problem.reason).toMatch(/^[A-Z][A-Za-z]+$/);
        }
        if (catalogue.sovereign === undefined) expect(catalogue.problems).not.toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});
