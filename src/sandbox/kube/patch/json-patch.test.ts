import { expect, test } from "vitest";
import type { Json } from "../../../core/kernel/json.ts";
import { StatusError } from "../objects/status-error.ts";
import { applyJsonPatch } from "./json-patch.ts";

function refusalOf(patch: Json): StatusError {
  try {
    applyJsonPatch({ metadata: { name: "a" } }, patch);
  } catch (thrown) {
    if (thrown instanceof StatusError) return thrown;
    throw thrown;
  }
  throw new Error("it was not refused");
}

test.each([
  "/__proto__/polluted",
  "/metadata/__proto__/polluted",
  "/constructor/prototype/polluted",
  "/metadata/constructor/prototype/polluted",
])("a patch of %s is refused with 422, and changes no other object", (path) => {
  // Whatever a failing test did to all objects is taken back, so that it fails alone.
  try {
    expect(refusalOf([{ op: "add", path, value: "yes" }]).code).toBe(422);
    expect(({} as Readonly<Record<string, unknown>>)["polluted"]).toBeUndefined();
  } finally {
    Reflect.deleteProperty(Object.prototype, "polluted");
  }
});

test("what is no patch is refused with 400, and what can not be done with 422", () => {
  expect(refusalOf({ op: "add" }).code).toBe(400);
  expect(refusalOf([{ op: "remove", path: "/spec" }]).code).toBe(422);
  expect(refusalOf([{ op: "test", path: "/metadata/name", value: "b" }]).code).toBe(422);
});

test("a patch is applied to a copy", () => {
  const before = { metadata: { name: "a" } };
  const after = applyJsonPatch(before, [{ op: "add", path: "/metadata/labels", value: {} }]);
  expect([before, after]).toEqual([
    { metadata: { name: "a" } },
    { metadata: { name: "a", labels: {} } },
  ]);
});
