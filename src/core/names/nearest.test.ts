import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, editDistance, nearestName } from "./nearest.ts";

test("a name that is far from all others has no nearest", () => {
  expect(nearestName("billing", ["shop", "search"])).toBeUndefined();
  expect(nearestName("shop", [])).toBeUndefined();
  expect(nearestName("a".repeat(300), ["a".repeat(299)])).toBeUndefined();
  expect(didYouMean(7, ["7"])).toBe("");
});

test.each([
  ["active-actve", "active-active"],
  ["hz-fns-rtz-prod", "hz-fsn-rtz-prod"],
  ["acitve-active", "active-active"],
  ["PROD", "prod"],
])("%s was meant to be %s", (typed, meant) => {
  const names = ["single-region", "active-hotstandby", "active-active", "hz-hel-rtz-prod", "prod"];
  expect(nearestName(typed, [...names, "hz-fsn-rtz-prod"])).toBe(meant);
  expect(didYouMean(typed, [meant])).toBe(`; did you mean "${meant}"?`);
});

test("of two equally near names the first in the alphabet is taken, in whatever order they come", () => {
  expect(nearestName("cat", ["car", "bat"])).toBe("bat");
  expect(nearestName("cat", ["bat", "car"])).toBe("bat");
});

test("the distance is symmetric, zero only for equal texts, and never more than the longer text", () => {
  const text = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
