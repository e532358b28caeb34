import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldsOf, fromFieldsV1, toFieldsV1 } from "./field-set.ts";
import { pathText } from "./own-fields.ts";

const element = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }).map((name) => `f:${name.replaceAll("\n", "_")}`),
  fc.string({ maxLength: 8 }).map((name) => `k:${JSON.stringify({ name })}`),
  fc.string({ maxLength: 8 }).map((value) => `v:${JSON.stringify(value)}`),
);

test("every set of fields is read back from what was written of it", () => {
  const path = fc.array(element, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("\n"));
  fc.assert(
    fc.property(fc.array(path, { maxLength: 20 }), (paths) => {
      const set = new Set(paths);
      expect([...fromFieldsV1(toFieldsV1(set))].sort()).toEqual([...set].sort());
    }),
  );
});

test("a list is owned whole unless its schema names items", () => {
  const items = { type: "array", items: { type: "object" } };
  const keyed = {
    ...items,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  };
  const list = [{ name: "a", size: 1 }];
  expect([...fieldsOf(list, items, "f:spec")]).toEqual(["f:spec"]);
  expect([...fieldsOf(list, keyed, "f:spec")].map(pathText)).toEqual([
    '.spec[name="a"].name',
    '.spec[name="a"].size',
    '.spec[name="a"]',
  ]);
});
