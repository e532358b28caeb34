import fc from "fast-check";
import { expect, test } from "vitest";
import { builtInType } from "./built-in-types.ts";
import { fieldSelector, fitsSelector, labelSelector } from "./selectors.ts";
import { StatusError } from "./status-error.ts";

test.each([
  ["", {}, true],
  ["a=1", { a: "1" }, true],
  ["a==1,b!=2", { a: "1", b: "2" }, false],
  ["a!=1", {}, true],
  ["a in (1, 2)", { a: "2" }, true],
  ["a in (1, 2)", {}, false],
  ["a notin (1)", {}, true],
  ["a", { a: "" }, true],
  ["!a", { a: "" }, false],
  ["example.org/a=x,b", { "example.org/a": "x", b: "" }, true],
] as const)("the labels of %s are found", (text, labels, fits) => {
  expect(labelSelector(text)(labels)).toBe(fits);
});

test("whatever is no selector is refused, and nothing else fails", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      try {
        labelSelector(text)({ a: "1" });
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(StatusError);
      }
    }),
  );
});

test("a field that a kind does not offer is refused", () => {
  expect(() => fieldSelector("spec.x=1", builtInType("Deployment"))).toThrow(
    /not a known field selector/,
  );
  expect(() => fieldSelector("spec.x=1", builtInType("Pod"))).toThrow(/not supported/);
});

test("expressions of a selector object all have to hold", () => {
  const selector = {
    matchLabels: { a: "1" },
    matchExpressions: [{ key: "b", operator: "NotIn", values: ["2"] }],
  };
  expect(fitsSelector(selector, { a: "1", b: "3" })).toBe(true);
  expect(fitsSelector(selector, { a: "1", b: "2" })).toBe(false);
});
