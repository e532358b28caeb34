import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketsOf, histogramText, spreadOf } from "./histogram.ts";

const values = fc.array(fc.nat({ max: 200_000 }), { minLength: 1, maxLength: 200 });

describe("percentiles", () => {
  test("of nothing there are none", () => expect(spreadOf([])).toBeUndefined());
  test("are values that were measured, by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
    expect(spreadOf(hundred)).toEqual({ count: 100, min: 1, p50: 50, p99: 99, max: 100 });
    expect(spreadOf([7])).toEqual({ count: 1, min: 7, p50: 7, p99: 7, max: 7 });
  });
  test("are in order and among the values", () => {
    fc.assert(
      fc.property(values, (all) => {
        const spread = spreadOf(all);
        const inOrder = [spread?.min, spread?.p50, spread?.p99, spread?.max].map(
          (one) => one ?? -1,
        );
        expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
        for (const one of inOrder) expect(all).toContain(one);
      }),
    );
  });
});

describe("buckets", () => {
  test("hold every value once, and are not more than asked for", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 30 }), (all, most) => {
        const buckets = bucketsOf(all, most);
        expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        expect(buckets.length).toBeLessThanOrEqual(most);
      }),
    );
  });
  test("of nothing are none, and of one value one", () => {
    expect(bucketsOf([], 10)).toEqual([]);
    expect(bucketsOf([24_310], 10)).toEqual([{ from: 24_310, to: 24_311, count: 1 }]);
  });
  test("are shown with a bar each, empty ones without", () => {
    const lines = histogramText(bucketsOf([1, 1, 9], 3), String, 4);
    expect(lines).toEqual([" 0 – 5  ████ 2", "5 – 10  ██ 1"]);
  });
});
