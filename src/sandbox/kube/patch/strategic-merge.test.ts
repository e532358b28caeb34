import { expect, test } from "vitest";
import type { Json } from "../../../core/kernel/json.ts";
import { builtInType } from "../objects/built-in-types.ts";
import { strategicMerge } from "./strategic-merge.ts";

const { schema } = builtInType("Deployment");
const withContainers = (...containers: readonly Json[]): Json => ({
  spec: { template: { spec: { containers } } },
});
const old = withContainers({ name: "web", image: "a", args: ["1"] }, { name: "log", image: "b" });

test.each([
  [
    "an item is found by its key",
    withContainers({ name: "log", image: "c" }),
    withContainers({ name: "web", image: "a", args: ["1"] }, { name: "log", image: "c" }),
  ],
  [
    "a new item comes before what it is not ordered with",
    withContainers({ name: "new", image: "n" }),
    withContainers(
      { name: "new", image: "n" },
      { name: "web", image: "a", args: ["1"] },
      { name: "log", image: "b" },
    ),
  ],
  [
    "an item is deleted by a directive",
    withContainers({ name: "web", $patch: "delete" }),
    withContainers({ name: "log", image: "b" }),
  ],
  [
    "a list is replaced by a directive",
    withContainers({ $patch: "replace" }, { name: "only", image: "o" }),
    withContainers({ name: "only", image: "o" }),
  ],
  [
    "a list without a key is replaced",
    withContainers({ name: "web", args: ["2", "3"] }),
    withContainers({ name: "web", image: "a", args: ["2", "3"] }, { name: "log", image: "b" }),
  ],
  [
    "null removes a field",
    withContainers({ name: "web", args: null }),
    withContainers({ name: "web", image: "a" }, { name: "log", image: "b" }),
  ],
  [
    "an order is kept that the patch gives",
    {
      spec: {
        template: {
          spec: { "$setElementOrder/containers": [{ name: "log" }, { name: "web" }] },
        },
      },
    },
    withContainers({ name: "log", image: "b" }, { name: "web", image: "a", args: ["1"] }),
  ],
] as const)("%s", (_, patch, merged) => {
  expect(strategicMerge(old, patch, schema)).toEqual(merged);
});

test("an item without its key is refused", () => {
  expect(() => strategicMerge(old, withContainers({ image: "x" }), schema)).toThrow(
    /does not contain declared merge key: name/,
  );
});
