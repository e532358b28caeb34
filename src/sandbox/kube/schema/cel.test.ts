import { expect, test } from "vitest";
import { evaluateCel } from "./cel.ts";

const rule =
  "(size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'Exact') ? false : true";

test.each([
  [{ matches: [] }, false],
  [{ matches: [{}] }, false],
  [{ matches: [{ path: { type: "PathPrefix" } }] }, false],
  [{ matches: [{ path: { type: "Exact" } }] }, true],
])("has() behind an index, as Gateway API's rules have it, of %j", (self, value) => {
  expect(evaluateCel(rule, { self })).toEqual({ ok: true, value });
});

test("an expression that can not be evaluated says why", () => {
  expect(evaluateCel("self.a + 1", { self: {} })).toMatchObject({ ok: false });
});
