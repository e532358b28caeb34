import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { epochAnnotation, epochAnnotations, epochOf } from "./epoch.ts";
import type { KubeObject } from "./kube-object.ts";

const carrying = (annotations: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "shop", annotations },
});

test.each(["", "-1", "01", "1.5", "seven", " 7", "1e3", "1000000000000000"])(
  "an annotation of %j is no epoch",
  (text) => {
    expect(epochOf(carrying({ [epochAnnotation]: text }))).toBe(null);
  },
);

test("an object without annotations carries no epoch", () => {
  expect(epochOf({ apiVersion: "v1", kind: "Service", metadata: { name: "shop" } })).toBe(null);
});

test("an epoch is read as it was written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (epoch) => {
      expect(epochOf(carrying(epochAnnotations(epoch)))).toBe(epoch);
    }),
  );
});

test("the shipped policy is about this annotation, wherever it names one, and about these numbers", () => {
  const policy = readFileSync("deploy/kubernetes/base/epoch-policy.yaml", "utf8");
  const named = policy.match(/[\w.]+\/epoch\b(?=['\s])/g) ?? [];
  expect(new Set(named)).toEqual(new Set([epochAnnotation]));
  expect(named.length).toBeGreaterThan(3);
  expect(policy.match(/\^\(0\|\[1-9\]\[0-9\]\{0,14\}\)\$/g)).toHaveLength(2);
});
