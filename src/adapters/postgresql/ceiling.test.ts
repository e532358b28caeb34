import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPace, roomBytes } from "./ceiling.ts";

const limits = { everyMs: 10_000, mostBytes: 256 * 1024 * 1024 };
const paceOf = (bytesPerMs: number) => ({ bytesPerMs });

test("a quiet log has a small room, a busy one four times what it writes, and none more than is declared", () => {
  expect(roomBytes(paceOf(0), limits)).toBe(1024 * 1024);
  expect(roomBytes(paceOf(1_000), limits)).toBe(40_000_000);
  expect(roomBytes(paceOf(1_000_000), limits)).toBe(limits.mostBytes);
  expect(roomBytes(paceOf(0), { ...limits, mostBytes: 65_536 })).toBe(65_536);
});

test("the pace is the fastest of late, and is forgotten slowly", () => {
  const first = nextPace(null, { atMs: 0, position: 1_000 });
  expect(first.bytesPerMs).toBe(0);
  const burst = nextPace(first, { atMs: 1_000, position: 1_001_000 });
  expect(burst.bytesPerMs).toBe(1_000);
  const rest = nextPace(burst, { atMs: 2_000, position: 1_001_000 });
  expect(rest.bytesPerMs).toBe(950);
});

test("the rest of a file that was left by order was not written", () => {
  const file = 16 * 1024 * 1024;
  const first = nextPace(null, { atMs: 0, position: 3 * file + 100_000 });
  const left = nextPace(first, { atMs: 1_000, position: 4 * file + 2_000 });
  expect(left.bytesPerMs).toBe(2);
  const busy = nextPace(first, { atMs: 1_000, position: 5 * file + 8_000_000 });
  expect(busy.bytesPerMs).toBeCloseTo((2 * file + 7_900_000) / 1_000);
});

test("a log that goes back, and a clock that stands still, give no pace below zero", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1 }), (looks) => {
      let pace = null;
      for (const [atMs, position] of looks) {
        pace = nextPace(pace, { atMs, position });
        expect(pace.bytesPerMs).toBeGreaterThanOrEqual(0);
        expect(roomBytes(pace, limits)).toBeLessThanOrEqual(limits.mostBytes);
      }
    }),
  );
});
