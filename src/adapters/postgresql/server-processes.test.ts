import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStat } from "./server-processes.ts";

const stat = (name: string, state: string): string =>
  `812 (${name}) ${state} 1 812 812 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 1 0 90210 100 200`;

test.each([
  ["a postmaster", stat("postgres", "S"), { isStopped: false }],
  ["one that was stopped", stat("postgres", "T"), { isStopped: true }],
  ["one under an older name", stat("postmaster", "R"), { isStopped: false }],
])("%s is seen", (_, text, part) => {
  expect(parseStat(text)).toEqual({ pid: 812, parentPid: 1, startTicks: 90_210, ...part });
});

test.each([
  ["a dead process", stat("postgres", "Z")],
  ["another program", stat("bash", "S")],
  ["a name that only looks like it", stat("postgres) S 1 (x", "Z")],
  ["nothing", ""],
  ["half a line", "812 (postgres) S 1"],
])("%s is none", (_, text) => {
  expect(parseStat(text)).toBeNull();
});

test("no text makes it fail", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseStat(text)).not.toThrow();
    }),
  );
});
