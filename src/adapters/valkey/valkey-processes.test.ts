import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStat } from "./valkey-processes.ts";

const rest = (parentPid: number): string =>
  `${parentPid} ${Array.from({ length: 17 }, (_, index) => index).join(" ")} 9876 0 0`;

test.each([
  ["valkey-server", "S", { pid: 7, parentPid: 1, startTicks: 9_876, isStopped: false }],
  ["redis-server", "T", { pid: 7, parentPid: 1, startTicks: 9_876, isStopped: true }],
  ["redis-server", "Z", null],
  ["redis-cli", "S", null],
  ["postgres", "S", null],
  ["sh) (redis-server", "S", null],
])("a process %s in state %s is a server or not", (name, state, found) => {
  expect(parseStat(`7 (${name}) ${state} ${rest(1)}`)).toEqual(found);
});

test("no text makes it fail", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseStat(text)));
});
