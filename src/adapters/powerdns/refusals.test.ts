import { expect, test } from "vitest";
import { refusedBecause } from "./refusals.ts";

test.each([
  ["HTTP 422: update of Lua records is not allowed", "enable-lua-record-updates", "5.1"],
  ["HTTP 422: Unsupported metadata kind 'ENABLE-LUA-RECORDS'", undefined, "pdnsutil set-meta"],
  ["RRset a.test. IN CNAME: Conflicts with pre-existing RRset", undefined, "CNAME"],
  ["DNS Name 'a.test' is not canonical", "spec.domain", "spec.domain"],
  ["Record a.test./LUA 'A x': Parsing record content", undefined, "report it"],
  ["HTTP 400: Bad Request", "webserver-max-bodysize", "megabytes"],
  ["HTTP 409: Conflict", undefined, "there already"],
  ["The database does not have DNSSEC enabled", "gsqlite3-dnssec", "gsqlite3-dnssec=yes"],
])("of %j the field is %s and the remedy names %s", (words, field, remedy) => {
  const refused = refusedBecause(words);
  expect(refused?.field).toBe(field);
  expect(refused?.remedy).toContain(remedy);
});

test("other words stand for themselves", () => {
  expect(refusedBecause("HTTP 422: something new")).toBeUndefined();
});
