import fc from "fast-check";
import { expect, test } from "vitest";
import { cloudflareFreePlan, forecastQuota } from "./quota.ts";

const everyTen = { renewEveryMs: 10_000, pollEveryMs: 10_000 };

test.each([
  [5, 2, "tight", "86.4 %"],
  [6, 2, "exceeds", "103.7 %"],
  [3, 3, "fits", "77.8 %"],
  [11, 1, "tight", "95.0 %"],
  [12, 1, "exceeds", "103.7 %"],
  [4, 2, "fits", "69.1 %"],
] as const)(
  "%d leases of %d regions, asked every 10 s: %s, %s of the free plan",
  (slots, regions, kind, used) => {
    const forecast = forecastQuota({ slots, regions, ...everyTen }, cloudflareFreePlan);
    expect(forecast).toMatchObject({ kind, because: expect.stringContaining(used) as string });
  },
);

test("the arithmetic is in the words, and so is when it would be over", () => {
  const { because } = forecastQuota({ slots: 10, regions: 2, ...everyTen }, cloudflareFreePlan);
  expect(because).toContain(
    "10 × 86400 s ÷ 10 s renewals + 10 × 1 × 86400 s ÷ 10 s looks = 172800 of 100000 a day",
  );
  expect(because).toContain("After 13 h 53 min of each day");
});

test("looks cost requests and no rows written", () => {
  const rare = { slots: 1, regions: 2, renewEveryMs: 10_000, pollEveryMs: 86_400_000 };
  const perDay = (what: string): number | undefined =>
    forecastQuota(rare, cloudflareFreePlan).lines.find((line) => line.what === what)?.perDay;
  expect(perDay("objectRequests")).toBe(8_641);
  expect(perDay("rowsWritten")).toBe(8_640);
});

test("more leases never cost less", () => {
  const load = fc.record({
    slots: fc.integer({ min: 1, max: 500 }),
    regions: fc.integer({ min: 1, max: 4 }),
    renewEveryMs: fc.integer({ min: 1_000, max: 60_000 }),
    pollEveryMs: fc.integer({ min: 1_000, max: 60_000 }),
  });
  fc.assert(
    fc.property(load, (one) => {
      const used = (slots: number): number =>
        forecastQuota({ ...one, slots }, cloudflareFreePlan).lines[0]?.usedRatio ?? 0;
      expect(used(one.slots + 1)).toBeGreaterThan(used(one.slots));
    }),
  );
});
