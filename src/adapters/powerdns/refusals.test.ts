import { expect, test } from "vitest";
import { remedyFor } from "./refusals.ts";

test.each([
  ["HTTP 422: update of Lua records is not allowed", "enable-lua-record-updates=yes"],
  ["RRset a.test. IN CNAME: Conflicts with pre-existing RRset", "CNAME"],
  ["DNS Name 'a.test' is not canonical", "spec.domain"],
  ["Record a.test./LUA 'A x': Parsing record content", "report it"],
  ["The database does not have DNSSEC enabled", "gsqlite3-dnssec=yes"],
])("of %j the remedy names %s", (words, remedy) => {
  expect(remedyFor(words)).toContain(remedy);
});

test("other words stand for themselves", () => {
  expect(remedyFor("HTTP 422: something new")).toBeUndefined();
});
