import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLsn, parseLsn, segmentOf, timelineOfWalFile } from "./lsn.ts";

test.each([
  [null, null],
  ["", null],
  ["16", null],
  ["16/", null],
  ["16/B374D848/1", null],
  ["x/1", null],
  ["FFFFFFFF/FFFFFFFF", null],
  ["0/0", 0],
  ["0/3000148", 0x3000148],
  ["16/B374D848", 0x16 * 2 ** 32 + 0xb374d848],
])("the position %j is %j bytes", (text, bytes) => {
  expect(parseLsn(text)).toBe(bytes);
});

test("what is written is read back, and no text makes reading fail", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.string(), (position, text) => {
      expect(parseLsn(formatLsn(position))).toBe(position);
      expect(() => parseLsn(text)).not.toThrow();
    }),
  );
});

test.each([
  [0, "0000000000000000"],
  [16 * 1_048_576, "0000000000000001"],
  [0x16 * 2 ** 32 + 0xb374d848, "00000016000000B3"],
])("position %j is in segment %s", (position, name) => {
  expect(segmentOf(position, 16 * 1_048_576)).toBe(name);
});

test("a log file's name begins with its timeline", () => {
  expect(timelineOfWalFile("0000000A000000010000003C")).toBe(10);
  expect(timelineOfWalFile("0000000A.history")).toBeNull();
  expect(timelineOfWalFile(null)).toBeNull();
});
